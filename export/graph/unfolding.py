"""What a convolution sees, laid out in rows, so that it becomes a matrix product (im2col).

Works on bytes as on floats: an activation is quantised before, and only moved here.
"""

from export.graph.builder import GraphBuilder

TIME, CHANNELS = -2, -1  # axes of [..., T, C]
END = 2**31 - 1  # of an axis of any length


def unfold(graph: GraphBuilder, value: str, kernel: int, stride: int, channels: int) -> str:
    """[1 or B, T, C] to [B, T', kernel * C], T' = (T - kernel) // stride + 1, taps in order.

    Whole strides are reshaped rows, and only what is left of the kernel is picked row by row.
    """
    name = f"{value}.unfolded"
    frames = _frame_count(graph, value, kernel, stride)
    whole, rest = divmod(kernel, stride)
    length = graph.op("Mul", frames, graph.integers(stride), name=f"{name}.length")
    parts = []
    for block in range(whole):
        begin = graph.integers(block * stride)
        end = graph.op("Add", length, begin, name=f"{name}.end")
        rows = graph.op("Slice", value, begin, end, graph.integers(1), name=f"{name}.rows")
        shape = graph.integers(0, -1, stride * channels)
        parts.append(graph.op("Reshape", rows, shape, name=f"{name}.block"))
    for tap in range(whole * stride, whole * stride + rest):
        begin = graph.integers(tap)
        end = graph.op("Add", length, begin, name=f"{name}.end")
        axis, step = graph.integers(1), graph.integers(stride)
        parts.append(graph.op("Slice", value, begin, end, axis, step, name=f"{name}.tap"))
    if len(parts) == 1:
        return parts[0]
    return graph.op("Concat", *parts, name=name, axis=CHANNELS)


def neighbours(graph: GraphBuilder, value: str, count: int) -> str:
    """[..., T + count - 1, C] to [..., T, count * C]: each row, and those that follow it."""
    name = f"{value}.neighbours"
    parts = []
    for index in range(count):
        begin = graph.integers(index)
        end = graph.integers(index - count + 1 if index < count - 1 else END)
        parts.append(graph.op("Slice", value, begin, end, graph.integers(TIME), name=f"{name}.at"))
    return graph.op("Concat", *parts, name=name, axis=CHANNELS)


def _frame_count(graph: GraphBuilder, value: str, kernel: int, stride: int) -> str:
    """T' as int64 [1]."""
    name = f"{value}.frames"
    shape = graph.op("Shape", value, name=f"{name}.shape", start=1, end=2)
    room = graph.op("Sub", shape, graph.integers(kernel - stride), name=f"{name}.room")
    return graph.op("Div", room, graph.integers(stride), name=name)
