"""A model folder: what it must hold, and the checks before anything in it is trusted.

models/<id>/model.int8.onnx   the graph
models/<id>/tokens.txt        `token id`, one a line
models/<id>/manifest.json     all that the runtime must know about the two
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from service.errors import BundleError

MANIFEST_VERSION: Final = 1
MANIFEST_FILE: Final = "manifest.json"
MODEL_FILE: Final = "model.int8.onnx"
TOKENS_FILE: Final = "tokens.txt"
READ_BLOCK: Final = 1 << 20  # bytes

Family = Literal["wav2vec2"]
FAMILIES: Final = ("wav2vec2",)


@dataclass(frozen=True)
class Framing:
    """How samples become frames: the stack of unpadded convolutions, as (kernel, stride)."""

    convolutions: tuple[tuple[int, int], ...]

    @property
    def stride(self) -> int:
        """Samples from one frame to the next."""
        product = 1
        for _, stride in self.convolutions:
            product *= stride
        return product

    @property
    def min_samples(self) -> int:
        """The fewest samples that make one frame: the receptive field."""
        samples = 1
        for kernel, stride in reversed(self.convolutions):
            samples = (samples - 1) * stride + kernel
        return samples

    def frame_count(self, samples: int) -> int:
        """Frames made of `samples` samples; 0 below `min_samples`."""
        for kernel, stride in self.convolutions:
            samples = (samples - kernel) // stride + 1 if samples >= kernel else 0
        return samples


@dataclass(frozen=True)
class Manifest:
    """What manifest.json says. Unknown keys are ignored, missing ones are errors."""

    id: str
    language: str
    family: Family
    sample_rate: int  # Hz
    blank_id: int
    word_delimiter: str  # the token between words
    special_tokens: tuple[str, ...]  # never spoken: padding, unknown, sentence marks
    framing: Framing
    normalize: bool  # zero mean, unit variance
    waveform_input: str
    mask_input: str | None  # attention mask over samples, where the model takes one
    logits_output: str
    files: Mapping[str, str]  # name -> sha256
    licence: str
    source: Mapping[str, str]  # checkpoint, revision
    tools: Mapping[str, str]  # name -> version
    report: Mapping[str, Any]  # the export's figures: shown, not used


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


def open_bundle(folder: Path) -> Bundle:
    """Read and check a bundle.

    Raises BundleError, naming the file, for an unknown manifest version, a missing or ill-typed
    field, a file whose sha256 differs, or a vocabulary that does not fit the manifest.
    """
    manifest = read_manifest(folder / MANIFEST_FILE)
    for required in (MODEL_FILE, TOKENS_FILE):
        if required not in manifest.files:
            raise _broken(folder / MANIFEST_FILE, f"a sha256 of {required}", "none")
    for name, expected in manifest.files.items():
        if Path(name).name != name:
            raise _broken(folder / MANIFEST_FILE, "names of files beside it", repr(name))
        _check_hash(folder / name, expected)
    tokens = read_tokens(folder / TOKENS_FILE)
    _check_vocabulary(folder / TOKENS_FILE, tokens, manifest)
    return Bundle(folder, manifest, tokens)


def read_manifest(path: Path) -> Manifest:
    """Parse manifest.json. Raises BundleError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _broken(path, "a readable JSON document", str(error)) from error
    if not isinstance(document, dict):
        raise _broken(path, "a JSON object", type(document).__name__)
    version = document.get("manifest_version")
    if version != MANIFEST_VERSION:
        raise _broken(path, f"manifest_version {MANIFEST_VERSION}", repr(version))
    return _manifest(_Fields(path, document))


