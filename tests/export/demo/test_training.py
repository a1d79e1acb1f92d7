"""Training computes what it says: the same networks, the right loss, steps that can resume."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional
from transformers import Wav2Vec2ForCTC

from export.demo import training
from export.demo.hebrew.corpus import HEBREW
from export.demo.hebrew.fast_features import channels_last_features
from export.demo.hebrew.model import (
    BLANK_ID,
    IDS,
    Wav2Vec2Learner,
    Wav2Vec2Spelling,
    save_checkpoint,
)
from export.demo.hindi.corpus import HINDI, Split
from export.demo.hindi.model import ConformerLearner, ConformerSpelling
from export.demo.speech.mixture import BatchPlan, Mixture, Phrases
from export.demo.speech.speaker import Language, Speaker
from export.demo.speech.utterance import SAMPLE_RATE, UNKNOWN_ONSET, Utterance
from export.demo.training import (
    BATCHES_NICENESS,
    KERNEL_CACHE,
    STATE_FILE,
    Learner,
    Schedule,
    Spelling,
    Window,
    collate,
    loss_of,
    train,
    word_windows,
)

LETTERS = Wav2Vec2Spelling()
SMALL = BatchPlan(seconds=4.0, word_counts=(2,), weights=(1.0,), recorded_share=0.0)


class Pieces:
    """A spelling without a delimiter: a character is its own token; 100 samples a frame."""

    stride = 100
    delimiter_id = None

    def frame_count(self, samples: int) -> int:
        """Whole frames."""
        return samples // self.stride

    def prepare(self, waveform: NDArray[np.float32]) -> NDArray[np.float32]:
        """As it is."""
        return waveform

    def spell(self, word: str) -> list[int]:
        """Code points."""
        return list(map(ord, word))


PIECES = Pieces()


class Pupil(NamedTuple):
    """A network, its spelling, and the words that it is taught."""

    learner: Callable[[], Learner]
    spelling: Spelling
    language: Language
    phrases: Phrases


@pytest.fixture(params=["hebrew", "hindi"])
def pupil(request: pytest.FixtureRequest, tokenizer: Path, hindi_split: Split) -> Pupil:
    """Each of the demos' models."""
    if request.param == "hebrew":
        words = ("שָׁלוֹם", "עוֹלָם", "טוֹב", "יוֹם")
        return Pupil(Wav2Vec2Learner, LETTERS, HEBREW, Phrases((words,), words))
    spelling = ConformerSpelling(tokenizer / "tokenizer.model")
    return Pupil(partial(ConformerLearner, tokenizer), spelling, HINDI, hindi_split.phrases)


@pytest.fixture(scope="module")
def wav2vec2() -> Wav2Vec2ForCTC:
    torch.manual_seed(0)
    return Wav2Vec2Learner().module.eval()


def utterance(seconds: float, words: tuple[str, ...], onsets_sec: list[float]) -> Utterance:
    random = np.random.default_rng(0)
    waveform = random.normal(0, 0.1, int(seconds * SAMPLE_RATE)).astype(np.float32)
    onsets = [UNKNOWN_ONSET if time < 0 else int(time * SAMPLE_RATE) for time in onsets_sec]
    return Utterance(waveform, words, np.array(onsets, dtype=np.int64))


@pytest.mark.parametrize("samples", [400, 401, 719, 720, 16_000, 16_001])
def test_the_fast_front_end_is_the_networks_own(wav2vec2: Wav2Vec2ForCTC, samples: int) -> None:
    """Channels-last features equal the module's, for every remainder of the stride."""
    waveform = torch.randn(2, samples, generator=torch.Generator().manual_seed(samples))
    encoder = wav2vec2.wav2vec2.feature_extractor
    with torch.no_grad():
        expected = encoder(waveform).transpose(1, 2)
        actual = channels_last_features(encoder, waveform)
    assert actual.shape == expected.shape == (2, LETTERS.frame_count(samples), expected.shape[2])
    torch.testing.assert_close(actual, expected, atol=1e-4, rtol=1e-4)


def own_log_probs(learner: Learner, waveform: torch.Tensor) -> torch.Tensor:
    """float32 [T, V] of float32 [1, N], by the module's own forward pass in full precision."""
    if isinstance(learner, Wav2Vec2Learner):
        return functional.log_softmax(learner.module(waveform).logits, dim=-1)[0]
    length = torch.tensor([waveform.shape[1]])
    log_probs, frames, _ = learner.module(input_signal=waveform, input_signal_length=length)
    kept: torch.Tensor = log_probs[0, : frames[0]]
    return kept


