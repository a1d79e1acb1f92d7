"""The shapes of wav2vec2 that are measured, and the multiplications that one of them takes.

Random weights of a shape cost what trained ones cost.
"""

from dataclasses import dataclass
from typing import Any, Final

CONVOLUTIONS: Final = ((10, 5), (3, 2), (3, 2), (3, 2), (3, 2), (2, 2), (2, 2))  # kernel, stride
TWO: Final = 2  # operations of a multiplication that is added up
PER_LAYER: Final = 4  # products of width x width in a layer: queries, keys, values, output


@dataclass(frozen=True)
class Shape:
    """A Wav2Vec2ForCTC's sizes: layers of `width` with `feed_forward`, convolutions of `channels`.

    positional: kernel and groups of the positional convolution.
    """

    name: str
    channels: int
    width: int
    feed_forward: int
    layers: int
    heads: int
    positional: tuple[int, int]
    tokens: int = 32

    @property
    def config(self) -> dict[str, Any]:
        """The fields of transformers' Wav2Vec2Config: layer norm throughout, as XLS-R has it."""
        kernel, groups = self.positional
        return {
            "vocab_size": self.tokens,
            "pad_token_id": self.tokens - 1,
            "hidden_size": self.width,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "intermediate_size": self.feed_forward,
            "conv_dim": (self.channels,) * len(CONVOLUTIONS),
            "conv_kernel": tuple(kernel for kernel, _ in CONVOLUTIONS),
            "conv_stride": tuple(stride for _, stride in CONVOLUTIONS),
            "feat_extract_norm": "layer",
            "conv_bias": True,
            "do_stable_layer_norm": True,
            "num_conv_pos_embeddings": kernel,
            "num_conv_pos_embedding_groups": groups,
        }


XLS_R_300M: Final = Shape("xls-r-300m", 512, 1024, 4096, 24, 16, (128, 16))
TINY: Final = Shape("tiny", 16, 32, 48, 2, 2, (16, 4))
SHAPES: Final = {shape.name: shape for shape in (XLS_R_300M, TINY)}


@dataclass(frozen=True)
class Operations:
    """Multiplications and additions of one forward pass, by where they are."""

    front_end: int
    positional: int
    layers: int
    attention: int
    head: int

    @property
    def total(self) -> int:
        """All of them; element-wise passes, norms and softmax are not counted."""
        return self.front_end + self.positional + self.layers + self.attention + self.head


def operations(shape: Shape, samples: int) -> Operations:
    """What one pass over `samples` takes, two operations for each multiplication.

    A convolution of kernel k that gives T frames: 2 T k C_in C_out; in g groups, a g-th of it. A
    layer of width d and feed-forward f: 2 T (4 d^2 + 2 d f), and its attention 2 x 2 T^2 d, for the
    scores and for the sums of values.
    """
    frames, inputs, front_end = samples, 1, 0
    for kernel, stride in CONVOLUTIONS:
        frames = (frames - kernel) // stride + 1
        front_end += TWO * frames * kernel * inputs * shape.channels
        inputs = shape.channels
    width, (kernel, groups) = shape.width, shape.positional
    projection = TWO * frames * inputs * width
    # An even kernel gives one frame more, which is computed and dropped.
    padded = frames + (1 if kernel % 2 == 0 else 0)
    positional = TWO * padded * kernel * (width // groups) * width
    layer = TWO * frames * (PER_LAYER * width * width + 2 * width * shape.feed_forward)
    attention = 2 * TWO * frames * frames * width
    return Operations(
        front_end + projection,
        positional,
        shape.layers * layer,
        shape.layers * attention,
        TWO * frames * width * shape.tokens,
    )
