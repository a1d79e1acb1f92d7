"""The front end that runs in pieces, against torch, which hears all at once."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import GraphProto
from test_integer_graph import (
    FAMILIES,
    GROUP,
    IN_FLOAT32,
    IN_INT8,
    LAYER,
    network,
    noise,
    session,
    torch_logits,
)
from tiny import Exporter, write_checkpoint

from export.calibration.listening import listen
from export.graph.builder import GraphBuilder
from export.graph.plan import Plan
from export.graph.products import Products
from export.huggingface import read_checkpoint
from export.wav2vec2.graph import build
from export.wav2vec2.pieces import LEAST_CHANNELS, PIECE_FRAMES
from service.acoustic import PREPARED_GRAPH, OnnxAcousticModel
from service.bundle import open_bundle
from service.framing import Convolutions
from service.preparing.cache import PreparedModels
from service.preparing.opening import open_model
from service.quantization import WeightBits

Array = NDArray[np.float32]

WIDE = (LEAST_CHANNELS, *(32,) * 6)
STRIDES = (5, 2, 2, 2, 2, 2, 2), (4, 2, 3, 1, 2, 2, 2)
KERNELS = (10, 3, 3, 3, 3, 2, 2)
BORDERS = (1, *(PIECE_FRAMES + n for n in (-1, 0, 1)), 2 * PIECE_FRAMES, 2 * PIECE_FRAMES + 1)
LONG = 100 * PIECE_FRAMES + 3  # frames: more than a minute and a half
WAYS = {name: FAMILIES[name] for name in ("layer norm, stable", "no bias", "other strides")}


def samples(frames: int, strides: tuple[int, ...] = STRIDES[0], more: int = 0) -> int:
    """How many make so many frames, and some that make no further one."""
    framing = Convolutions(tuple(zip(KERNELS, strides, strict=True)))
    return framing.input_span(0, frames)[1] + more % framing.stride


def kinds(graph: GraphProto) -> list[str]:
    return [node.op_type for node in graph.node]


def rounds(graph: GraphProto) -> GraphProto:
    """What the graph's loop does in each of its rounds."""
    (loop,) = (node for node in graph.node if node.op_type == "Loop")
    return loop.attribute[0].g


def graph_of(plan: Plan, *, whole: bool = False, **changes: object) -> GraphProto:
    products = Products(GraphBuilder(), plan, whole=whole)
    return build(products, network(**changes), ("samples", "", "logits")).graph


@pytest.mark.parametrize("changes", WAYS.values(), ids=WAYS.keys())
def test_in_float32_pieces_are_the_whole(changes: dict[str, object]) -> None:
    """At every length around the borders of pieces, to the last odd sample, alone and in twos."""
    model = network(**{**changes, "conv_dim": WIDE})
    graph = session(model, IN_FLOAT32)
    for frames in BORDERS:
        for more in (0, -1):
            length = samples(frames, model.config.conv_stride, more)
            both = np.vstack([noise(length), 0.1 * noise(length + 1)[:, 1:]])
            expected = torch_logits(model, both, None)
            (logits,) = graph.run(["logits"], {"samples": both})
            assert logits.shape == (2, frames, 26)
            assert np.abs(logits - expected).max() < 1e-4


def test_a_long_recording_is_the_whole() -> None:
    """More than a hundred pieces."""
    model = network(**LAYER, do_stable_layer_norm=True, conv_dim=WIDE)
    heard = noise(samples(LONG, more=77))
    (logits,) = session(model, IN_FLOAT32).run(["logits"], {"samples": heard})
    assert logits.shape == (1, LONG, 26)
    assert np.abs(logits - torch_logits(model, heard, None)).max() < 1e-4


@pytest.mark.parametrize("stable", [True, False])
def test_a_mask_keeps_padding_out_of_pieces(stable: bool) -> None:
    """Rows of a batch that end in another piece than the longest."""
    model = network(**LAYER, do_stable_layer_norm=stable, conv_dim=WIDE)
    lengths = (samples(2 * PIECE_FRAMES + 5), samples(PIECE_FRAMES - 3, more=9))
    waveforms = np.zeros((2, lengths[0]), np.float32)
    for row, length in zip(waveforms, lengths, strict=True):
        row[:length] = noise(length)
    mask = (np.arange(lengths[0]) < np.array(lengths)[:, None]).astype(np.int64)
    (logits,) = session(model, IN_FLOAT32, mask="mask").run(
        ["logits"], {"samples": waveforms, "mask": mask}
    )
    expected = torch_logits(model, waveforms, mask)
    assert np.abs(logits[0] - expected[0]).max() < 1e-4
    heard = PIECE_FRAMES - 3
    assert np.abs(logits[1, :heard] - expected[1, :heard]).max() < 1e-4


@pytest.mark.parametrize("bits", [7, 8])
@pytest.mark.parametrize("changes", WAYS.values(), ids=WAYS.keys())
def test_in_int8_pieces_stay_near(changes: dict[str, object], bits: WeightBits) -> None:
    """As the whole does: each piece is quantised by itself."""
    model = network(**{**changes, "conv_dim": WIDE})
    graph = session(model, Plan(bits))
    for frames in BORDERS:
        heard = noise(samples(frames, model.config.conv_stride, more=1))
        expected = torch_logits(model, heard, None)
        (logits,) = graph.run(["logits"], {"samples": heard})
        assert logits.shape == expected.shape
        assert np.linalg.norm(logits - expected) < 0.1 * np.linalg.norm(expected)


