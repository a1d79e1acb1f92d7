"""A NeMo checkpoint becomes a bundle that answers as NeMo does."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from nemo.collections.asr.models import EncDecCTCModel, EncDecCTCModelBPE
from rapidfuzz.distance import Levenshtein
from sentencepiece import SentencePieceProcessor
from tiny import Exporter
from tiny_nemo import ENCODER, LABELS, write_nemo

from export.nemo.network import ConformerNetwork, fetch
from export.nemo.positions import computed_positions
from export.parity import open_graph
from export.probes import speech_like
from service.audio import Audio, decode_file
from service.bundle import open_bundle
from service.ctc import greedy_decode
from service.features import LogMel
from service.framing import Subsampling
from service.recipes import LogMelRecipe
from service.recognizer import AlignOptions, Recognizer

RATE = 16_000
FIVE_MINUTES = 300 * RATE
SWELL = 1_600  # samples
LENGTHS = (160, 161, 799, 800, 1_600, 16_000, 16_639, 16_640, 160_000)  # samples


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_nemo(tmp_path_factory.mktemp("nemo") / "tiny.nemo")


@pytest.fixture(scope="session", params=["3.0.0", "1.6.0"], ids=["zeros", "reflect"])
def network(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> ConformerNetwork:
    """Of either dialect: the published Hindi model has the older one."""
    path = tmp_path_factory.mktemp("dialect") / "tiny.nemo"
    return fetch(str(write_nemo(path, nemo_version=request.param)), None)[1]


@pytest.fixture
def nemo_export(export: Exporter) -> Exporter:
    return export.of("nemo", (160, 161, 1_600, 16_000))


def test_the_manifest_says_what_the_checkpoint_says(
    checkpoint: Path, nemo_export: Exporter
) -> None:
    """Recipe, dialect, framing, vocabulary and NeMo's version come from the file."""
    assert nemo_export(checkpoint) == 0
    bundle = open_bundle(nemo_export.models / "tiny")
    manifest = bundle.manifest
    assert (manifest.id, manifest.language, manifest.family) == ("tiny", "hi", "nemo-conformer")
    assert isinstance(manifest.features, LogMelRecipe)
    assert (manifest.features.edges, manifest.features.features) == ("zeros", 80)
    assert manifest.framing == Subsampling(manifest.features, 4)
    assert (manifest.framing.stride, manifest.framing.min_samples) == (640, 160)
    assert bundle.tokens[0] == "<unk>"
    assert bundle.tokens[-1] == "<blk>"
    assert manifest.blank_id == len(bundle.tokens) - 1
    assert (manifest.word_delimiter, manifest.special_tokens) == ("▁", ("<unk>", "<blk>"))
    assert manifest.source["nemo_version"] == "3.0.0"
    assert manifest.source["checkpoint"] == "tiny"
    assert set(manifest.tools) == {"torch", "nemo_toolkit", "onnx", "onnxruntime"}
    assert manifest.report["quantized_products"] == manifest.report["constant_products"] > 0
    assert manifest.report["feature_error"] < 2e-3
    assert manifest.report["batch_error"] < 1e-4


@pytest.mark.parametrize("characters", [False, True], ids=["pieces", "characters"])
@pytest.mark.parametrize("version", ["3.0.0", "1.6.0"], ids=["zeros", "reflect"])
def test_a_bundle_transcribes_and_aligns(
    tmp_path: Path, export: Exporter, root: Path, version: str, *, characters: bool
) -> None:
    """Both kinds of model and both dialects, through the runtime: every written word comes back."""
    path = write_nemo(tmp_path / "tiny.nemo", characters=characters, nemo_version=version)
    assert export.of("nemo", (1_600, 16_000))(path) == 0
    recognizer = Recognizer.load(open_bundle(export.models / "tiny"))
    audio = decode_file(root / "examples/he-1.wav", RATE, 60.0)
    assert recognizer.transcribe(audio).text
    # A model that has learnt nothing hears none of it: each word is given a place all the same.
    aligned = recognizer.align(audio, "आज सुबह, x बारिश।", AlignOptions(gaps="none"))
    assert [word.word for word in aligned.words] == ["आज", "सुबह,", "x", "बारिश।"]
    assert [word.status for word in aligned.words] == [
        *("aligned", "aligned", "interpolated", "aligned"),
    ]


