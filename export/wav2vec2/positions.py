"""The positional convolution: in groups, over 128 frames, a matrix product for each group.

A row of the product is what some frames in a row see of the group, and the answer for all of them:
neighbours see nearly the same, so that unfolding copies the less the more of them share a row. The
weights of a row hold the kernel once for each of its frames, moved on by one, with zeros around.
"""

from typing import Any, Final

import numpy as np
from transformers import Wav2Vec2ForCTC

from export.graph.builder import GraphBuilder
from export.graph.norms import gelu
from export.graph.products import Activation, Products
from export.graph.unfolding import neighbours
from export.graph.weights import Array, as_array

NAME: Final = "positions"
# Frames of a row. Of a window of 10 s through the model of 300 M parameters: 25 ms with 1, 15 with
# 2, 11 with 4 and 18 with 8; 4 make the bundle 25 MB larger.
SHARED: Final = 4


def positions(products: Products, value: str, model: Wav2Vec2ForCTC) -> str:
    """What is added to float32 [B, T, C] to tell the frames' places."""
    graph, op = products.graph, products.graph.op
    conv: Any = model.wav2vec2.encoder.pos_conv_embed.conv
    kernel, groups = conv.kernel_size[0], conv.groups
    width = conv.in_channels // groups
    blocks = -(-(kernel + SHARED - 1) // SHARED)  # of SHARED frames, that a row sees
    heard = products.activation(value, NAME)
    split = op("Reshape", heard.values, graph.integers(0, 0, groups, width), name=f"{NAME}.split")
    grouped = op("Transpose", split, name=f"{NAME}.grouped", perm=[2, 0, 1, 3])
    frames = op("Shape", value, name=f"{NAME}.frames", start=1, end=2)
    padded = _padded(graph, heard.moved(grouped), frames, kernel // 2, blocks)
    parts = [f"{NAME}.{group}" for group in range(groups)]
    weight, bias = as_array(conv.weight), as_array(conv.bias)
    answers = [
        _group(products, heard.moved(part), rows, shared_bias, blocks)
        for part, rows, shared_bias in zip(
            graph.node("Split", (padded,), parts, "", {"axis": 0}),
            (_rows(kernels, blocks) for kernels in np.split(weight, groups)),
            (np.tile(part, SHARED) for part in np.split(bias, groups)),
            strict=True,
        )
    ]
    joined = op("Concat", *answers, name=f"{NAME}.joined", axis=-1)
    whole = op("Squeeze", joined, graph.integers(0), name=f"{NAME}.whole")
    begin, axis = graph.integers(0), graph.integers(1)
    return gelu(graph, op("Slice", whole, begin, frames, axis, name=NAME), f"{NAME}.gelu")


def _padded(graph: GraphBuilder, heard: Activation, frames: str, before: int, blocks: int) -> str:
    """[G, B, T, width] with as much around it as all rows see: a multiple of SHARED frames.

    As the checkpoint pads: an even kernel sees one frame more of what was than of what comes.
    """
    op, integers, name = graph.op, graph.integers, f"{NAME}.pads"
    above = op("Add", frames, integers(SHARED - 1), name=f"{name}.above")
    rows = op("Div", above, integers(SHARED), name=f"{name}.rows")
    seen = op("Add", rows, integers(blocks - 1), name=f"{name}.seen")
    total = op("Mul", seen, integers(SHARED), name=f"{name}.total")
    taken = op("Add", frames, integers(before), name=f"{name}.taken")
    after = op("Sub", total, taken, name=f"{name}.after")
    pads = op("Concat", integers(0, 0, before, 0, 0, 0), after, integers(0), name=name, axis=0)
    return op("Pad", heard.values, pads, heard.zero_point, name=f"{NAME}.padded")


def _group(products: Products, heard: Activation, rows: Array, bias: Array, blocks: int) -> str:
    """[1, B, T, width] of one group, padded; its answer for the frames of all rows."""
    graph, name, inputs = products.graph, heard.values, rows.shape[0] // blocks
    shape = graph.integers(0, 0, -1, inputs)
    value = graph.op("Reshape", name, shape, name=f"{name}.blocks")
    seen = heard.moved(neighbours(graph, value, blocks))
    product = products.product(seen, rows, bias, f"{name}.product")
    shape = graph.integers(0, 0, -1, len(bias) // SHARED)
    return graph.op("Reshape", product, shape, name=f"{name}.answer")


def _rows(kernels: Array, blocks: int) -> Array:
    """[out, in, kernel] to [blocks * SHARED * in, SHARED * out]."""
    out, width, kernel = kernels.shape
    rows = np.zeros((blocks * SHARED, width, SHARED, out), np.float32)
    for frame in range(SHARED):
        rows[frame : frame + kernel, :, frame] = kernels.transpose(2, 1, 0)
    return rows.reshape(blocks * SHARED * width, SHARED * out)