@pytest.mark.usefixtures("tiny_conformer")
def test_training_runs_the_checkpoints_own_network(pupil: Pupil) -> None:
    """Log-probabilities of a padded batch are those of each utterance alone, up to bfloat16, and
    an utterance has as many frames as its spelling says.
    """
    torch.manual_seed(0)
    learner = pupil.learner()
    learner.module.eval()
    waveforms = collate([utterance(1.0, (), []), utterance(2.003, (), [])], pupil.spelling)
    with torch.no_grad():
        together = learner.log_probs(waveforms.waveforms, waveforms.lengths)
        for row, length in enumerate(waveforms.lengths.tolist()):
            expected = own_log_probs(learner, waveforms.waveforms[row : row + 1, :length])
            assert len(expected) == pupil.spelling.frame_count(length)
            torch.testing.assert_close(
                together[row, : len(expected)], expected, atol=0.1, rtol=0.05
            )


def test_windows_and_pins_follow_the_onsets() -> None:
    """A word owns the frames from its onset to the next; pins stand at and before onsets."""
    batch = collate([utterance(2.0, ("שלום", "עולם"), [0.2, 1.0])], LETTERS)
    assert batch.windows.tolist() == [[0, 0, 50], [0, 50, 99]]
    assert batch.target_lengths.tolist() == [5, 4]
    assert batch.pins.tolist() == [[0, 10, IDS["ש"]], [0, 50, IDS["ע"]], [0, 49, IDS["|"]]]


def test_without_a_delimiter_windows_hold_words_alone() -> None:
    """Pieces mark where a word begins, and one pin a word asks for the first of them."""
    batch = collate([utterance(2.0, ("ab", "c"), [0.2, 1.0])], PIECES)
    assert batch.windows.tolist() == [[0, 0, 160], [0, 160, 320]]
    assert batch.targets.tolist() == [ord("a"), ord("b"), ord("c")]
    assert batch.pins.tolist() == [[0, 32, ord("a")], [0, 160, ord("c")]]


def test_an_unknown_first_onset_is_not_pinned() -> None:
    """The window still begins with the audio."""
    batch = collate([utterance(2.0, ("שלום", "עולם"), [-1, 1.0])], LETTERS)
    assert batch.windows.tolist() == [[0, 0, 50], [0, 50, 99]]
    assert batch.pins.tolist() == [[0, 50, IDS["ע"]], [0, 49, IDS["|"]]]


@pytest.mark.parametrize(
    ("words", "onsets", "expected"),
    [
        # Each has room.
        (["ab", "cd"], [0, 5], [(0, 5, "ab"), (5, 20, "cd")]),
        # The second has a frame for two letters: it is heard together with the third.
        (["ab", "cd", "ef"], [0, 5, 6], [(0, 5, "ab"), (5, 20, "cdef")]),
        # Two in a row.
        (["ab", "cd", "ef", "g"], [0, 1, 2, 8], [(0, 8, "abcdef"), (8, 20, "g")]),
        # Equal neighbours need a frame between them.
        (["aa", "b"], [0, 2], [(0, 20, "aab")]),
        (["aa", "b"], [0, 3], [(0, 3, "aa"), (3, 20, "b")]),
        # The last has no neighbour to share with.
        (["ab", "cdef"], [0, 18], [(0, 18, "ab"), (18, 20, "cdef")]),
        ([], [], [(0, 20, "")]),
    ],
)
def test_a_word_said_too_fast_shares_its_neighbours_window(
    words: list[str], onsets: list[int], expected: list[tuple[int, int, str]]
) -> None:
    """No window is too short for its tokens while there is a next one, and no token is lost."""
    spelled = [PIECES.spell(word) for word in words]
    windows = word_windows(spelled, np.array(onsets, dtype=np.int64), 20, PIECES)
    wanted = [Window(start, end, tuple(map(ord, text))) for start, end, text in expected]
    assert list(windows) == wanted


def test_the_loss_of_one_word_is_plain_ctc() -> None:
    """One window over all frames is torch's own loss a letter, and pins add cross-entropy."""
    batch = collate([utterance(1.0, ("שלום",), [0.2])], LETTERS)
    generator = torch.Generator().manual_seed(0)
    log_probs = functional.log_softmax(torch.randn(1, 49, len(IDS), generator=generator), dim=-1)
    plain = functional.ctc_loss(
        log_probs.transpose(0, 1), batch.targets[None], [49], [4], BLANK_ID, reduction="sum"
    )
    torch.testing.assert_close(loss_of(log_probs, batch, BLANK_ID, 0.0), plain / 4)
    pinned = plain / 4 - 0.5 * log_probs[0, 10, IDS["ש"]]
    torch.testing.assert_close(loss_of(log_probs, batch, BLANK_ID, 0.5), pinned)


