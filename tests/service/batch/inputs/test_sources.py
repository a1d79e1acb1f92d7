"""Recordings and texts come from files, pipes and arguments."""

import io
import os
import sys
import threading
from pathlib import Path

import pytest

from service.batch.inputs.sources import FileSource, Inline, Stdin, opened, source, text_of
from service.errors import InvalidField


def test_an_argument_is_a_path_or_a_dash() -> None:
    """./- is a path."""
    assert source("-") == Stdin()
    assert source("a-b") == FileSource(Path("a-b"))


def test_a_pipe_can_be_sought_in(tmp_path: Path) -> None:
    """It is copied; decoders go back and forth."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"0123456789" * 100_000,))
    writer.start()
    with opened(FileSource(pipe)) as file:
        writer.join()
        file.seek(999_999)
        assert file.read() == b"9"
        file.seek(0)
        assert file.read(3) == b"012"


def test_standard_input_that_is_closed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever starts the program may have closed it."""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InvalidField, match="expected something on standard input"):
        Stdin().content()


def test_texts_are_utf_8_with_or_without_a_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From wherever they come; anything else is told with its place."""
    (tmp_path / "a.txt").write_bytes("\ufeffשלום".encode())
    assert text_of(FileSource(tmp_path / "a.txt"), "transcript") == "שלום"
    assert text_of(Inline("שלום"), "transcript") == "שלום"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("नमस्ते".encode("utf-16"))))
    with pytest.raises(InvalidField, match="-: expected UTF-8 text"):
        text_of(Stdin(), "transcript")


def test_contents_are_read_up_to_a_limit(tmp_path: Path) -> None:
    """Or whole."""
    (tmp_path / "a").write_bytes(b"abc")
    for held in (FileSource(tmp_path / "a"), Inline("abc")):
        assert (held.content(2), held.content()) == (b"ab", b"abc")
