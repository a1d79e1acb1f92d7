"""Which frames of a padded batch are heard."""

from typing import Final

from onnx import TensorProto
from transformers import Wav2Vec2ForCTC

from export.graph.builder import GraphBuilder

NAME: Final = "mask"


def frame_mask(graph: GraphBuilder, mask: str, value: str, model: Wav2Vec2ForCTC) -> str:
    """1 where a frame is heard, int32 [B, T]: those that the convolutions make of the samples.

    mask: int64 [B, N], 1 where there is sound, first of all in a row; value: float [B, T, C].
    """
    op, integers = graph.op, graph.integers
    count = op("ReduceSum", mask, integers(1), name=f"{NAME}.samples")  # [B, 1]
    kernels, strides = model.config.conv_kernel, model.config.conv_stride
    for index, (kernel, stride) in enumerate(zip(kernels, strides, strict=True)):
        room = op("Sub", count, integers(kernel - stride), name=f"{NAME}.room_{index}")
        count = op("Div", room, integers(stride), name=f"{NAME}.frames_{index}")
    shape = op("Shape", value, name=f"{NAME}.shape", start=1, end=2)
    frames = op("Squeeze", shape, name=f"{NAME}.all")
    places = op("Range", graph.scalar(0), frames, graph.scalar(1), name=f"{NAME}.places")
    heard = op("Less", places, count, name=f"{NAME}.heard")
    return op("Cast", heard, name=NAME, to=TensorProto.INT32)


def silenced(graph: GraphBuilder, value: str, frames: str) -> str:
    """The float32 [B, T, C] with zeros where nothing is heard."""
    kept = graph.op("Cast", frames, name=f"{NAME}.float", to=TensorProto.FLOAT)
    column = graph.op("Unsqueeze", kept, graph.integers(2), name=f"{NAME}.column")
    return graph.op("Mul", value, column, name=f"{NAME}.silenced")
