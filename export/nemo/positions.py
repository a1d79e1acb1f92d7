"""Relative positions that are computed instead of looked up.

NeMo keeps a table of them, 5,000 frames (200 s) long unless told otherwise: audio beyond its end
gets silently wrong positions, and at 5 minutes it is larger than the whole demo model. Computed,
they are the same numbers for any length.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import torch
from nemo.collections.asr.modules import ConformerEncoder
from nemo.collections.asr.parts.submodules.multi_head_attention import RelPositionalEncoding
from torch import Tensor

LONGEST_WAVE: Final = 10_000.0  # Vaswani et al., "Attention Is All You Need", 2017, section 3.5


class ComputedPositions(RelPositionalEncoding):  # type: ignore[misc] # NeMo has no types
    """Transformer-XL's relative positions (Dai et al., 2019, appendix B), from their formula."""

    def extend_pe(self, length: int, device: torch.device, dtype: torch.dtype) -> None:
        """There is no table to extend."""

    def forward(self, x: Tensor, cache_len: int = 0) -> tuple[Tensor, Tensor]:
        """x: [B, T, D]. Returns x, scaled where the model does so, and float32 [1, 2T - 1, D]: the
        positions from T - 1 down to 1 - T.
        """
        if cache_len:
            raise ValueError(f"expected no cache, got one of {cache_len} frames")
        if self.xscale:
            x = x * self.xscale
        frames = x.size(1)
        positions = torch.arange(frames - 1, -frames, -1, dtype=torch.float32)
        waves = torch.arange(0, self.d_model, 2, dtype=torch.float32)
        rates = torch.exp(waves * -(math.log(LONGEST_WAVE) / self.d_model))
        angles = positions[:, None] * rates
        table = torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1)
        return x, table[None]


@contextmanager
def computed_positions(encoder: ConformerEncoder) -> Iterator[None]:
    """Let an encoder in evaluation compute its positions, for as long as it is traced."""
    table = encoder.pos_enc
    encoder.pos_enc = ComputedPositions(
        d_model=table.d_model, dropout_rate=0.0, max_len=1, xscale=table.xscale
    ).eval()
    try:
        yield
    finally:
        encoder.pos_enc = table
