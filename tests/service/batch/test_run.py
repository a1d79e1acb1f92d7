"""A run does what is due, once, and says what became of everything."""

import csv
import fcntl
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest

from service.batch.inputs.pairs import manifest_tasks
from service.batch.outputs.lock import alone
from service.batch.outputs.target import Target
from service.batch.plan import Run
from service.batch.run import run_all
from service.batch.status import DONE, FAILED, LOW_QUALITY
from service.batch.task import Facts, Outcome, Task, Tell
from service.errors import BundleError, InvalidField, NoSpeech
from service.ops.files import Unwritable


@dataclass
class Corpus:
    """A manifest and its recordings in a folder, and work that needs no model: an answer is the
    text, and its quality is what the recording's file says.
    """

    folder: Path
    done: list[str] = field(default_factory=list)

    @property
    def out(self) -> Path:
        """The folder of answers."""
        return self.folder / "out"

    def write(self, **pairs: tuple[str, str]) -> None:
        """name=(what the recording holds, text)"""
        lines = ["audio\ttext"]
        for name, (sound, text) in pairs.items():
            path = self.folder / f"{name}.wav"
            if not path.exists() or path.read_text(encoding="utf-8") != sound:
                path.write_text(sound, encoding="utf-8")
            lines.append(f"{name}.wav\t{text}")
        (self.folder / "pairs.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def work(self, task: Task, tell: Tell) -> Outcome:
        """What the recording's file asks for."""
        tell(0.0, 1.0)
        assert task.audio is not None
        assert task.beside is not None
        self.done.append(task.name)
        held = task.audio.content().decode()
        if held == "silent":
            raise NoSpeech("expected speech, got none")
        if held == "bug":
            raise ZeroDivisionError("of ours")
        if held == "model":
            raise BundleError("expected a model that loads")
        facts = Facts(1.0, "m", 1, (), quality=float(held))
        return Outcome({".txt": task.beside.content()}, facts)

    def run(self, **changes: object) -> Run:
        """Over the manifest, in one thread."""
        return replace(
            Run(
                tasks=partial(manifest_tasks, self.folder / "pairs.tsv"),
                work=self.work,
                jobs=1,
                target=Target(self.out, is_folder=True),
                report=self.out / "report.tsv",
                suffixes=lambda _: (".txt",),
                depends_on="options",
            ),
            **changes,
        )

    def rows(self) -> list[tuple[str, str]]:
        """Recording and status of every line."""
        with (self.out / "report.tsv").open(encoding="utf-8", newline="") as file:
            lines = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            return [(line["audio"], line["status"]) for line in lines]

    def texts(self) -> dict[str, str]:
        """The answers, by their names."""
        return {path.stem: path.read_text(encoding="utf-8") for path in self.out.glob("*.txt")}


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path)


def test_everything_is_done_and_told(corpus: Corpus, capsys: pytest.CaptureFixture[str]) -> None:
    """Answers in their files, a line each in the table, a sentence in the end."""
    corpus.write(a=("1", "one"), b=("0.5", "two"))
    assert run_all(corpus.run()) == DONE
    assert corpus.texts() == {"a": "one", "b": "two"}
    assert corpus.rows() == [("a.wav", "done"), ("b.wav", "done")]
    assert capsys.readouterr().err == f"2 done: {corpus.out}/report.tsv\n"


