"""Which frames are heard, of inputs of several lengths in one batch."""

from dataclasses import dataclass

from onnx import TensorProto

from export.graph.builder import GraphBuilder


@dataclass(frozen=True)
class Mask:
    """Names in the graph. heard: int32 [B, T], 1 within an input's length and 0 beyond; factors:
    the same as float32 [B, T, 1].
    """

    heard: str
    factors: str

    @classmethod
    def of(
        cls, graph: GraphBuilder, value: str, lengths: str, factor: int, name: str = "mask"
    ) -> "Mask":
        """Of the frames of [B, T, C]; lengths: int64 [B], in frames before `factor` became one.

        A frame is heard if the first of those that it comes from is.
        """
        op = graph.op
        count = op("Shape", value, name=f"{name}.count", start=1, end=2)
        total = op("Mul", count, graph.integers(factor), name=f"{name}.total")
        end, step = op("Squeeze", total, name=f"{name}.end"), graph.scalar(factor)
        firsts = op("Range", graph.scalar(0), end, step, name=f"{name}.firsts")
        limits = op("Unsqueeze", lengths, graph.integers(1), name=f"{name}.limits")
        within = op("Less", firsts, limits, name=f"{name}.within")
        heard = op("Cast", within, name=f"{name}.heard", to=TensorProto.INT32)
        column = op("Unsqueeze", within, graph.integers(2), name=f"{name}.column")
        return cls(heard, op("Cast", column, name=f"{name}.factors", to=TensorProto.FLOAT))
