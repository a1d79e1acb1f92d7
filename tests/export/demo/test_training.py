"""Training computes what it says: the same network, the right loss, steps that can resume."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional
from transformers import Wav2Vec2ForCTC

from export.demo import train as training
from export.demo.corpus import (
    SAMPLE_RATE,
    UNKNOWN_ONSET,
    BatchPlan,
    Mixture,
    Split,
    Utterance,
)
from export.demo.fast_features import channels_last_features
from export.demo.train import (
    BLANK_ID,
    IDS,
    Schedule,
    collate,
    demo_config,
    frame_count,
    log_probabilities,
    loss_of,
    save_checkpoint,
)


@pytest.fixture(scope="module")
def model() -> Wav2Vec2ForCTC:
    torch.manual_seed(0)
    return Wav2Vec2ForCTC(demo_config()).eval()


def utterance(seconds: float, words: tuple[str, ...], onsets_sec: list[float]) -> Utterance:
    random = np.random.default_rng(0)
    waveform = random.normal(0, 0.1, int(seconds * SAMPLE_RATE)).astype(np.float32)
    onsets = [UNKNOWN_ONSET if time < 0 else int(time * SAMPLE_RATE) for time in onsets_sec]
    return Utterance(waveform, words, np.array(onsets, dtype=np.int64))


@pytest.mark.parametrize("samples", [400, 401, 719, 720, 16_000, 16_001])
def test_the_fast_front_end_is_the_networks_own(model: Wav2Vec2ForCTC, samples: int) -> None:
    """Channels-last features equal the module's, for every remainder of the stride."""
    waveform = torch.randn(2, samples, generator=torch.Generator().manual_seed(samples))
    encoder = model.wav2vec2.feature_extractor
    with torch.no_grad():
        expected = encoder(waveform).transpose(1, 2)
        actual = channels_last_features(encoder, waveform)
    assert actual.shape == expected.shape == (2, frame_count(samples), expected.shape[2])
    torch.testing.assert_close(actual, expected, atol=1e-4, rtol=1e-4)


def test_training_runs_the_checkpoints_own_network(model: Wav2Vec2ForCTC) -> None:
    """Log-probabilities of a padded batch are those of each utterance alone, up to bfloat16."""
    batch = collate([utterance(1.0, ("שלום",), [0.1]), utterance(2.0, ("עולם",), [0.2])])
    with torch.no_grad():
        together = log_probabilities(model, batch.waveforms, batch.lengths)
        for row, length in enumerate(batch.lengths.tolist()):
            logits = model(batch.waveforms[row : row + 1, :length]).logits
            expected = functional.log_softmax(logits, dim=-1)[0]
            torch.testing.assert_close(
                together[row, : len(expected)], expected, atol=0.1, rtol=0.05
            )


def test_windows_and_pins_follow_the_onsets() -> None:
    """A word owns the frames from its onset to the next; pins stand at and before onsets."""
    batch = collate([utterance(2.0, ("שלום", "עולם"), [0.2, 1.0])])
    assert batch.windows.tolist() == [[0, 0, 50], [0, 50, 99]]
    assert batch.target_lengths.tolist() == [5, 4]
    assert batch.pins.tolist() == [[0, 10, IDS["ש"]], [0, 50, IDS["ע"]], [0, 49, IDS["|"]]]


def test_an_unknown_first_onset_is_not_pinned() -> None:
    """The window still begins with the audio."""
    batch = collate([utterance(2.0, ("שלום", "עולם"), [-1, 1.0])])
    assert batch.windows.tolist() == [[0, 0, 50], [0, 50, 99]]
    assert batch.pins.tolist() == [[0, 50, IDS["ע"]], [0, 49, IDS["|"]]]


def test_the_loss_of_one_word_is_plain_ctc() -> None:
    """One window over all frames is torch's own loss a letter, and pins add cross-entropy."""
    batch = collate([utterance(1.0, ("שלום",), [0.2])])
    generator = torch.Generator().manual_seed(0)
    log_probs = functional.log_softmax(torch.randn(1, 49, len(IDS), generator=generator), dim=-1)
    plain = functional.ctc_loss(
        log_probs.transpose(0, 1), batch.targets[None], [49], [4], BLANK_ID, reduction="sum"
    )
    torch.testing.assert_close(loss_of(log_probs, batch, 0.0), plain / 4)
    pinned = plain / 4 - 0.5 * log_probs[0, 10, IDS["ש"]]
    torch.testing.assert_close(loss_of(log_probs, batch, 0.5), pinned)


def test_noise_alone_has_a_finite_loss() -> None:
    """A batch without a word asks for blanks."""
    batch = collate([utterance(1.0, (), [])])
    log_probs = torch.zeros(1, 49, len(IDS), requires_grad=True)
    loss = loss_of(functional.log_softmax(log_probs, dim=-1), batch, 0.3)
    loss.backward()
    assert torch.isfinite(loss)
    assert log_probs.grad is not None
    assert torch.isfinite(log_probs.grad).all()


class Interrupted(Exception):
    """Somebody pulled the plug."""


def test_training_resumes_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights, optimizer and batch number come back: two steps in one go or in two are alike."""
    words = ("שָׁלוֹם", "עוֹלָם", "טוֹב", "יוֹם") * 4
    split = Split((words,) * 5, (), (), ())
    small = BatchPlan(seconds=4.0, word_counts=(2,), weights=(1.0,))
    monkeypatch.setattr(training, "Mixture", lambda split, seed: Mixture(split, seed, small))
    schedule = Schedule(steps=2, warmup=1, checkpoint_every=1)
    training.train(split, tmp_path / "a", schedule)
    store = training._store

    def store_once(*arguments: object) -> None:
        store(*arguments)  # type: ignore[arg-type]  # passed on as they are
        raise Interrupted

    monkeypatch.setattr(training, "_store", store_once)
    with pytest.raises(Interrupted):
        training.train(split, tmp_path / "b", schedule)
    monkeypatch.setattr(training, "_store", store)
    resumed = training.train(split, tmp_path / "b", schedule)
    states = [
        torch.load(tmp_path / run / training.STATE_FILE, weights_only=True) for run in ("a", "b")
    ]
    assert [state["step"] for state in states] == [2, 2]
    steps = [next(iter(state["optimizer"]["state"].values()))["step"].item() for state in states]
    assert steps == [2.0, 2.0]
    # The synthesiser is not quite repeatable, so that the weights are close rather than equal.
    for name, weight in states[0]["model"].items():
        torch.testing.assert_close(weight, states[1]["model"][name], atol=0.01, rtol=0.1)
    save_checkpoint(resumed, tmp_path / "checkpoint")
    loaded = Wav2Vec2ForCTC.from_pretrained(tmp_path / "checkpoint")
    torch.testing.assert_close(loaded.lm_head.weight, resumed.lm_head.weight)
