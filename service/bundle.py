"""A model folder: what it must hold, and the checks before anything in it is trusted.

models/<id>/model.int8.onnx   the graph
models/<id>/tokens.txt        `token id`, one a line
models/<id>/tokenizer.model   SentencePiece's, where tokens are pieces of words
models/<id>/manifest.json     all that the runtime must know about them
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service.fields import broken
from service.manifest import MANIFEST_FILE, Manifest, read_manifest

MODEL_FILE: Final = "model.int8.onnx"
TOKENS_FILE: Final = "tokens.txt"
MAX_ID_DIGITS: Final = 9  # of a token's id
SHOWN_CHARACTERS: Final = 80  # of a line that is refused
READ_BLOCK: Final = 1 << 20  # bytes


@dataclass(frozen=True)
class Bundle:
    """A folder that has passed the checks. `tokens[i]` is the text of token id i."""

    folder: Path
    manifest: Manifest
    tokens: tuple[str, ...]

    @property
    def model_path(self) -> Path:
        """The graph's file."""
        return self.folder / MODEL_FILE

    @property
    def tokenizer_path(self) -> Path | None:
        """The SentencePiece model's file; None where tokens are characters or phonemes."""
        name = self.manifest.tokenizer
        return None if name is None else self.folder / name


Vouching = Callable[[Path, str], bool]  # gets a file and a sha256


def open_bundle(folder: Path, vouched: Vouching | None = None) -> Bundle:
    """Read and check a bundle; `vouched` tells which files are known to have their hash.

    Raises BundleError, naming the file, for an unknown manifest version, a missing or ill-typed
    field, a file whose sha256 differs, or a vocabulary that does not fit the manifest.
    """
    manifest = read_manifest(folder / MANIFEST_FILE)
    for required in (MODEL_FILE, TOKENS_FILE, manifest.tokenizer):
        if required is not None and required not in manifest.files:
            raise broken(folder / MANIFEST_FILE, f"a sha256 of {required}", "none")
    for name in manifest.files:
        if Path(name).name != name or "\0" in name:
            raise broken(folder / MANIFEST_FILE, "names of files beside it", repr(name))
    for name, expected in manifest.files.items():
        if vouched is None or not vouched(folder / name, expected):
            _check_hash(folder / name, expected)
    tokens = read_tokens(folder / TOKENS_FILE)
    _check_vocabulary(folder / TOKENS_FILE, tokens, manifest)
    return Bundle(folder, manifest, tokens)


def read_tokens(path: Path) -> tuple[str, ...]:
    """Parse `token id` lines; ids must be 0 .. n-1, each once. Raises BundleError.

    A token may be a space: its line begins with two of them.
    """
    try:
        # Tokens may hold what str.splitlines takes for the end of a line.
        lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise broken(path, "UTF-8 lines of `token id`", str(error)) from error
    tokens: dict[int, str] = {}
    for number, line in enumerate(lines, start=1):
        token, separator, index = line.rpartition(" ")
        sound = separator and index.isdecimal() and len(index) <= MAX_ID_DIGITS
        if not sound or int(index) in tokens:
            got = repr(line[:SHOWN_CHARACTERS])
            raise broken(path, f"`token id` with a new id in line {number}", got)
        tokens[int(index)] = token
    if not tokens or max(tokens) != len(tokens) - 1:
        raise broken(path, "ids from 0 without a gap", f"{len(tokens)} ids")
    return tuple(tokens[index] for index in range(len(tokens)))


def write_tokens(path: Path, tokens: tuple[str, ...]) -> None:
    """Write `token id` lines, in the order of the ids."""
    lines = [f"{token} {index}\n" for index, token in enumerate(tokens)]
    path.write_text("".join(lines), encoding="utf-8")


def sha256_of(path: Path) -> str:
    """The hexadecimal sha256 of a file, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(READ_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _check_hash(path: Path, expected: str) -> None:
    try:
        actual = sha256_of(path)
    except OSError as error:
        raise broken(path, "a readable file", str(error)) from error
    if actual != expected:
        raise broken(path, f"sha256 {expected}", actual)


def _check_vocabulary(path: Path, tokens: tuple[str, ...], manifest: Manifest) -> None:
    if manifest.blank_id >= len(tokens):
        raise broken(path, f"the blank's id {manifest.blank_id}", f"{len(tokens)} tokens")
    for token in manifest.special_tokens:
        if token not in tokens:
            raise broken(path, f"the token {token!r}", "none")
    unspoken = {tokens[manifest.blank_id], *manifest.special_tokens}
    delimiter = manifest.word_delimiter
    if not delimiter:
        return
    parts_words = str.startswith if manifest.tokenizer else str.__eq__
    if not any(parts_words(token, delimiter) for token in tokens if token not in unspoken):
        raise broken(path, f"the word delimiter {delimiter!r} among the spoken tokens", "none")
