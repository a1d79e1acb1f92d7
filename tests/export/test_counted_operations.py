"""The bench's formula for a shape's multiplications, against torch's own count."""

import pytest
import torch
from torch.nn.utils.parametrize import remove_parametrizations
from torch.utils.flop_counter import FlopCounterMode
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

from bench.shapes import TINY, Shape, operations

WIDE = Shape("wide", 24, 48, 80, 3, 4, (8, 4), tokens=11)


@pytest.mark.parametrize("shape", [TINY, WIDE], ids=lambda shape: shape.name)
@pytest.mark.parametrize("samples", [400, 719, 16_000])
def test_the_formula_is_what_torch_counts(shape: Shape, samples: int) -> None:
    """Over every matrix product and convolution of transformers' model, attention's included."""
    # The counter does not know the fused attention of CPUs.
    config = Wav2Vec2Config(**shape.config, attn_implementation="eager")
    model = Wav2Vec2ForCTC(config).eval()
    # A weight that is computed is no weight to the counter.
    remove_parametrizations(model.wav2vec2.encoder.pos_conv_embed.conv, "weight")
    counter = FlopCounterMode(display=False)
    with torch.inference_mode(), counter:
        model(torch.zeros(1, samples))
    assert counter.get_total_flops() == operations(shape, samples).total
