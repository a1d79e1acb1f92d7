"""hi-demo from its texts: the recipe of docs/EMBEDDED_MODELS.md."""

import itertools
from functools import partial
from pathlib import Path
from typing import Final

import torch

from export.demo.hindi.corpus import HINDI, PLAN, Split
from export.demo.hindi.model import (
    ConformerLearner,
    ConformerSpelling,
    save_checkpoint,
    write_tokenizer,
)
from export.demo.speech.mixture import Mixture, Phrases
from export.demo.speech.speaker import Speaker
from export.demo.training import SEED, Schedule, train

STEPS: Final = 6_800
WARMUP: Final = 500  # steps
DECAY: Final = 0.45


def train_hindi(split: Split, work: Path, steps: int, checkpoint: Path) -> None:
    """Train in `work`, resuming what stands there, and write `checkpoint`, a .nemo file.

    Raises UnspellableText if the tokenizer that stands there was made for other texts.
    """
    phrases = split.phrases
    text = [*map(" ".join, phrases.lines), *phrases.words]
    spelling = ConformerSpelling(write_tokenizer(text, work / "tokenizer"))
    spelling.check(itertools.chain(phrases.words, *phrases.lines))
    torch.manual_seed(SEED)
    learner = ConformerLearner(work / "tokenizer")
    schedule = Schedule(steps=steps, warmup=WARMUP, decay=DECAY)
    train(learner, spelling, partial(_mixture, phrases), work, schedule)
    save_checkpoint(learner, checkpoint)


def _mixture(phrases: Phrases) -> Mixture:
    return Mixture(Speaker(HINDI), phrases, SEED, PLAN)
