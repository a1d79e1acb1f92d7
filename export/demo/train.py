"""Train a small Wav2Vec2ForCTC on synthesised speech; resumable, on a CPU within two hours.

Two losses. CTC runs word by word inside each word's own window of frames, so that letters cannot
drift into the neighbours; and at each onset the word's first letter is asked for, with the word
delimiter one frame before it, so that spikes stand where words begin.
"""

import itertools
import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset
from transformers import (
    Wav2Vec2Config,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
    Wav2Vec2Processor,
)

from export.demo.corpus import SAMPLE_RATE, UNKNOWN_ONSET, Mixture, Split, Utterance
from export.demo.fast_features import channels_last_features
from export.demo.hebrew import LETTERS

logger = logging.getLogger(__name__)

STRIDE: Final = 320  # samples a frame
DELIMITER, UNKNOWN, BLANK = "|", "[UNK]", "[PAD]"
VOCABULARY: Final = (*LETTERS, DELIMITER, UNKNOWN, BLANK)
IDS: Final = {token: index for index, token in enumerate(VOCABULARY)}
BLANK_ID: Final = IDS[BLANK]
STATE_FILE: Final = "state.pt"


@dataclass(frozen=True)
class Schedule:
    """Warm up, hold, then fall linearly to zero over the last `decay` of the steps."""

    steps: int
    peak_rate: float = 1.5e-3
    warmup: int = 300
    decay: float = 0.48
    onset_weight: float = 0.3
    seed: int = 7
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


def demo_config() -> Wav2Vec2Config:
    """XLS-R's shape (layer-norm front end, stable layer norm, stride 320), small."""
    return Wav2Vec2Config(
        vocab_size=len(VOCABULARY),
        pad_token_id=BLANK_ID,
        bos_token_id=None,
        eos_token_id=None,
        hidden_size=256,
        num_hidden_layers=6,
        num_attention_heads=4,
        intermediate_size=1024,
        conv_dim=(32, 48, 64, 96, 128, 160, 192),
        feat_extract_norm="layer",
        conv_bias=True,
        do_stable_layer_norm=True,
        num_conv_pos_embeddings=64,
        num_conv_pos_embedding_groups=16,
        apply_spec_augment=False,
        hidden_dropout=0.0,
        attention_dropout=0.0,
        activation_dropout=0.0,
        feat_proj_dropout=0.0,
        final_dropout=0.0,
        layerdrop=0.0,
        ctc_loss_reduction="mean",
    )


def frame_count(samples: int) -> int:
    """Frames of `samples` samples, by the convolutions' formula."""
    config = demo_config()
    for kernel, stride in zip(config.conv_kernel, config.conv_stride, strict=True):
        samples = (samples - kernel) // stride + 1
    return samples


def collate(utterances: list[Utterance]) -> Batch:
    """Normalise, pad, and lay out the CTC windows and onset pins."""
    longest = max(len(item.waveform) for item in utterances)
    waveforms = np.zeros((len(utterances), longest), dtype=np.float32)
    windows, targets, pins = [], [], []
    for row, item in enumerate(utterances):
        centred = item.waveform - item.waveform.mean()
        waveforms[row, : len(centred)] = centred / np.sqrt(centred.var() + 1e-7)
        frames = frame_count(len(item.waveform))
        spelled = [[IDS[letter] for letter in word] for word in item.words]
        onsets = np.minimum(np.round(item.onsets / STRIDE).astype(int), frames - 1)
        windows += [
            (row, start, end)
            for start, end in itertools.pairwise([0, *onsets[1:].tolist(), frames])
        ]
        targets += [[*word, IDS[DELIMITER]] for word in spelled[:-1]] + (spelled[-1:] or [[]])
        known = item.onsets != UNKNOWN_ONSET
        pins += [
            (row, onset, word[0])
            for onset, word, sure in zip(onsets, spelled, known, strict=True)
            if sure
        ]
        pins += [(row, onset - 1, IDS[DELIMITER]) for onset in onsets[1:] if onset > 0]
    return Batch(
        torch.from_numpy(waveforms),
        torch.tensor([len(item.waveform) for item in utterances]),
        torch.tensor(np.array(windows, dtype=np.int64)),
        torch.tensor([token for target in targets for token in target]),
        torch.tensor([len(target) for target in targets]),
        torch.tensor(np.array(pins, dtype=np.int64).reshape(-1, 3)),
    )


