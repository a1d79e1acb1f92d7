"""A stack of convolutions, run over a few frames at a time.

The first convolution answers ten seconds with 32,000 rows of 512 channels, 65 MB, that its norm,
its activation and the next quantisation each carry from memory and back. Of one second all that
stays in a core's cache.
"""

from collections.abc import Callable
from typing import Final

from transformers import Wav2Vec2Config

from export.graph.builder import GraphBuilder
from export.graph.unfolding import END
from service.framing import Convolutions

# At 10 s and one thread 10 to 50 are equal, and 100 slower; two threads want no fewer than 50.
PIECE_FRAMES: Final = 50  # at most: a second
# Of the first convolution: with 128, two threads lose by what a piece costs more than one gains.
LEAST_CHANNELS: Final = 256
NAME: Final = "pieces"


def pays(config: Wav2Vec2Config) -> bool:
    """Whether a front end runs in pieces. A group norm is over all of time, and cannot."""
    wide: bool = config.conv_dim[0] >= LEAST_CHANNELS
    return wide and config.feat_extract_norm == "layer"


def in_pieces(
    graph: GraphBuilder, waveform: str, framing: Convolutions, convolved: Callable[[str], str]
) -> str:
    """What `convolved` makes of float32 [B, N], a piece after the other: float32 [B, T, C].

    framing: that of `convolved`, which writes float32 [B, T', C] from samples [B, N'].
    """
    op, integers, part = graph.op, graph.integers, f"{NAME}.{{}}".format
    stride, seen = integers(framing.stride), integers(framing.min_samples - framing.stride)
    first = integers(0)

    # All pieces are as long. The last overlaps the one before: padding would be sound that nobody
    # made, and would have its part in the range in which the piece is quantised.
    samples = op("Shape", waveform, name=part("samples"), start=1, end=2)
    room = op("Sub", samples, seen, name=part("room"))
    frames = op("Div", room, stride, name=part("frames"))
    count = _split(graph, frames, integers(PIECE_FRAMES), part("count"))
    # Not even of too few samples for a frame there are none: a division by 0 ends the process.
    count = op("Max", count, integers(1), name=part("at_least_one"))
    length = _split(graph, frames, count, part("length"))
    last = op("Sub", frames, length, name=part("last"))
    heard = op("Mul", length, stride, name=part("strides"))
    heard = op("Add", heard, seen, name=part("heard"))

    def piece(number: str) -> str:
        frame = op("Mul", number, length, name=part("next"))
        frame = op("Min", frame, last, name=part("frame"))
        begin = op("Mul", frame, stride, name=part("begin"))
        end = op("Add", begin, heard, name=part("end"))
        return convolved(op("Slice", waveform, begin, end, integers(1), name=part("piece")))

    rounds = op("Squeeze", count, first, name=part("rounds"))
    stacked = graph.loop(rounds, piece, NAME)  # [pieces, B, length, C]
    by_row = op("Transpose", stacked, name=part("by_row"), perm=[1, 0, 2, 3])
    shape = op("Shape", stacked, name=part("shape"), start=3)
    shape = op("Concat", integers(0, -1), shape, name=part("joined_shape"), axis=0)
    joined = op("Reshape", by_row, shape, name=part("joined"))

    # Those before the last, and what the last has beyond them.
    before = op("Sub", op("Mul", count, length, name=part("all")), length, name=part("before"))
    beyond = op("Sub", before, frames, name=part("beyond"))  # from the end
    ahead = op("Slice", joined, first, before, integers(1), name=part("ahead"))
    rest = op("Slice", joined, beyond, integers(END), integers(1), name=part("rest"))
    return op("Concat", ahead, rest, name=part("frames_of_all"), axis=1)


def _split(graph: GraphBuilder, whole: str, by: str, name: str) -> str:
    """Int64 [1]: whole / by, rounded up."""
    more = graph.op("Add", whole, by, name=f"{name}.more")
    less = graph.op("Sub", more, graph.integers(1), name=f"{name}.less")
    return graph.op("Div", less, by, name=name)
