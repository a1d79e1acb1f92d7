"""Train a small CTC model on synthesised speech; resumable, on a CPU within two hours.

Two losses. CTC runs word by word inside each word's own window of frames, so that letters cannot
drift into the neighbours; and at each onset the word's first token is asked for (with the word
delimiter one frame before it, where there is one), so that spikes stand where words begin.
"""

import itertools
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from export.demo.speech.mixture import Mixture
from export.demo.speech.utterance import SAMPLE_RATE, UNKNOWN_ONSET, Utterance

logger = logging.getLogger(__name__)

STATE_FILE: Final = "state.pt"
LENGTH_STEP: Final = 20_480  # samples
SEED: Final = 7  # of the first weights and of the batches
BATCHES_NICENESS: Final = 10  # of the process that makes batches, beside the threads that train
# oneDNN builds a kernel for every shape, and forgets all but the last 1,024: some steps' worth.
KERNEL_CACHE: Final = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "40000")


class Spelling(Protocol):
    """How a model's targets and frames follow from an utterance."""

    @property
    def stride(self) -> int:
        """Samples a frame."""

    @property
    def delimiter_id(self) -> int | None:
        """The token between words, where there is one."""

    def frame_count(self, samples: int) -> int:
        """Frames of `samples` samples."""

    def prepare(self, waveform: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 [N] as the network takes it."""

    def spell(self, word: str) -> list[int]:
        """The tokens of a word."""


class Learner(Protocol):
    """A network under training."""

    @property
    def blank_id(self) -> int:
        """CTC's blank."""

    @property
    def module(self) -> nn.Module:
        """What is trained."""

    def log_probs(self, waveforms: Tensor, lengths: Tensor) -> Tensor:
        """float32 [B, T, V] of waveforms float32 [B, N], of which lengths int64 [B] are valid."""


@dataclass(frozen=True)
class Schedule:
    """Warm up, hold, then fall linearly to zero over the last `decay` of the steps."""

    steps: int
    peak_rate: float = 1.5e-3
    warmup: int = 300
    decay: float = 0.48
    onset_weight: float = 0.3
    checkpoint_every: int = 200

    def rate(self, step: int) -> float:
        """The learning rate of a step, from 0."""
        left = (self.steps - step) / (self.decay * self.steps)
        return self.peak_rate * max(0.0, min(1.0, (step + 1) / self.warmup, left))


@dataclass(frozen=True)
class Batch:
    """waveforms: float32 [B, N], padded; lengths: int64 [B]; the rest describes CTC windows.

    windows: int64 [W, 3] of (utterance, first frame, end frame); targets: int64, concatenated, with
    target_lengths int64 [W]; pins: int64 [P, 3] of (utterance, frame, token).
    """

    waveforms: Tensor
    lengths: Tensor
    windows: Tensor
    targets: Tensor
    target_lengths: Tensor
    pins: Tensor


@dataclass(frozen=True)
class Window:
    """CTC targets that must be heard on frames [start, end)."""

    start: int
    end: int
    targets: tuple[int, ...]

    @property
    def fits(self) -> bool:
        """Whether there are frames for all targets, and for a blank between equal ones."""
        repeats = sum(one == next_ for one, next_ in itertools.pairwise(self.targets))
        return self.end - self.start >= len(self.targets) + repeats


def collate(utterances: Sequence[Utterance], spelling: Spelling) -> Batch:
    """Normalise, pad, and lay out the CTC windows and onset pins."""
    # Rounded up, so that few shapes occur: the kernels are built anew for each.
    longest = -(-max(len(item.waveform) for item in utterances) // LENGTH_STEP) * LENGTH_STEP
    waveforms = np.zeros((len(utterances), longest), dtype=np.float32)
    windows: list[tuple[int, Window]] = []
    pins: list[tuple[int, int, int]] = []
    for row, item in enumerate(utterances):
        waveforms[row, : len(item.waveform)] = spelling.prepare(item.waveform)
        frames = spelling.frame_count(len(item.waveform))
        onsets = np.minimum(np.round(item.onsets / spelling.stride).astype(int), frames - 1)
        spelled = [spelling.spell(word) for word in item.words]
        windows += [(row, window) for window in word_windows(spelled, onsets, frames, spelling)]
        known = item.onsets != UNKNOWN_ONSET
        pins += [
            (row, int(onset), word[0])
            for onset, word, sure in zip(onsets, spelled, known, strict=True)
            if sure
        ]
        if spelling.delimiter_id is not None:
            delimiter = spelling.delimiter_id
            pins += [(row, int(onset) - 1, delimiter) for onset in onsets[1:] if onset > 0]
    return Batch(
        torch.from_numpy(waveforms),
        torch.tensor([len(item.waveform) for item in utterances]),
        torch.tensor([(row, window.start, window.end) for row, window in windows]),
        torch.tensor([token for _, window in windows for token in window.targets]),
        torch.tensor([len(window.targets) for _, window in windows]),
        torch.tensor(np.array(pins, dtype=np.int64).reshape(-1, 3)),
    )


def word_windows(
    spelled: Sequence[list[int]], onsets: NDArray[np.int64], frames: int, spelling: Spelling
) -> Iterator[Window]:
    """One window a word, from its onset to the next; a word said too fast shares its neighbour's.

    The first window begins with the audio. No words: one window without targets.
    """
    delimiter = [] if spelling.delimiter_id is None else [spelling.delimiter_id]
    targets = [[*word, *delimiter] for word in spelled[:-1]] + (list(spelled[-1:]) or [[]])
    edges = [0, *onsets[1:].tolist(), frames]
    waiting: Window | None = None
    for tokens, (start, end) in zip(targets, itertools.pairwise(edges), strict=True):
        if waiting is None:
            window = Window(start, end, tuple(tokens))
        else:
            window = Window(waiting.start, end, (*waiting.targets, *tokens))
        waiting = None if window.fits else window
        if waiting is None:
            yield window
    if waiting is not None:
        yield waiting


def loss_of(log_probs: Tensor, batch: Batch, blank_id: int, onset_weight: float) -> Tensor:
    """CTC over each window per target token, plus the cross-entropy of the onset pins."""
    rows, starts, ends = batch.windows.T
    span = int((ends - starts).max())
    frames = (starts[:, None] + torch.arange(span)[None, :]).clamp(max=log_probs.shape[1] - 1)
    windows = log_probs[rows[:, None], frames].transpose(0, 1)  # [span, W, V]
    ctc = functional.ctc_loss(
        windows,
        batch.targets,
        ends - starts,
        batch.target_lengths,
        blank=blank_id,
        reduction="sum",
        zero_infinity=True,
    )
    loss = ctc / max(1, len(batch.targets))  # a batch may hold noise alone
    if len(batch.pins):
        row, frame, token = batch.pins.T
        loss = loss - onset_weight * log_probs[row, frame, token].mean()
    return loss


class _Batches(Dataset[Batch]):
    """Batches by number, made in the worker process, which owns its own synthesiser."""

    def __init__(
        self, mixture: Callable[[], Mixture], spelling: Spelling, first: int, count: int
    ) -> None:
        self._make_mixture, self._spelling = mixture, spelling
        self._first, self._count = first, count
        self._mixture: Mixture | None = None

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Batch:
        if self._mixture is None:
            self._mixture = self._make_mixture()
        return collate(self._mixture.batch(self._first + index), self._spelling)


def train(
    learner: Learner,
    spelling: Spelling,
    mixture: Callable[[], Mixture],
    work: Path,
    schedule: Schedule,
) -> None:
    """Train to the end of the schedule, from `work`/state.pt if it is there.

    `mixture` is called in the process that makes the batches.
    """
    os.environ.setdefault(*KERNEL_CACHE)  # read when the first kernel is built
    module = learner.module
    module.train()
    optimizer = torch.optim.AdamW(
        module.parameters(), lr=schedule.peak_rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True
    )
    done = _restore(work / STATE_FILE, module, optimizer)
    batches = _Batches(mixture, spelling, done, schedule.steps - done)
    loader = DataLoader(
        batches, batch_size=None, num_workers=1, prefetch_factor=8, worker_init_fn=_step_back
    )
    began, audio, smooth = time.monotonic(), 0.0, 0.0
    for step, batch in enumerate(loader, start=done):
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(step)
        log_probs = learner.log_probs(batch.waveforms, batch.lengths)
        loss = loss_of(log_probs, batch, learner.blank_id, schedule.onset_weight)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0, error_if_nonfinite=True)
        optimizer.step()
        audio += float(batch.lengths.sum()) / SAMPLE_RATE
        smooth = 0.98 * smooth + 0.02 * loss.item() if step > done else loss.item()
        if (step + 1) % 50 == 0:
            _report(step + 1, schedule.steps, done, smooth, audio, time.monotonic() - began)
        if (step + 1) % schedule.checkpoint_every == 0 or step + 1 == schedule.steps:
            _store(work / STATE_FILE, module, optimizer, step + 1)
    module.eval()


def _step_back(_: int) -> None:
    os.nice(BATCHES_NICENESS)


def _report(
    step: int, steps: int, done: int, loss: float, audio_sec: float, elapsed_sec: float
) -> None:
    remaining = elapsed_sec / (step - done) * (steps - step)
    logger.info(
        "step %d of %d, loss %.3f, %.0f audio-s/s, %.0f min left",
        step, steps, loss, audio_sec / elapsed_sec, remaining / 60,
    )  # fmt: skip


def _store(
    path: Path,
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    step: int,
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    state = {
        "model": module.state_dict(),
        "optimizer": optimizer.state_dict(),
        "step": step,
    }
    torch.save(state, partial)
    partial.replace(path)


def _restore(path: Path, module: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    module.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    logger.info("resuming at step %d", state["step"])
    return int(state["step"])
