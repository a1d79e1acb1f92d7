"""The whole network: samples in, logits out."""

from onnx import ModelProto, TensorProto, helper
from transformers import Wav2Vec2ForCTC

from export.graph.norms import layer_norm
from export.graph.products import Products
from export.graph.weights import as_array
from export.wav2vec2.encoder import encoder
from export.wav2vec2.frontend import frontend
from service.framing import Convolutions


def build(
    products: Products, model: Wav2Vec2ForCTC, framing: Convolutions, names: tuple[str, str, str]
) -> ModelProto:
    """Inputs: float32 waveforms [B, N] and, where its name is not "", an int64 mask [B, N], 1
    where there is sound; output: float32 logits [B, T, V]. `names` are theirs, in this order.
    """
    waveform, mask, logits = names
    graph = products.graph
    axes = ["batch", "samples"]
    inputs = [helper.make_tensor_value_info(waveform, TensorProto.FLOAT, axes)]
    value = frontend(products, waveform, model)
    projection = model.wav2vec2.feature_projection
    value = layer_norm(graph, value, projection.layer_norm, "projection.norm")
    heard = products.activation(value, "projection")
    linear = projection.projection
    value = products.product(heard, as_array(linear.weight).T, as_array(linear.bias), "projection")
    value = encoder(products, value, model, mask)
    head = products.activation(value, "head")
    scores = products.product(
        head, as_array(model.lm_head.weight).T, as_array(model.lm_head.bias), "head"
    )
    width = model.config.vocab_size
    output = helper.make_tensor_value_info(logits, TensorProto.FLOAT, ["batch", "frames", width])
    return graph.model(inputs, {scores: output})
