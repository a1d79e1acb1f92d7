"""API keys, their lines and their file."""

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from service.access.file import CHECK_SEC, KeyFile
from service.access.keys import Key, find, hash_of, new_secret
from service.access.lines import KeysError, line_of, read_keys
from service.access.rates import read_rate

HASH = f"sha256:{'0' * 32}:{'1' * 64}"


class Clock:
    """One that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """As it was set."""
        return self.now


def key_of(secret: str, name: str = "studio") -> Key:
    return Key(name, hash_of(secret), frozenset({"align", "read"}))


def test_a_key_is_found_by_its_secret_and_by_nothing_else() -> None:
    """Neither a part of it, nor its hash, nor what is too long, nor what is no ASCII."""
    secret = new_secret()
    keys = (key_of(new_secret(), "other"), key_of(secret))
    assert find(keys, secret) == keys[1]
    for wrong in ("", secret[:-1], secret + "x", str(keys[1].hash), secret * 9, "שלום", "\udcff"):
        assert find(keys, wrong) is None


def test_secrets_are_long_random_and_recognised() -> None:
    """256 bits after a prefix that scanners look for."""
    one, other = new_secret(), new_secret()
    assert one != other
    assert re.fullmatch(r"kolvani_[A-Za-z0-9_-]{43}", one)


def test_a_key_never_shows_itself() -> None:
    """Neither the secret nor its digest is in a representation, which a log may hold."""
    secret = new_secret()
    key = key_of(secret)
    assert secret not in repr(key)
    assert repr(key.hash.digest)[2:-1] not in repr(key)


@pytest.mark.parametrize(
    "own",
    [
        {},
        {"requests": read_rate("60/minute")},
        {"requests": read_rate("10/5 minutes"), "audio": None},
        {"audio": read_rate("36000/day")},
    ],
)
def test_a_line_is_read_as_it_was_written(own: dict[str, None]) -> None:
    """Name, hash, scopes and limits come back."""
    key = replace(key_of("secret"), own=own)
    assert read_keys(f"# comment\n\n{line_of(key)}  # whose\n") == (key,)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("studio", "line 1: expected a name, a hash and scopes"),
        (f"-studio {HASH} align", "line 1: expected a name"),
        (f"studio {HASH} alin", "line 1: expected scopes"),
        (f"studio {HASH[:-1]} align", "line 1: expected sha256"),
        (f"studio {HASH} align rate=3/day", "line 1: expected limits"),
        (f"studio {HASH} align audio=much", "line 1: expected a rate"),
        (f"studio {HASH} align audio=1/day;2/hour", "line 1: expected a rate"),
        (f"studio {HASH} align requests=0/day", "line 1: expected a rate"),
        ("# nothing", "expected at least one key"),
        ("", "expected at least one key"),
    ],
)
def test_a_wrong_line_is_named(line: str, complaint: str) -> None:
    """Its number and what was expected."""
    with pytest.raises(KeysError, match=complaint):
        read_keys(line)


def test_a_key_in_place_of_its_hash_is_not_quoted() -> None:
    """Who pastes the key itself finds it in no log."""
    secret = new_secret()
    with pytest.raises(KeysError) as caught:
        read_keys(f"studio {secret} align")
    assert secret not in str(caught.value)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    """A key that was added is known, and one that was taken away is not, after a moment."""
    clock, path = Clock(), tmp_path / "api-keys"
    old, new = new_secret(), new_secret()
    path.write_text(line_of(key_of(old)))
    file = KeyFile(path, clock)
    swap(path, line_of(key_of(new, "next")))
    assert find(file.refresh(), old)
    clock.now = CHECK_SEC
    assert find(file.refresh(), new)
    assert find(file.refresh(), old) is None


@pytest.mark.parametrize("broken", ["studio", "", "\xff" * 3])
def test_a_broken_file_leaves_the_keys_as_they_were(tmp_path: Path, broken: str) -> None:
    """It is told, once mended it is forgotten, and nobody is locked out or let in meanwhile."""
    clock, path = Clock(), tmp_path / "api-keys"
    secret = new_secret()
    path.write_text(line_of(key_of(secret)))
    file = KeyFile(path, clock)
    swap(path, broken)
    clock.now = CHECK_SEC
    assert find(file.refresh(), secret)
    assert file.fault
    swap(path, line_of(key_of(secret)))
    clock.now = 2 * CHECK_SEC
    assert find(file.refresh(), secret)
    assert file.fault is None


def test_a_file_that_has_gone_leaves_the_keys_and_may_come_back(tmp_path: Path) -> None:
    """As while a volume is mounted anew."""
    clock, path = Clock(), tmp_path / "api-keys"
    old, new = new_secret(), new_secret()
    path.write_text(line_of(key_of(old)))
    file = KeyFile(path, clock)
    path.unlink()
    clock.now = CHECK_SEC
    assert find(file.refresh(), old)
    assert file.fault
    path.write_text(line_of(key_of(new)))
    clock.now = 2 * CHECK_SEC
    assert find(file.refresh(), new)


@pytest.mark.parametrize("content", [None, "studio", "\xff\n"])
def test_nothing_starts_without_readable_keys(tmp_path: Path, content: str | None) -> None:
    """A missing or a broken file is an error that names it, not an open door."""
    path = tmp_path / "api-keys"
    if content is not None:
        path.write_bytes(content.encode("latin-1"))
    with pytest.raises(KeysError):
        KeyFile(path)


def swap(path: Path, content: str) -> None:
    """As Kubernetes does: another file under the same name."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(content.encode("latin-1"))
    os.replace(fresh, path)  # noqa: PTH105  # what is done, by its name