@pytest.mark.parametrize("samples", LENGTHS)
def test_runtime_features_through_the_graph_are_nemos_answer(
    network: ConformerNetwork, graph: Path, speech: np.ndarray, samples: int
) -> None:
    """NeMo end to end against our features and the float32 graph: 5e-4, and the same text."""
    runtime = LogMel(network.recipe)
    traced = open_graph(graph, network.feed, network.output)
    rng = np.random.default_rng(samples)
    noise = (0.05 * rng.standard_normal(samples)).astype(np.float32)
    # The signal's first syllable swells out of digital silence, where rounding is all there is.
    synthetic = speech_like(samples + SWELL, RATE)[SWELL:]
    # NeMo fails on what is too short to be reflected: there it gets our padding, and two frames,
    # one of them hardly more than silence, whose deviation magnifies the last bits.
    padded = samples < network.recipe.min_samples
    tolerance = 5e-3 if padded else 5e-4
    for waveform in (speech[:samples], synthetic, noise):
        assert len(waveform) == samples
        ours = traced.logits(runtime(waveform))
        with torch.inference_mode():
            heard = np.pad(waveform, (0, max(0, network.recipe.min_samples - samples)))
            theirs, lengths, _ = network.model(
                input_signal=torch.from_numpy(heard)[None],
                input_signal_length=torch.tensor([len(heard)]),
            )
        expected = theirs[0, : int(lengths[0])].numpy()
        assert ours.shape == expected.shape
        assert np.abs(ours - expected).max() <= tolerance
        assert tokens(ours) == tokens(expected)


@pytest.fixture(scope="session")
def speech(root: Path) -> np.ndarray:
    """All examples one after the other, from within the first word."""
    clips = [decode_file(path, RATE, 60.0) for path in sorted((root / "examples").glob("*.wav"))]
    return np.concatenate([clip.waveform for clip in clips])[int(0.35 * RATE) :]


def tokens(log_probs: np.ndarray) -> list[int]:
    return [span.token for span in greedy_decode(log_probs, log_probs.shape[1] - 1)]


