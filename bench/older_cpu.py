"""What a CPU without VNNI makes of weights of 7 and of 8 bits: ONNX Runtime on an emulated one.

.venv-export/bin/python -m bench.older_cpu [BUNDLE ...] [--cpu Haswell]

qemu-user (Debian's package) runs Python and ONNX Runtime as on that CPU, so that ONNX Runtime picks
the kernels that it would pick there. A bundle of 7 bits is also measured with its weights spread
over 8. qemu emulates no AVX-512; its kernels without VNNI add the same pairs.
"""

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper
from rapidfuzz.distance import Levenshtein

from bench.saturating import overflowing, product
from service.audio import Audio, decode_file
from service.bundle import Bundle, open_bundle
from service.ctc import log_softmax
from service.features import features_of
from service.quantization import FULL_BITS, SAFE_BITS
from service.recognizer import Recognizer

BUNDLES = (Path("models/he-demo"), Path("models/hi-demo"))
CPU = "Haswell"  # AVX2 and FMA, no AVX-512: Intel's servers of 2014 to 2017, AMD's until Zen 3
EMULATOR = "qemu-x86_64"
MAX_SEC = 60.0
WIDER = 127 / 64  # the largest weight of 8 bits, in that of 7
OURS = "MatMulIntegerToFloat"  # the products of our own graphs; the stock policy's have no steps
PRODUCTS = ("MatMulInteger", OURS)
M, K, N = 37, 512, 64  # of the product that shows which sums the kernel makes
HEADER = """\
| bundle | weights | pairs that overflow | max abs d log p | mean KL | argmax | CER | emulated |
|---|---|---|---|---|---|---|---|"""

Arrays = dict[str, NDArray[np.generic]]
Logits = NDArray[np.float32]  # [T, V]


@dataclass(frozen=True)
class Heard:
    """A bundle, the clip that it hears, and that clip as its graph takes it."""

    bundle: Bundle
    audio: Audio
    feeds: Arrays

    @classmethod
    def of(cls, folder: Path) -> "Heard":
        """The first example clip of the bundle's language."""
        bundle = open_bundle(folder)
        manifest = bundle.manifest
        clip = Path(f"examples/{manifest.language}-1.wav")
        audio = decode_file(clip, manifest.sample_rate, MAX_SEC)
        features = features_of(manifest)(audio.waveform[:])
        feeds: Arrays = {manifest.input: features[np.newaxis]}
        if manifest.length_input is not None:
            feeds[manifest.length_input] = np.array([features.shape[-1]], dtype=np.int64)
        return cls(bundle, audio, feeds)

    def text(self, logits: Logits) -> str:
        """What the runtime reads from these logits."""
        return Recognizer(self.bundle, Replayed(logits)).transcribe(self.audio).text


@dataclass(frozen=True)
class Replayed:
    """An acoustic model that has answered before."""

    answer: Logits

    def logits(self, _: NDArray[np.float32], /) -> Logits:
        """The same, whatever it hears."""
        return self.answer


@dataclass(frozen=True)
class Machine:
    """Answers of graphs here (cpu None) and on an emulated CPU; files go to `folder`."""

    folder: Path
    cpu: str | None = None

    def answer(self, graph: ModelProto, feeds: Arrays) -> Arrays:
        """Every output of the graph, by name."""
        model, inputs, outputs = (
            self.folder / name for name in ("graph.onnx", "in.npz", "out.npz")
        )
        onnx.save(graph, model)
        np.savez(inputs, **feeds)  # type: ignore[arg-type]  # numpy's stub takes a flag by name, too
        emulator = () if self.cpu is None else (EMULATOR, "-cpu", self.cpu)
        command = [*emulator, sys.executable, "-m", "bench.answering"]
        subprocess.run(  # noqa: S603  # the command is ours
            [*command, str(model), str(inputs), str(outputs)],
            check=True,
            stderr=subprocess.DEVNULL if emulator else None,  # what the emulator leaves out
        )
        with np.load(outputs) as answers:
            return dict(answers)


