"""The whole network: features in, log-probabilities out."""

from typing import Any

from nemo.collections.asr.models import EncDecCTCModel
from onnx import ModelProto, TensorProto

from export.graph.products import Products
from export.nemo.graph.frames import Frames
from export.nemo.graph.grid import Grid
from export.nemo.graph.layer import conformer_layer
from export.nemo.graph.mask import Mask
from export.nemo.graph.places import Places
from export.nemo.graph.pointwise import pointwise
from export.nemo.graph.structure import check_structure
from export.nemo.graph.subsampling import subsampled


def build(products: Products, model: EncDecCTCModel, names: tuple[str, str, str]) -> ModelProto:
    """Inputs: features float32 [B, F, T] and their lengths int64 [B], beyond which nothing is
    heard; output: log-probabilities float32 [B, T', V]. `names` are theirs, in this order.

    Raises UnknownStructure for a setting that is not written here.
    """
    check_structure(model)
    encoder: Any = model.encoder
    (classes,) = model.decoder.decoder_layers
    features, length, log_probs = names
    graph = products.graph
    bins = model.cfg.encoder.feat_in
    heard = graph.input(features, TensorProto.FLOAT, ["batch", bins, "frames"])
    lengths = graph.input(length, TensorProto.INT64, ["batch"])
    grid = Grid.of(graph, heard, lengths, bins)
    value = subsampled(products, grid, encoder)
    mask = Mask.of(graph, value, lengths, encoder.subsampling_factor)
    places = Places.of(graph, value, encoder.d_model, products.plan.bits)
    frames = Frames(mask, places, tuple(encoder.conv_context_size))
    for index, layer in enumerate(encoder.layers):
        value = conformer_layer(products, value, layer, frames, f"encoder.{index}")
    head = products.activation(value, "head")
    scores = products.product(head, *pointwise(classes), "head")
    answer = graph.op("LogSoftmax", scores, name="head.log_softmax", axis=-1)
    return graph.model(answer, log_probs, ["batch", "subsampled_frames", classes.out_channels])
