"""A key tells whether an answer would be the same."""

import os
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from service.batch.inputs.sources import FileSource, Inline
from service.batch.outputs.keys import DIGITS, Keys, are_last, key_of
from service.batch.task import Task

KEYS = st.integers(0, 2**64 - 1).map(lambda number: f"{number:0{DIGITS}x}")


def test_a_key_follows_all_that_matters(tmp_path: Path) -> None:
    """The recording's size and time, the text's letters, the name, the run; nothing else does."""
    audio, text = tmp_path / "a.wav", tmp_path / "a.txt"
    audio.write_bytes(b"sound")
    text.write_text("שלום", encoding="utf-8")
    task = Task("a.wav", "a", FileSource(audio), FileSource(text))
    key = key_of(task, "run")
    assert len(key) == DIGITS
    assert key_of(replace(task, shown="./a.wav", beside=Inline("שלום")), "run") == key
    others = {
        key_of(replace(task, name="b"), "run"),
        key_of(task, "another run"),
        key_of(replace(task, beside=Inline("שלום ")), "run"),
    }
    os.utime(audio, ns=(1, 1))
    others.add(key_of(task, "run"))
    audio.write_bytes(b"sounds")
    os.utime(audio, ns=(1, 1))
    others.add(key_of(task, "run"))
    assert len(others - {key}) == 5


@given(held=st.lists(KEYS), asked=KEYS)
def test_keys_are_a_set(held: list[str], asked: str) -> None:
    """As Python's, in less room."""
    keys = Keys(held)
    assert all(key in keys for key in held)
    assert (asked in keys) == (asked in set(held))
    again = keys.repeated()
    assert (again is None) == (len(set(held)) == len(held))
    assert again is None or held.count(again) > 1


def test_what_is_no_key_is_passed_over() -> None:
    """A table may have been edited."""
    keys = Keys(["", "x", "-1", "f" * 99, "00ff", "f" * DIGITS])
    assert len(keys) == 1
    assert "f" * DIGITS in keys


@given(names=st.lists(st.sampled_from("abcd")))
def test_the_last_of_each_name_is_found(names: list[str]) -> None:
    """Once for every name that there is."""
    expected = [name not in names[place + 1 :] for place, name in enumerate(names)]
    assert are_last(names).tolist() == expected