def test_a_loud_second_leaves_the_others_as_they_are() -> None:
    """A piece has a scale of its own: frames of other pieces are answered as without the noise."""
    model = network(**LAYER, do_stable_layer_norm=True, conv_dim=WIDE)
    products = Products(GraphBuilder(), IN_INT8)
    graph = build(products, model, ("samples", "", "logits"))
    joined = graph.graph.output.add()
    joined.name = "pieces.frames_of_all"
    joined.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    opened = onnxruntime.InferenceSession(graph.SerializeToString())
    quiet = 0.01 * noise(samples(3 * PIECE_FRAMES))
    loud = quiet.copy()
    loud[:, samples(2 * PIECE_FRAMES) :] *= 1000
    first, second = (
        opened.run([joined.name], {"samples": heard})[0][:, : 2 * PIECE_FRAMES]
        for heard in (quiet, loud)
    )
    assert np.array_equal(first, second)


@pytest.mark.parametrize("count", [0, 5, 399])
def test_too_few_samples_for_a_frame_have_none(count: int) -> None:
    """As in the whole: nothing is divided by no pieces."""
    model = network(**LAYER, do_stable_layer_norm=True, conv_dim=WIDE)
    (logits,) = session(model).run(["logits"], {"samples": noise(count)})
    assert logits.shape == (1, 0, 26)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({**LAYER, "conv_dim": WIDE}, True),
        ({**LAYER, "conv_dim": (LEAST_CHANNELS - 16, *WIDE[1:])}, False),
        ({**GROUP, "conv_dim": WIDE}, False),
    ],
    ids=["wide", "narrow", "group norm"],
)
def test_only_wide_front_ends_run_in_pieces(changes: dict[str, object], expected: bool) -> None:
    """A narrow one's values are cached anyhow; a group norm is over all frames."""
    assert ("Loop" in kinds(graph_of(IN_INT8, **changes))) is expected
    assert "Loop" not in kinds(graph_of(IN_INT8, whole=True, **changes))


def test_the_graph_passes_the_checks_of_onnx() -> None:
    """With all shapes inferred, from the rounds of the loop as well."""
    products = Products(GraphBuilder(), IN_FLOAT32)
    names = ("samples", "mask", "logits")
    model = build(products, network(**LAYER, conv_dim=WIDE), names)
    onnx.checker.check_model(model)
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=False)
    types = {value.name: value.type.tensor_type for value in inferred.graph.value_info}
    assert types["pieces.frames_of_all"].elem_type == onnx.TensorProto.FLOAT


def test_weights_stand_in_the_graph_once() -> None:
    """Rounds have no weights of their own: the same are there as in the whole, and no others."""
    for plan in (IN_INT8, IN_FLOAT32):
        whole, pieced = (
            graph_of(plan, whole=whole, **LAYER, conv_dim=WIDE) for whole in (True, False)
        )
        assert len(rounds(pieced).initializer) == 0
        of_whole, of_pieced = (
            {tensor.name for tensor in graph.initializer if not tensor.name.startswith("int64_")}
            for graph in (whole, pieced)
        )
        assert of_pieced == of_whole
    inside = kinds(rounds(graph_of(IN_INT8, **LAYER, conv_dim=WIDE)))
    assert inside.count("MatMulIntegerToFloat") == 6  # the convolutions behind the first


def test_every_product_in_pieces_is_heard(tmp_path: Path) -> None:
    """Calibration hears the whole, whose products have the same names; each is counted once."""
    source = read_checkpoint(write_checkpoint(tmp_path / "tiny", conv_dim=WIDE))
    products = Products(GraphBuilder(), IN_INT8)
    assert "Loop" in kinds(source.integer_graph(products).graph)
    piece = source.prepare(noise(24_000)[0])
    layers = listen(source, [piece], tmp_path).layers
    names = [site.name for parts in layers.values() for part in parts for site in part.sites]
    assert sorted(names) == sorted(products.quantized + products.kept)
    assert products.kept == ["frontend.0"]


@pytest.mark.parametrize("options", [(), ("--reduce-range",)], ids=["8 bits", "7 bits"])
def test_a_bundle_in_pieces_is_exported_prepared_and_served(
    export: Exporter, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """It passes the gates; its prepared form has the rounds' weights, packed, in the file that is
    mapped, and answers bit for bit.
    """
    checkpoint = write_checkpoint(tmp_path / "checkpoint" / "tiny", conv_dim=WIDE)
    exporter = Exporter(export.folder, lengths=(400, 401, 16_080, 16_400, 48_000))
    assert exporter(checkpoint, *options) == 0
    bundle = open_bundle(exporter.models / "tiny")
    assert bundle.manifest.quantization.policy == "integer-graph"
    assert "Loop" in kinds(onnx.load(bundle.model_path).graph)
    report = bundle.manifest.report
    assert report["quantized_products"] + report["kept_in_float"] == 7 + 4 + 2 * 6 + 2
    cache = PreparedModels(tmp_path / "cache")
    heard = noise(40_000)[0]
    expected = OnnxAcousticModel(bundle).logits(heard)
    assert np.array_equal(open_model(bundle, 1, cache).logits(heard), expected)
    found = cache.find(bundle)
    assert found is not None
    prepared = onnx.load(found.folder / PREPARED_GRAPH, load_external_data=False).graph
    packed = {
        tensor.name
        for tensor in prepared.initializer
        if any(entry.key.startswith("prepacked") for entry in tensor.external_data)
    }
    assert packed >= {f"frontend.{index}.weight" for index in range(7)}