@pytest.fixture(scope="session")
def graph(network: ConformerNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return network.trace(tmp_path_factory.mktemp("graph"))


@pytest.fixture(scope="session")
def bundle(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    export = Exporter(tmp_path_factory.mktemp("bundle")).of("nemo", (1_600, 16_000))
    assert export(checkpoint) == 0
    return export.models / "tiny"


def test_five_minutes_answer_as_nemo_does(network: ConformerNetwork, graph: Path) -> None:
    """Past NeMo's own 200 s: the source's limit is raised, and the graph has none."""
    features = network.prepare(speech_like(FIVE_MINUTES, RATE))
    expected = network.logits(features)
    frames = network.framing.frame_count(FIVE_MINUTES)
    assert len(expected) == frames > ENCODER["pos_emb_max_len"]
    answer = open_graph(graph, network.feed, network.output).logits(features)
    assert np.abs(answer - expected).max() < 1e-4


def test_computed_positions_are_the_tables(network: ConformerNetwork) -> None:
    """The very same numbers, and the table is back afterwards."""
    encoder = network.model.encoder
    frames = torch.zeros(1, 321, ENCODER["d_model"])
    table = encoder.pos_enc
    _, expected = table(frames)
    with computed_positions(encoder):
        _, computed = encoder.pos_enc(frames)
    torch.testing.assert_close(computed, expected, atol=0, rtol=0)
    assert encoder.pos_enc is table


def test_a_batch_answers_as_its_items_alone(network: ConformerNetwork, graph: Path) -> None:
    """Padding does not reach the shorter one, in whatever order they stand."""
    items = [network.prepare(speech_like(samples, RATE)) for samples in (9_000, 64_000, 20_111)]
    traced = open_graph(graph, network.feed, network.output)
    for row, item in zip(traced.batch(items), items, strict=True):
        alone = traced.logits(item)
        assert np.abs(row[: len(alone)] - alone).max() < 1e-4


def test_the_junk_frame_is_left_out(network: ConformerNetwork) -> None:
    """NeMo returns more frames than it calls valid; the network would answer for those too."""
    waveform = speech_like(64_640, RATE)
    features, valid = network.model.preprocessor(
        input_signal=torch.from_numpy(waveform)[None], length=torch.tensor([len(waveform)])
    )
    kept = network.prepare(waveform)
    assert kept.shape == (80, int(valid[0])) == (80, network.recipe.frame_count(len(waveform)))
    assert features.shape[-1] > kept.shape[-1]
    with_junk = network.logits(features[0].numpy())
    assert len(with_junk) > len(network.logits(kept)) == network.framing.frame_count(64_640)


def test_axes_have_names(graph: Path) -> None:
    """Batch and time are free, and say what they are."""
    loaded = onnx.load(graph).graph
    shapes = {
        value.name: [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in (*loaded.input, *loaded.output)
    }
    assert shapes == {
        "audio_signal": ["batch", 80, "frames"],
        "length": ["batch"],
        "logprobs": ["batch", "subsampled_frames", 46],
    }


def test_runtime_text_is_nemos_on_speech(checkpoint: Path, bundle: Path, root: Path) -> None:
    """Int8 rounds, so that a random network's text may differ here and there, and no more."""
    _, network = fetch(str(checkpoint), None)
    recognizer = Recognizer.load(open_bundle(bundle))
    clips = sorted((root / "examples").glob("*.wav"))
    assert len(clips) == 6
    for clip in clips:
        audio = decode_file(clip, RATE, 60.0)
        expected = network.model.tokenizer.ids_to_text(
            tokens(network.logits(network.prepare(audio.waveform)))
        )
        heard = recognizer.transcribe(audio).text
        assert Levenshtein.distance(heard, expected.replace("⁇", "").strip()) <= len(expected) / 5


def test_silence_is_served(bundle: Path) -> None:
    """Digital silence of any length is an empty text, not an error."""
    recognizer = Recognizer.load(open_bundle(bundle))
    for samples in (1, 160, 4_000):
        silence = Audio(np.zeros(samples, dtype=np.float32), RATE, samples / RATE)
        assert recognizer.transcribe(silence).text == ""


def test_character_labels_become_tokens(tmp_path: Path) -> None:
    """The space parts words, the blank is the last one."""
    _, network = fetch(str(write_nemo(tmp_path / "c.nemo", characters=True)), None)
    assert network.tokens == (*LABELS, "<blk>")
    assert network.vocabulary.word_delimiter == " "
    assert network.vocabulary.tokenizer is None
    assert type(network.model) is EncDecCTCModel


def test_the_tokenizer_names_no_place(network: ConformerNetwork) -> None:
    """SentencePiece notes the paths of its training; a bundle does not pass them on."""
    before = network.model.tokenizer.tokenizer.serialized_model_proto()
    assert b"/tokenizer" in before
    tokenizer = network.vocabulary.tokenizer
    assert tokenizer is not None
    assert b"/tokenizer" not in tokenizer
    assert b"text.txt" not in tokenizer
    again = SentencePieceProcessor(model_proto=tokenizer)
    assert again.encode("आज बारिश") == network.model.tokenizer.tokenizer.encode("आज बारिश")


def test_pieces_come_from_the_tokenizer(network: ConformerNetwork) -> None:
    """All of SentencePiece's, and the blank behind them."""
    processor = network.model.tokenizer.tokenizer
    assert network.tokens[:-1] == tuple(
        processor.id_to_piece(index) for index in range(processor.get_piece_size())
    )
    assert isinstance(network.model, EncDecCTCModelBPE)