def read_tokens(path: Path) -> tuple[str, ...]:
    """Parse `token id` lines; ids must be 0 .. n-1, each once. Raises BundleError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise _broken(path, "UTF-8 lines of `token id`", str(error)) from error
    tokens: dict[int, str] = {}
    for number, line in enumerate(lines, start=1):
        token, separator, index = line.rpartition(" ")
        if not separator or not index.isdecimal() or int(index) in tokens:
            raise _broken(path, f"`token id` with a new id in line {number}", repr(line))
        tokens[int(index)] = token
    if not tokens or max(tokens) != len(tokens) - 1:
        raise _broken(path, "ids from 0 without a gap", f"{len(tokens)} ids")
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


class _Fields:
    """Typed access to a JSON object; every complaint names the file and the field."""

    def __init__(self, path: Path, document: Mapping[str, Any], prefix: str = "") -> None:
        self._path, self._document, self._prefix = path, document, prefix

    def text(self, name: str) -> str:
        value = self._get(name, str)
        if not value:
            raise _broken(self._path, f"a text in {self._prefix}{name}", "an empty one")
        return str(value)

    def optional_text(self, name: str) -> str | None:
        return None if self._document.get(name) is None else self.text(name)

    def natural(self, name: str, least: int = 0) -> int:
        value = self._get(name, int)
        if isinstance(value, bool) or value < least:
            raise _broken(self._path, f"a number >= {least} in {self._prefix}{name}", repr(value))
        return int(value)

    def flag(self, name: str) -> bool:
        return bool(self._get(name, bool))

    def texts(self, name: str) -> tuple[str, ...]:
        values = self._get(name, list)
        if not all(isinstance(value, str) for value in values):
            raise _broken(self._path, f"a list of texts in {self._prefix}{name}", repr(values))
        return tuple(values)

    def pairs(self, name: str) -> tuple[tuple[int, int], ...]:
        values = self._get(name, list)
        for value in values:
            numbers = isinstance(value, list) and all(type(item) is int for item in value)
            if not numbers or len(value) != len(("kernel", "stride")) or min(value) < 1:
                raise _broken(self._path, f"pairs of numbers > 0 in {self._prefix}{name}", value)
        return tuple((kernel, stride) for kernel, stride in values)

    def table(self, name: str) -> "_Fields":
        return _Fields(self._path, self.mapping(name), f"{self._prefix}{name}.")

    def mapping(self, name: str) -> Mapping[str, Any]:
        return dict(self._get(name, dict))

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name)
        if value not in allowed:
            raise _broken(self._path, f"{self._prefix}{name} in {', '.join(allowed)}", value)
        return value

    def _get(self, name: str, kind: type) -> Any:  # noqa: ANN401  # JSON, checked below
        value = self._document.get(name)
        if not isinstance(value, kind):
            got = "nothing" if name not in self._document else type(value).__name__
            raise _broken(self._path, f"{kind.__name__} in {self._prefix}{name}", got)
        return value


def _manifest(fields: _Fields) -> Manifest:
    features, graph = fields.table("features"), fields.table("graph")
    fields.one_of("family", FAMILIES)
    return Manifest(
        id=fields.text("id"),
        language=fields.text("language"),
        family="wav2vec2",
        sample_rate=fields.natural("sample_rate", least=1),
        blank_id=fields.natural("blank_id"),
        word_delimiter=fields.text("word_delimiter"),
        special_tokens=fields.texts("special_tokens"),
        framing=Framing(fields.table("framing").pairs("convolutions")),
        normalize=features.flag("normalize"),
        waveform_input=graph.text("waveform_input"),
        mask_input=graph.optional_text("mask_input"),
        logits_output=graph.text("logits_output"),
        files=fields.mapping("files"),
        licence=fields.text("licence"),
        source=fields.mapping("source"),
        tools=fields.mapping("tools"),
        report=fields.mapping("report"),
    )


def _check_hash(path: Path, expected: str) -> None:
    try:
        actual = sha256_of(path)
    except OSError as error:
        raise _broken(path, "a readable file", str(error)) from error
    if actual != expected:
        raise _broken(path, f"sha256 {expected}", actual)


def _check_vocabulary(path: Path, tokens: tuple[str, ...], manifest: Manifest) -> None:
    if manifest.blank_id >= len(tokens):
        raise _broken(path, f"the blank's id {manifest.blank_id}", f"{len(tokens)} tokens")
    for token in (manifest.word_delimiter, *manifest.special_tokens):
        if token not in tokens:
            raise _broken(path, f"the token {token!r}", "none")


def _broken(path: Path, expected: object, got: object) -> BundleError:
    message = f"{path}: expected {expected}, got {got}"
    return BundleError(message, file=path.name, expected=str(expected), got=str(got))