def log_probabilities(model: Wav2Vec2ForCTC, waveforms: Tensor, lengths: Tensor) -> Tensor:
    """float32 [B, T, V]. The model's own forward pass, with the faster front end."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = channels_last_features(model.wav2vec2.feature_extractor, waveforms)
        frames = torch.tensor([frame_count(int(length)) for length in lengths])
        mask = torch.arange(hidden.shape[1])[None, :] < frames[:, None]
        hidden, _ = model.wav2vec2.feature_projection(hidden)
        hidden = model.wav2vec2.encoder(hidden, attention_mask=mask)[0]
        logits = model.lm_head(hidden)
    return functional.log_softmax(logits.float(), dim=-1)


def loss_of(log_probs: Tensor, batch: Batch, onset_weight: float) -> Tensor:
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
        blank=BLANK_ID,
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

    def __init__(self, split: Split, seed: int, first: int, count: int) -> None:
        self._split, self._seed, self._first, self._count = split, seed, first, count
        self._mixture: Mixture | None = None

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Batch:
        if self._mixture is None:
            torch.set_num_threads(1)
            self._mixture = Mixture(self._split, self._seed)
        return collate(self._mixture.batch(self._first + index))


def train(split: Split, work: Path, schedule: Schedule) -> Wav2Vec2ForCTC:
    """Train to the end of the schedule, from `work`/state.pt if it is there."""
    torch.manual_seed(schedule.seed)
    # On a CPU plain attention is faster than the fused kernel when there is a mask.
    model = Wav2Vec2ForCTC(demo_config())
    model.train()
    model.set_attn_implementation("eager")
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=schedule.peak_rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True
    )
    done = _restore(work / STATE_FILE, model, optimizer)
    batches = _Batches(split, schedule.seed, done, schedule.steps - done)
    loader = DataLoader(batches, batch_size=None, num_workers=1, prefetch_factor=8)
    began, audio, smooth = time.monotonic(), 0.0, 0.0
    for step, batch in enumerate(loader, start=done):
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(step)
        log_probs = log_probabilities(model, batch.waveforms, batch.lengths)
        loss = loss_of(log_probs, batch, schedule.onset_weight)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0, error_if_nonfinite=True)
        optimizer.step()
        audio += float(batch.lengths.sum()) / SAMPLE_RATE
        smooth = 0.98 * smooth + 0.02 * loss.item() if step > done else loss.item()
        if (step + 1) % 50 == 0:
            _report(step + 1, schedule.steps, done, smooth, audio, time.monotonic() - began)
        if (step + 1) % schedule.checkpoint_every == 0 or step + 1 == schedule.steps:
            _store(work / STATE_FILE, model, optimizer, step + 1)
    model.eval()
    return model


def save_checkpoint(model: Wav2Vec2ForCTC, folder: Path) -> None:
    """Write a checkpoint as transformers reads it: model, tokenizer, feature extractor."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = folder / "vocab.json"
    vocabulary.write_text(json.dumps(IDS, ensure_ascii=False), encoding="utf-8")
    tokenizer = Wav2Vec2CTCTokenizer(
        str(vocabulary),
        unk_token=UNKNOWN,
        pad_token=BLANK,
        word_delimiter_token=DELIMITER,
        bos_token=None,
        eos_token=None,
    )
    extractor = Wav2Vec2FeatureExtractor(
        feature_size=1,
        sampling_rate=SAMPLE_RATE,
        padding_value=0.0,
        do_normalize=True,
        return_attention_mask=True,
    )
    Wav2Vec2Processor(feature_extractor=extractor, tokenizer=tokenizer).save_pretrained(folder)
    model.save_pretrained(folder)


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
    model: Wav2Vec2ForCTC,
    optimizer: torch.optim.Optimizer,
    step: int,
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    state = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "step": step,
    }
    torch.save(state, partial)
    partial.replace(path)


def _restore(path: Path, model: Wav2Vec2ForCTC, optimizer: torch.optim.Optimizer) -> int:
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    logger.info("resuming at step %d", state["step"])
    return int(state["step"])
