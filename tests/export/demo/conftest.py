"""NeMo, imported once and quietly, and a small Hindi text of no language's words."""

import warnings
from pathlib import Path

import numpy as np
import pytest

with warnings.catch_warnings():  # what NeMo's imports call deprecated is not ours to mend
    warnings.simplefilter("ignore")
    import nemo.collections.asr.models  # noqa: F401  # before any test module does

from export.demo.hindi import corpus, model

CONSONANTS = "कखगघचछजझटठडढणतथदधनपफबभमयरलवशसह"
SIGNS = ("", "ा", "ि", "ी", "ु", "े", "ै", "ो", "ौ", "ां")


@pytest.fixture(scope="session")
def hindi_texts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Files of forty sentences and of three hundred words with counts."""
    random = np.random.default_rng(0)
    syllables = [consonant + sign for consonant in CONSONANTS for sign in SIGNS]
    words = ["".join(random.choice(syllables, size=random.integers(1, 4))) for _ in range(300)]
    folder = tmp_path_factory.mktemp("texts")
    sentences = [" ".join(random.choice(words, size=8)) + "।" for _ in range(40)]
    (folder / "sentences.txt").write_text("\n".join(sentences), encoding="utf-8")
    counted = [f"{word} {300 - rank}" for rank, word in enumerate(words)]
    (folder / "words.txt").write_text("\n".join(counted), encoding="utf-8")
    return folder / "sentences.txt", folder / "words.txt"


@pytest.fixture(scope="session")
def hindi_split(hindi_texts: tuple[Path, Path]) -> corpus.Split:
    return corpus.split_corpus(*hindi_texts)


@pytest.fixture(scope="session")
def tokenizer(hindi_split: corpus.Split, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a SentencePiece model of the small text."""
    phrases = hindi_split.phrases
    text = [*map(" ".join, phrases.lines), *phrases.words]
    return model.write_tokenizer(text, tmp_path_factory.mktemp("tokenizer")).parent


@pytest.fixture
def tiny_conformer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's configuration with one narrow layer."""
    full = model.demo_config

    def tiny(tokenizer_folder: Path) -> dict[str, object]:
        config = full(tokenizer_folder)
        config["encoder"] |= {"n_layers": 1, "d_model": 16, "subsampling_conv_channels": 8}
        config["decoder"]["feat_in"] = 16
        return config

    monkeypatch.setattr(model, "demo_config", tiny)
