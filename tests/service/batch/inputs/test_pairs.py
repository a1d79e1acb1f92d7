"""A manifest says what belongs together, and one bad line takes no other with it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.batch.inputs.pairs import manifest_tasks
from service.batch.inputs.sources import FileSource, Inline
from service.batch.task import Task
from service.errors import InvalidField


def tasks_of(folder: Path, content: str | bytes) -> list[Task]:
    path = folder / "pairs.tsv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(manifest_tasks(path))


def test_texts_are_given_by_path_or_as_such(tmp_path: Path) -> None:
    """A cell that ends in .txt is a path; quotation marks are letters like others."""
    first, second = tasks_of(
        tmp_path, 'audio\ttext\nx/a.wav\ttexts/a.txt\n/abs/b.mp3\tצה"ל "אמר"\n'
    )
    assert first.audio == FileSource(tmp_path / "x/a.wav")
    assert first.beside == FileSource(tmp_path / "texts/a.txt")
    assert second.audio == FileSource(Path("/abs/b.mp3"))
    assert second.beside == Inline('צה"ל "אמר"')
    assert [first.name, second.name] == ["x/a", "b"]
    assert [first.shown, second.shown] == ["x/a.wav", "/abs/b.mp3"]


def test_columns_are_told_by_their_names(tmp_path: Path) -> None:
    """In any order, with others between them, a byte order mark and Windows' line ends."""
    content = "\ufeffid\tspeaker\ttext\taudio\r\nu1\tx\tשלום\ta.wav\r\n\r\n\tx\tשלום\tb.wav\r\n"
    assert [(task.name, task.shown) for task in tasks_of(tmp_path, content)] == [
        ("u1", "a.wav"),
        ("b", "b.wav"),
    ]


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("../up/a.wav", "a"),
        ("/etc/a.b.wav", "a.b"),
        ("./x/a", "x/a"),
        ("x/../../a.wav", "a"),
    ],
)
def test_answers_stay_in_their_folder(tmp_path: Path, cell: str, name: str) -> None:
    """A path that leads elsewhere gives the name of its file alone."""
    (task,) = tasks_of(tmp_path, f"audio\ttext\n{cell}\tשלום\n")
    assert (task.name, task.fault) == (name, None)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"a.wav", "line 2: expected audio and text, got 'a.wav'"),
        (b"\t\xd7\xa9", "line 2: expected audio and text"),
        (b"a.wav\t\xff", "line 2: expected UTF-8"),
        (b"..\ttext", "line 2: expected a name, got '..'"),
        (b"/\ttext", "line 2: expected a name, got '/'"),
    ],
)
def test_a_bad_line_is_a_task_with_a_fault(tmp_path: Path, line: bytes, told: str) -> None:
    """The next line is read all the same."""
    bad, good = tasks_of(tmp_path, b"audio\ttext\n" + line + b"\nb.wav\ta.txt\n")
    assert bad.fault is not None
    assert told in bad.fault
    assert good.fault is None


@pytest.mark.parametrize("content", ["", "a.wav\tשלום\n", "audio,text\na,b\n", "audio\n"])
def test_what_is_no_manifest_is_refused(tmp_path: Path, content: str) -> None:
    """With what the first line should have been."""
    with pytest.raises(InvalidField, match="expected a first line with the columns audio and text"):
        tasks_of(tmp_path, content)


@given(cells=st.lists(st.text(max_size=9), max_size=4))
def test_no_line_breaks_the_reading(
    tmp_path_factory: pytest.TempPathFactory, cells: list[str]
) -> None:
    """Whatever the cells hold, there is a task that can be done or a fault, and a safe name."""
    folder = tmp_path_factory.getbasetemp()
    line = "\t".join(cells).encode("utf-8", "replace")
    for task in tasks_of(folder, b"audio\ttext\tid\n" + line):
        assert (task.fault is None) == (task.audio is not None)
        assert ".." not in task.name.split("/")
        assert not task.name.startswith("/")
