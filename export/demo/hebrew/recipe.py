"""he-demo from its texts: the recipe of docs/EMBEDDED_MODELS.md."""

from functools import partial
from pathlib import Path
from typing import Final

import torch

from export.demo.hebrew.corpus import HEBREW, RecordedSpeech, Split, phrases_of
from export.demo.hebrew.model import Wav2Vec2Learner, Wav2Vec2Spelling, save_checkpoint
from export.demo.speech.mixture import BatchPlan, Mixture
from export.demo.speech.speaker import Speaker
from export.demo.training import SEED, Schedule, train

STEPS: Final = 8000


def train_hebrew(split: Split, work: Path, steps: int) -> Path:
    """Train in `work`, resuming what stands there; returns the checkpoint's folder."""
    torch.manual_seed(SEED)
    learner = Wav2Vec2Learner()
    train(learner, Wav2Vec2Spelling(), partial(_mixture, split), work, Schedule(steps=steps))
    checkpoint = work / "checkpoint"
    save_checkpoint(learner.module, checkpoint)
    return checkpoint


def _mixture(split: Split) -> Mixture:
    recorded = RecordedSpeech(split.recordings) if split.recordings else None
    return Mixture(Speaker(HEBREW), phrases_of(split), SEED, BatchPlan(), recorded)