@pytest.mark.parametrize(
    "spoken", [utterance(1.0, (), []), utterance(0.05, ("שלום",), [0.0])], ids=["noise", "too fast"]
)
def test_what_cannot_be_aligned_has_a_finite_loss(spoken: Utterance) -> None:
    """Noise asks for blanks, and a word without room for nothing but its pin."""
    batch = collate([spoken], LETTERS)
    log_probs = torch.zeros(1, 49, len(IDS), requires_grad=True)
    loss = loss_of(functional.log_softmax(log_probs, dim=-1), batch, BLANK_ID, 0.3)
    loss.backward()
    assert torch.isfinite(loss)
    assert log_probs.grad is not None
    assert torch.isfinite(log_probs.grad).all()


def test_the_rate_rises_holds_and_falls_to_nothing() -> None:
    """Warm-up from the first step, then the peak, then linearly down over the last share."""
    schedule = Schedule(steps=1000, peak_rate=1.0, warmup=10, decay=0.5)
    rates = [schedule.rate(step) for step in (0, 4, 9, 400, 499, 750, 999)]
    assert rates == pytest.approx([0.1, 0.5, 1.0, 1.0, 1.0, 0.5, 0.002])


def mixture_of(pupil: Pupil, note: Path) -> Mixture:
    """Batches of the pupil's words; notes how nice the process is that makes them."""
    note.write_text(str(os.nice(0)), encoding="utf-8")
    return Mixture(Speaker(pupil.language), pupil.phrases, 7, SMALL)


class Interrupted(Exception):
    """Somebody pulled the plug."""


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes training stop after the state was stored for the first time, until the test ends."""

    def arrange() -> None:
        store = training._store

        def store_once(*arguments: object) -> None:
            store(*arguments)  # type: ignore[arg-type]  # passed on as they are
            monkeypatch.setattr(training, "_store", store)
            raise Interrupted

        monkeypatch.setattr(training, "_store", store_once)

    return arrange


@pytest.mark.usefixtures("tiny_conformer")
def test_training_resumes_where_it_stopped(
    pupil: Pupil, tmp_path: Path, interrupt: Callable[[], None]
) -> None:
    """Weights, optimizer and batch number come back: two steps in one go or in two are alike.
    After the last step there is nothing left to do. Batches are made by a process that gives way.
    """
    schedule = Schedule(steps=2, warmup=1, checkpoint_every=1)
    note = tmp_path / "niceness"

    def run(work: str) -> Learner:
        torch.manual_seed(7)
        learner = pupil.learner()
        mixture = partial(mixture_of, pupil, note)
        train(learner, pupil.spelling, mixture, tmp_path / work, schedule)
        return learner

    run("a")
    interrupt()
    with pytest.raises(Interrupted):
        run("b")
    resumed = run("b")
    states = [torch.load(tmp_path / work / STATE_FILE, weights_only=True) for work in ("a", "b")]
    assert [state["step"] for state in states] == [2, 2]
    steps = [next(iter(state["optimizer"]["state"].values()))["step"].item() for state in states]
    assert steps == [2.0, 2.0]
    # The synthesiser is not quite repeatable, so that the weights are close rather than equal.
    for name, weight in states[0]["model"].items():
        torch.testing.assert_close(weight, states[1]["model"][name], atol=0.01, rtol=0.1)
    again = run("b")
    for name, weight in resumed.module.state_dict().items():
        torch.testing.assert_close(again.module.state_dict()[name], weight, atol=0, rtol=0)
    assert int(note.read_text(encoding="utf-8")) == min(19, os.nice(0) + BATCHES_NICENESS)
    assert os.environ[KERNEL_CACHE[0]] == KERNEL_CACHE[1]


def test_a_saved_checkpoint_is_an_ordinary_one(wav2vec2: Wav2Vec2ForCTC, tmp_path: Path) -> None:
    """What was trained is read back as it was."""
    save_checkpoint(wav2vec2, tmp_path)
    loaded = Wav2Vec2ForCTC.from_pretrained(tmp_path)
    torch.testing.assert_close(loaded.lm_head.weight, wav2vec2.lm_head.weight)
