"""Bundles without graphs, and models whose logits are planted."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from recipes import CONFORMER
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

from service.bundle import MODEL_FILE, TOKENS_FILE, Bundle, open_bundle, sha256_of, write_tokens
from service.errors import InferenceError
from service.recognizer import Recognizer
from service.serving.catalogue import Catalogue

LETTERS: Final = "אבגדהוזחטיךכלםמןנסעףפץצקרשת"
HINDI_LETTERS: Final = "अआइउएओकखगचजटडतथदधनपबमयरलवशस"  # as many
TOKENS: Final = (*LETTERS, "|", "[UNK]", "[PAD]")
BLANK_ID: Final = TOKENS.index("[PAD]")
DELIMITER_ID: Final = TOKENS.index("|")
UNKNOWN_ID: Final = TOKENS.index("[UNK]")
STRIDE: Final = 320  # samples
PHONEMES: Final = ("t", "ʃ", "tʃ", "a", "ɪ", "aɪ", "ɔ", "ɔː", "ɔːɹ", "ɹ", "ɡ", "n", "n̩", "ç")

MARK: Final = "▁"
TOKENIZER_FILE: Final = "tokenizer.model"
PIECE_STRIDE: Final = 640  # samples
# What the tokenizer of the conformer bundles learns from; the comma is one of its pieces.
SENTENCES: Final = (
    "आज मौसम बहुत अच्छा है और कल भी अच्छा था",
    "हम कल बाज़ार जाएँगे और सब्ज़ी लाएँगे",
    "लड़का पेड़ के नीचे पढ़ रहा है",
    "लड़की घर के पास पढ़ रही है",
    "नमस्ते दुनिया, आप कैसे हैं",
    "नमक और पानी घर में है",
    "ओम नाम का एक कवि नगर में रहता था",
    "गर्मी में नदी का पानी ठंडा लगता है",
    "भारत एक विशाल देश है और सुंदर देश है",
    "मेरा घर नगर के पास है, नदी के पास है",
    "बाज़ार में सब्ज़ी और नमक मिलता है",
)
PIECES: Final = 60  # at most
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
        "tokenizer": None,
        "framing": {
            "convolutions": [[10, 5], [3, 2], [3, 2], [3, 2], [3, 2], [2, 2], [2, 2]],
        },
        "features": {"normalize": True},
        "graph": {
            "input": "input_values",
            "length_input": None,
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
    letters: Sequence[str] = LETTERS,
    **changes: Any,  # noqa: ANN401  # JSON values
) -> Path:
    """Write a bundle whose graph is a stand-in of three bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens = (*letters, *TOKENS[len(LETTERS) :])
    write_tokens(folder / TOKENS_FILE, tokens)
    (folder / MODEL_FILE).write_bytes(b"onx")
    hashes = {name: sha256_of(folder / name) for name in (TOKENS_FILE, MODEL_FILE)}
    document = manifest_document(files=hashes, blank_id=tokens.index("[PAD]")) | changes
    (folder / "manifest.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


def planted_bundle(folder: Path) -> Bundle:
    """A bundle to put a PlantedModel beside."""
    return open_bundle(write_bundle(folder))


def phoneme_bundle(folder: Path, *, delimiter: bool = False) -> Bundle:
    """The same for a model of PHONEMES, with or without a token between words."""
    special = ["[UNK]", "[PAD]"] if delimiter else ["[UNK]", "[PAD]", "|"]
    return open_bundle(
        write_bundle(
            folder,
            PHONEMES,
            language="en",
            units="phonemes",
            word_delimiter="|" if delimiter else None,
            special_tokens=special,
        )
    )


def path_of_phonemes(spelled: str) -> list[int]:
    """A path from phonemes between spaces: "_" is the blank, "|" the delimiter."""
    tokens = (*PHONEMES, "|", "[UNK]", "_")
    return [tokens.index(phoneme) for phoneme in spelled.split()]


@cache
def tokenizer_model() -> bytes:
    """A SentencePiece model of Hindi, trained here: <unk> is 0, there are no sentence marks."""
    model = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES),
        model_writer=model,
        vocab_size=PIECES,
        hard_vocab_limit=False,
        model_type="unigram",
        character_coverage=1.0,
        unk_id=0,
        bos_id=-1,
        eos_id=-1,
        minloglevel=2,
    )
    return model.getvalue()


@cache
def pieces() -> tuple[str, ...]:
    """The tokenizer's, by their ids."""
    processor = SentencePieceProcessor(model_proto=tokenizer_model())
    return tuple(processor.id_to_piece(index) for index in range(processor.get_piece_size()))


def conformer_document(**changes: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON values
    """A conformer's manifest, right but for `changes` and the hashes."""
    features = asdict(CONFORMER)
    del features["sample_rate"]
    document = manifest_document(
        id="conformer",
        language="hi",
        family="nemo-conformer",
        blank_id=len(pieces()),
        word_delimiter=MARK,
        special_tokens=["<unk>"],
        tokenizer=TOKENIZER_FILE,
        framing={"subsampling": 4},
        features=features,
        graph={"input": "audio_signal", "length_input": "length", "output": "logprobs"},
    )
    return document | changes


def write_conformer(
    folder: Path,
    sentencepiece: bytes | None = None,
    spoken: Sequence[str] = (),
    blank_id: int | None = None,
    **changes: Any,  # noqa: ANN401  # JSON values
) -> Path:
    """Write a conformer's bundle with a stand-in of a graph; the blank follows the `spoken` tokens,
    the tokenizer's, unless it has an id of its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tokens = list(spoken or pieces())
    tokens.insert(len(tokens) if blank_id is None else blank_id, "<blk>")
    write_tokens(folder / TOKENS_FILE, tuple(tokens))
    model = tokenizer_model() if sentencepiece is None else sentencepiece
    (folder / TOKENIZER_FILE).write_bytes(model)
    (folder / MODEL_FILE).write_bytes(b"onx")
    names = (TOKENS_FILE, TOKENIZER_FILE, MODEL_FILE)
    hashes = {name: sha256_of(folder / name) for name in names}
    document = conformer_document(files=hashes, blank_id=tokens.index("<blk>")) | changes
    (folder / "manifest.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


def conformer_bundle(folder: Path) -> Bundle:
    """A bundle to put a model of pieces beside."""
    return open_bundle(write_conformer(folder))


def path_of_pieces(*spoken: str) -> list[int]:
    """A path from pieces: "_" is the blank."""
    return [len(pieces()) if piece == "_" else pieces().index(piece) for piece in spoken]


class PlantedModel:
    """Answers with the logits of a path, whatever it hears; `heard` has the inputs' lengths."""

    def __init__(self, path: list[int], certainty: float = 10.0, width: int = len(TOKENS)) -> None:
        self._logits = np.zeros((len(path), width), dtype=np.float32)
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
