"""The rule of word ends is fitted on one set of voices and measured on another."""

from pathlib import Path

import numpy as np
import pytest

from export.demo import __main__ as command
from export.demo import edges, evaluate
from export.demo.edges import Aligner, Placed, by_rule, by_spikes, fit_edges
from export.demo.hebrew.corpus import HEBREW
from export.demo.hindi.corpus import HINDI
from export.demo.speech.speaker import HELD_OUT_VOICES, VOICES, Language
from export.demo.speech.utterance import Utterance
from service.bundle import open_bundle
from service.edges import FITTED
from service.spans import FrameClock, TokenSpan

VERSES = (("שָׁלוֹם", "לָכֶם", "הַיּוֹם"), ("יוֹם", "טוֹב", "לָכֶם"))
SENTENCES = (("आज", "बारिश", "है"), ("मेरी", "बहन"))


def planted(end_sec: float) -> Placed:
    """A word of one letter at 0.5 s that is said until `end_sec`; its next token is far."""
    levels = np.full(300, -70.0, dtype=np.float32)
    levels[50 : round(100 * end_sec)] = -10.0
    clock = FrameClock(320, 16_000, 3.0)
    return Placed([TokenSpan(1, 25, 26, 0.9)], 120, 130, clock, levels, 0.5, end_sec)


def test_rules_are_compared_on_the_same_words() -> None:
    """The old one adds a final sound to the last spike, unless the next token comes first."""
    word = planted(1.0)
    assert by_spikes(word) == (0.5, 0.62)
    assert by_rule(FITTED)(word) == (0.5, 1.0)
    close = Placed(word.spans, 28, 30, word.clock, word.levels, 0.5, 0.6)
    assert by_spikes(close) == (0.5, 0.56)


def test_words_are_placed_with_their_true_times(root: Path) -> None:
    """As many as are said, each with its own spans, within the embedded model's reach."""
    (utterance,) = evaluate.synthetic_speech(HEBREW, VERSES[:1], HELD_OUT_VOICES[:1])
    aligner = Aligner(open_bundle(root / "models/he-demo"))
    words = aligner.place(utterance)
    assert utterance.ends is not None
    assert [word.end_sec for word in words] == (utterance.ends / 16_000).tolist()
    assert [word.next_word for word in words[:-1]] == [word.spans[0].start for word in words[1:]]
    assert (words[-1].next_token, words[-1].next_word) == (None, None)
    for word in words:
        start, end = by_rule(FITTED)(word)
        assert start == pytest.approx(word.onset_sec, abs=0.1)
        assert end == pytest.approx(word.end_sec, abs=0.15)
    assert aligner.place(Utterance(utterance.waveform, utterance.words, utterance.onsets)) == []


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Language, int, tuple[str, ...]]]:
    """Whose voices say how many sentences; the words that are found are planted."""
    asked: list[tuple[Language, int, tuple[str, ...]]] = []

    def speak(
        language: Language, lines: tuple[tuple[str, ...], ...], voices: tuple[str, ...]
    ) -> list[Utterance]:
        asked.append((language, len(lines), voices))
        return [Utterance(np.zeros(16_000, dtype=np.float32), ("x",), np.array([0]))]

    monkeypatch.setattr(edges, "synthetic_speech", speak)
    monkeypatch.setattr(Aligner, "place", lambda *_: [planted(0.8), planted(1.0)])
    return asked


def test_the_report_is_of_voices_that_nothing_was_fitted_on(
    root: Path, asked: list[tuple[Language, int, tuple[str, ...]]]
) -> None:
    """The rule in use and the best one on the training's, before and after on the held-out ones."""
    model = edges.Model(open_bundle(root / "models/he-demo"), HEBREW, VERSES, VERSES[:1])
    lines = list(fit_edges([model]))
    assert asked == [(HEBREW, 2, VOICES), (HEBREW, 1, HELD_OUT_VOICES)]
    assert lines[0] == "by spikes: 240.00 ms"  # 180 and 300 ms at most of 380
    assert lines[1] == f"in use: {FITTED}, 0.00 ms"
    assert lines[2].startswith("best of 75: EdgeRule(")
    assert lines[-4:] == [
        f"| he-demo, {kind} | {rule} | 0.0 ms | 0.0 ms | {figures} | 2 |"
        for kind in ("clean", "degraded")
        for rule, figures in (
            ("before", "280.0 ms | 360.0 ms | -280.0 ms"),
            ("after", "0.0 ms | 0.0 ms | 0.0 ms"),
        )
    ]


def test_one_command_reports_on_both_models(
    root: Path,
    tmp_path: Path,
    asked: list[tuple[Language, int, tuple[str, ...]]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """From the texts that they were trained on."""
    monkeypatch.chdir(root)
    files = {"text": "\n".join([" ".join(line) for line in VERSES] * 2)}
    files["sentences"] = "\n".join(" ".join(line) for line in SENTENCES * 3)
    files["words"] = "आज 3\nहै 2"
    arguments = ["edges"]
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
        arguments += [f"--{name}", str(tmp_path / name)]
    assert command.main(arguments) == 0
    assert [language for language, *_ in asked] == [HEBREW, HINDI, HEBREW, HINDI]
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| h")]
    assert len(rows) == 8