def main() -> None:
    """Print which sums the kernels make, and a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundles", type=Path, nargs="*", default=BUNDLES)
    parser.add_argument("--cpu", default=CPU, help="one of `qemu-x86_64 -cpu help` (%(default)s)")
    options = parser.parse_args()
    if shutil.which(EMULATOR) is None:
        parser.error(f"expected {EMULATOR}, got none: apt-get install qemu-user")
    with TemporaryDirectory() as folder:
        here, there = Machine(Path(folder)), Machine(Path(folder), options.cpu)
        for bits in (SAFE_BITS, FULL_BITS):
            print(f"{bits} bits: {sums(bits, here)} here, {sums(bits, there)} on {options.cpu}")
        print(HEADER)
        for path in options.bundles:
            heard = Heard.of(path)
            for made, graph in graphs(heard.bundle):
                print(row(heard, made, graph, here, there), flush=True)


def sums(bits: int, machine: Machine) -> str:
    """How a machine sums the products of random activations and wide weights."""
    rng = np.random.default_rng(bits)
    largest = (1 << (bits - 1)) - (bits == FULL_BITS)
    activations = rng.integers(0, 256, (M, K)).astype(np.uint8)
    weights = rng.integers(-largest, largest + 1, (K, N)).astype(np.int8)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["a", "b"], ["y"])],
        "product",
        [helper.make_tensor_value_info("a", TensorProto.UINT8, [M, K])],
        [helper.make_tensor_value_info("y", TensorProto.INT32, [M, N])],
        [numpy_helper.from_array(weights, "b")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    answer = machine.answer(model, {"a": activations})["y"]
    if np.array_equal(answer, activations.astype(np.int64) @ weights.astype(np.int64)):
        return "exact"
    saturated = np.array_equal(answer, product(activations, weights))
    return "saturated, as in numpy" if saturated else "neither exact nor saturated in pairs"


def graphs(bundle: Bundle) -> Iterator[tuple[int, ModelProto]]:
    """The bundle's graph, and the wider one, each with its weights' bits."""
    graph = onnx.load(bundle.model_path)
    yield bundle.manifest.quantization.weight_bits, graph
    if bundle.manifest.quantization.weight_bits == SAFE_BITS:
        yield FULL_BITS, widened(graph)


def widened(graph: ModelProto) -> ModelProto:
    """A graph of 7 bits, with weights of 8 that are the same but for rounding."""
    wide = ModelProto()
    wide.CopyFrom(graph)
    tensors = {tensor.name: tensor for tensor in wide.graph.initializer}
    for name, step in weights_of(graph).items():
        tensor, scale = tensors[name], tensors[step]
        weights, steps = numpy_helper.to_array(tensor), numpy_helper.to_array(scale)
        spread = np.rint(weights * WIDER).astype(np.int8)
        tensor.CopyFrom(numpy_helper.from_array(spread, name))
        narrow = (steps / WIDER).astype(steps.dtype)
        scale.CopyFrom(numpy_helper.from_array(narrow, step))
    return wide


def weights_of(graph: ModelProto) -> dict[str, str]:
    """Names of the weights in int8, and of their steps, in a graph of either policy."""
    known = {tensor.name for tensor in graph.graph.initializer}
    steps = {}
    for node in nodes_of(graph.graph):
        name = node.input[1] if node.op_type in PRODUCTS else ""
        if name in known:
            stock = f"{name.removesuffix('_quantized')}_scale"
            steps[name] = node.input[3] if node.op_type == OURS else stock
    return steps


def nodes_of(graph: GraphProto) -> Iterator[NodeProto]:
    """All of them, also those that a loop runs in its rounds."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            yield from nodes_of(attribute.g)


def row(heard: Heard, bits: int, graph: ModelProto, here: Machine, there: Machine) -> str:
    """A line of the table: the emulated CPU against this one."""
    output = heard.bundle.manifest.output
    ours = here.answer(graph, heard.feeds)[output][0].astype(np.float32)
    began = time.perf_counter()
    theirs = there.answer(graph, heard.feeds)[output][0].astype(np.float32)
    took = time.perf_counter() - began
    one, other = log_softmax(ours), log_softmax(theirs)
    divergence = (np.exp(one) * (one - other)).sum(axis=-1).mean()
    same = (one.argmax(axis=-1) == other.argmax(axis=-1)).mean()
    said, read = heard.text(ours), heard.text(theirs)
    wrong = Levenshtein.distance(said, read) / max(1, len(said))
    over, pairs = overflow(graph, heard.feeds, here)
    share = f"1 in {pairs // over:,}" if over else "none"
    return (
        f"| {heard.bundle.manifest.id} | {bits} bits | {share} | {abs(one - other).max():.2g} | "
        f"{divergence:.1e} | {same:.2%} | {wrong:.2%} | {took:.0f} s |"
    )


def overflow(graph: ModelProto, feeds: Arrays, machine: Machine) -> tuple[int, int]:
    """Of all pairs of products that the graph sums, how many do not fit 16 bits; and all. Those of
    a loop's rounds are not among them: they cannot be read from outside.
    """
    constant = {tensor.name: tensor for tensor in graph.graph.initializer}
    products = [
        (node.input[0], numpy_helper.to_array(constant[node.input[1]]))
        for node in graph.graph.node
        if node.op_type in PRODUCTS and node.input[1] in constant
    ]
    told = ModelProto()
    told.CopyFrom(graph)
    del told.graph.output[:]
    for name in dict.fromkeys(name for name, _ in products):
        told.graph.output.append(helper.make_tensor_value_info(name, TensorProto.UINT8, None))
    answers = machine.answer(told, feeds)
    over = pairs = 0
    for name, weights in products:
        activations = answers[name].reshape(-1, weights.shape[0]).astype(np.uint8)
        over += overflowing(activations, weights)
        pairs += len(activations) * weights.shape[1] * -(-weights.shape[0] // 2)
    return over, pairs


if __name__ == "__main__":
    main()