def test_bad_pairs_do_not_stop_the_run(
    corpus: Corpus, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Each is told with its fault; one of ours is logged, too."""
    corpus.write(a=("silent", "x"), b=("bug", "x"), c=("1", "x"))
    with (corpus.folder / "pairs.tsv").open("a", encoding="utf-8") as file:
        file.write("none.wav\tx\nbad line\na\0.wav\tx\nd.wav\tnone.txt\n")
    (corpus.folder / "d.wav").write_text("1", encoding="utf-8")
    assert run_all(corpus.run()) == FAILED
    statuses = dict(corpus.rows())
    assert [name for name, status in statuses.items() if status == "done"] == ["c.wav"]
    assert len(statuses) == 7
    told = capsys.readouterr().err
    assert "failed: a.wav: no_speech: expected speech, got none\n" in told
    assert "failed: b.wav: internal: ZeroDivisionError: of ours\n" in told
    assert "failed: none.wav: expected a file that can be read, got: No such file" in told
    assert told.endswith(f"1 done, 6 failed: {corpus.out}/report.tsv\n")
    assert "ZeroDivisionError" in caplog.text


def test_what_was_done_is_not_done_again(corpus: Corpus) -> None:
    """What failed is tried again."""
    corpus.write(a=("1", "one"), b=("silent", "two"), c=("1", "three"))
    assert run_all(corpus.run()) == FAILED
    assert corpus.done == ["a", "b", "c"]
    corpus.done.clear()
    assert run_all(corpus.run()) == FAILED
    assert corpus.done == ["b"]
    assert sorted(corpus.rows()) == [("a.wav", "done"), ("b.wav", "failed"), ("c.wav", "done")]


def test_what_has_changed_is_done_again(corpus: Corpus) -> None:
    """A text, a recording, an option, an answer that was deleted; the table has one line each."""
    corpus.write(a=("1", "one"), b=("1", "two"), c=("1", "three"))
    run_all(corpus.run())
    corpus.done.clear()
    corpus.write(a=("1", "another"), b=("0.25", "two"), c=("1", "three"))
    run_all(corpus.run())
    assert corpus.done == ["a", "b"]
    assert corpus.texts() == {"a": "another", "b": "two", "c": "three"}
    assert sorted(corpus.rows()) == [(f"{name}.wav", "done") for name in "abc"]
    (corpus.out / "c.txt").unlink()
    corpus.done.clear()
    run_all(corpus.run())
    assert corpus.done == ["c"]
    assert len(corpus.rows()) == 3
    corpus.done.clear()
    run_all(corpus.run(depends_on="other options"))
    assert corpus.done == ["a", "b", "c"]


def test_the_answer_that_was_written_last_counts(corpus: Corpus) -> None:
    """A text that was edited, and put back after a run that did not end, is aligned again."""
    corpus.write(a=("1", "one"), b=("1", "two"))
    run_all(corpus.run())
    corpus.write(a=("1", "another"), b=("model", "two"))
    with pytest.raises(BundleError):
        run_all(corpus.run())
    assert corpus.texts()["a"] == "another"
    corpus.write(a=("1", "one"), b=("1", "two"))
    run_all(corpus.run())
    assert corpus.texts()["a"] == "one"
    assert len(corpus.rows()) == 2


def test_lines_of_other_manifests_go(corpus: Corpus) -> None:
    """The table is that of the last run's manifest; answers stay."""
    corpus.write(a=("1", "one"), b=("1", "two"))
    run_all(corpus.run())
    corpus.write(b=("1", "two"))
    assert run_all(corpus.run()) == DONE
    assert corpus.rows() == [("b.wav", "done")]
    assert set(corpus.texts()) == {"a", "b"}


def test_low_quality_has_a_status_of_its_own(
    corpus: Corpus, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where it was found by an earlier run; the answer is written all the same."""
    corpus.write(a=("0.9", "one"), b=("0.2", "two"))
    for _ in range(2):
        assert run_all(corpus.run(min_quality=0.5)) == LOW_QUALITY
        assert "1 of low quality" in capsys.readouterr().err
    assert run_all(corpus.run(min_quality=0.1)) == DONE
    assert set(corpus.texts()) == {"a", "b"}


def test_a_model_that_does_not_load_ends_the_run(corpus: Corpus) -> None:
    """It is no recording's fault, and the next would fare no better."""
    corpus.write(a=("1", "x"), b=("model", "x"), c=("1", "x"), d=("1", "x"), e=("1", "x"))
    with pytest.raises(BundleError):
        run_all(corpus.run())
    assert ("b.wav", "failed") not in corpus.rows()
    assert "e" not in corpus.done


def test_two_answers_of_one_name_are_refused(corpus: Corpus) -> None:
    """Before any work."""
    (corpus.folder / "pairs.tsv").write_text("audio\ttext\na.wav\tx\na.mp3\ty\n", encoding="utf-8")
    with pytest.raises(InvalidField, match=r"got a\.wav and a\.mp3"):
        run_all(corpus.run())
    assert not corpus.out.exists()


@pytest.mark.parametrize("suffix", [".txt", ".wav", ".tsv"])
def test_nothing_is_written_over_what_it_is_made_of(corpus: Corpus, suffix: str) -> None:
    """A text, a recording, the table."""
    (corpus.folder / "report.txt").write_text("שלום", encoding="utf-8")
    (corpus.folder / "report.wav").write_text("1", encoding="utf-8")
    pairs = corpus.folder / "pairs.tsv"
    pairs.write_text("audio\ttext\nreport.wav\treport.txt\n", encoding="utf-8")
    run = corpus.run(
        target=Target(corpus.folder, is_folder=True),
        report=corpus.folder / "report.tsv",
        suffixes=lambda _: (suffix,),
    )
    with pytest.raises(InvalidField, match="expected answers apart from what they are made of"):
        run_all(run)
    assert (corpus.folder / "report.txt").read_text(encoding="utf-8") == "שלום"
    assert corpus.done == []


def test_a_disk_that_is_full_ends_the_run(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is too long is that pair's fault alone."""
    long = "x" * 252  # with .wav a name that a file cannot have
    corpus.write(a=("1", "x"))
    with (corpus.folder / "pairs.tsv").open("w", encoding="utf-8") as file:
        file.write(f"audio\ttext\tid\na.wav\tx\t{long}\na.wav\tx\ta\n")
    assert run_all(corpus.run()) == FAILED
    assert [status for _, status in corpus.rows()] == ["failed", "done"]

    def full(*_: object) -> None:
        raise Unwritable(28, "No space left on device", "a.txt")

    (corpus.out / "a.txt").unlink()
    monkeypatch.setattr("service.batch.outputs.target.write_whole", full)
    with pytest.raises(Unwritable):
        run_all(corpus.run())


def test_two_runs_do_not_write_to_one_folder(corpus: Corpus) -> None:
    """The second is refused; where there are no locks, nobody is."""
    corpus.write(a=("1", "x"))
    corpus.out.mkdir()
    with alone(corpus.out), pytest.raises(InvalidField, match="no other run writes to"):
        run_all(corpus.run())
    assert run_all(corpus.run()) == DONE


def test_a_file_system_without_locks_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some of networks have none."""

    def unsupported(*_: object) -> None:
        raise OSError(95, os.strerror(95))

    monkeypatch.setattr(fcntl, "flock", unsupported)
    with alone(tmp_path):
        pass


def test_an_interrupt_leaves_what_was_done(corpus: Corpus) -> None:
    """The next run does the rest."""
    corpus.write(a=("1", "x"), b=("1", "x"), c=("1", "x"), d=("1", "x"))
    tasks: Callable[[], Iterator[Task]] = corpus.run().tasks
    asked = 0

    def interrupted() -> Iterator[Task]:
        nonlocal asked
        asked += 1
        for task in tasks():
            if asked == 2 and task.name == "d":  # not while they are counted
                raise KeyboardInterrupt
            yield task

    with pytest.raises(KeyboardInterrupt):
        run_all(corpus.run(tasks=interrupted))
    before = corpus.rows()
    assert before
    assert len(corpus.texts()) == len(before)
    corpus.done.clear()
    assert run_all(corpus.run()) == DONE
    assert len(corpus.done) == 4 - len(before)
    assert len(corpus.rows()) == 4
