"""What an integer graph is written for; a network of anything else is left to the stock policy."""

from collections.abc import Iterator
from typing import Any

from nemo.collections.asr.models import EncDecCTCModel
from torch import nn

from export.errors import UnknownStructure

Network = Any  # NeMo has no types
Facts = Iterator[tuple[str, object, object]]  # name, what is known, what is found


def check_structure(model: EncDecCTCModel) -> None:
    """Raises UnknownStructure, naming the first setting that would change what is computed."""
    encoder: Network = model.encoder
    for name, known, found in (
        *_of_network(model),
        *_of_subsampling(encoder),
        *_of_layers(encoder),
    ):
        if found != known:
            raise UnknownStructure(name, expected=repr(known), got=repr(found))


def _of_network(model: Network) -> Facts:
    encoder, decoder = model.encoder, model.decoder
    yield "att_context_style", "regular", encoder.att_context_style
    yield "conv_context_style", "regular", encoder.conv_context_style
    yield "encoder.out_proj", None, encoder.out_proj
    yield "decoder.temperature", 1.0, decoder.temperature
    yield "decoder adapters", False, decoder.is_adapter_available()


def _of_subsampling(encoder: Network) -> Facts:
    if isinstance(encoder.pre_encode, nn.Linear):
        yield "subsampling_factor", "a power of 2", encoder.subsampling_factor
        return
    convolutions = [part for part in encoder.pre_encode.conv if isinstance(part, nn.Conv2d)]
    factor = 1
    for index, conv in enumerate(convolutions):
        name, is_pointwise = f"subsampling.{index}", conv.kernel_size == (1, 1)
        yield f"{name}.stride", (1, 1) if is_pointwise else (2, 2), conv.stride
        yield f"{name}.kernel", (1, 1) if is_pointwise else (3, 3), conv.kernel_size
        yield f"{name}.padding", (0, 0) if is_pointwise else (1, 1), conv.padding
        factor *= conv.stride[0]
    yield "subsampling_factor", factor, encoder.subsampling_factor


def _of_layers(encoder: Network) -> Facts:
    for layer in encoder.layers:
        yield "conv_norm_type", "batch_norm", layer.conv.norm_type
        yield "pointwise_activation", "glu_", layer.conv.pointwise_activation
        yield "adapters", False, layer.is_adapter_available()
