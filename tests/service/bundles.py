"""Bundles without graphs, and models whose logits are planted."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from service.bundle import MODEL_FILE, TOKENS_FILE, Bundle, open_bundle, sha256_of, write_tokens
from service.catalogue import Catalogue
from service.errors import InferenceError
from service.recognizer import Recognizer

LETTERS: Final = "אבגדהוזחטיךכלםמןנסעףפץצקרשת"
HINDI_LETTERS: Final = "अआइउएओकखगचजटडतथदधनपबमयरलवशस"  # as many
TOKENS: Final = (*LETTERS, "|", "[UNK]", "[PAD]")
BLANK_ID: Final = TOKENS.index("[PAD]")
DELIMITER_ID: Final = TOKENS.index("|")
UNKNOWN_ID: Final = TOKENS.index("[UNK]")
STRIDE: Final = 320  # samples
RATE: Final = 16_000  # Hz


def manifest_document(**changes: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON values
    """A manifest that is right but for `changes` and the hashes."""
    document: dict[str, Any] = {
        "manifest_version": 2,
        "id": "planted",
        "language": "he",
        "family": "wav2vec2",
        "sample_rate": RATE,
        "blank_id": BLANK_ID,
        "word_delimiter": "|",
        "special_tokens": ["[UNK]", "[PAD]"],
        "framing": {
            "convolutions": [[10, 5], [3, 2], [3, 2], [3, 2], [3, 2], [2, 2], [2, 2]],
        },
        "features": {"normalize": True},
        "graph": {
            "input": "input_values",
            "output": "logits",
        },
        "licence": "Apache-2.0",
        "source": {"checkpoint": "none", "revision": "none"},
        "tools": {},
        "report": {},
    }
    return document | changes


def write_bundle(
    folder: Path,
    letters: str = LETTERS,
    **changes: Any,  # noqa: ANN401  # JSON values
) -> Path:
    """Write a bundle whose graph is a stand-in of three bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    write_tokens(folder / TOKENS_FILE, (*letters, *TOKENS[len(LETTERS) :]))
    (folder / MODEL_FILE).write_bytes(b"onx")
    hashes = {name: sha256_of(folder / name) for name in (TOKENS_FILE, MODEL_FILE)}
    document = manifest_document(files=hashes) | changes
    (folder / "manifest.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


def planted_bundle(folder: Path) -> Bundle:
    """A bundle to put a PlantedModel beside."""
    return open_bundle(write_bundle(folder))


class PlantedModel:
    """Answers with the logits of a path, whatever it hears; `heard` has the inputs' lengths."""

    def __init__(self, path: list[int], certainty: float = 10.0) -> None:
        self._logits = np.zeros((len(path), len(TOKENS)), dtype=np.float32)
        self._logits[np.arange(len(path)), path] = certainty
        self.heard: list[int] = []

    def logits(self, model_input: NDArray[np.float32]) -> NDArray[np.float32]:
        """The planted logits."""
        assert model_input.dtype == np.float32
        self.heard.append(len(model_input))
        return self._logits


def path_of(spelled: str) -> list[int]:
    """A path from letters: "_" is the blank, "|" the delimiter, "?" the unknown token."""
    special = {"_": BLANK_ID, "|": DELIMITER_ID, "?": UNKNOWN_ID}
    return [special.get(char, TOKENS.index(char) if char in LETTERS else -1) for char in spelled]


class FailingModel(PlantedModel):
    """Opens, and then cannot answer."""

    def __init__(self) -> None:
        super().__init__([BLANK_ID])

    def logits(self, model_input: NDArray[np.float32]) -> NDArray[np.float32]:
        """An error of the runtime's own."""
        raise InferenceError(f"expected logits for {len(model_input)} samples, got nothing")


class Opener:
    """Opens each bundle with the model planted for its id, and counts."""

    def __init__(self, models: Mapping[str, PlantedModel]) -> None:
        self._models = models
        self.opened: list[str] = []

    def __call__(self, bundle: Bundle, intra_op_threads: int = 1) -> Recognizer:
        """A recognizer, as Recognizer.load gives it."""
        del intra_op_threads
        self.opened.append(bundle.manifest.id)
        return Recognizer(bundle, self._models[bundle.manifest.id])


def write_two_languages(folder: Path) -> Path:
    """The bundles `hebrew` (he) and `hindi` (hi), each in its own letters."""
    write_bundle(folder / "hebrew", id="hebrew")
    write_bundle(folder / "hindi", HINDI_LETTERS, id="hindi", language="hi")
    return folder


def two_languages(folder: Path, opener: Opener) -> Catalogue:
    """A catalogue of them, read and not loaded."""
    return Catalogue.read(write_two_languages(folder), opener=opener)
