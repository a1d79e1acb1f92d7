"""The wav2vec2 convolutional front end in channels-last form, for training on a CPU.

`transformers` runs it as Conv1d over [B, C, T] and transposes to [B, T, C] and back around every
layer norm; on a CPU those copies cost more than the multiplications. Here the activations stay
[B, T, C], and a strided convolution becomes matrix products over reshaped views. It reads the
parameters of the very same module, so that the trained checkpoint is an ordinary Wav2Vec2ForCTC.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers.models.wav2vec2.modeling_wav2vec2 import (
    Wav2Vec2FeatureEncoder,
    Wav2Vec2LayerNormConvLayer,
)


def channels_last_features(encoder: Wav2Vec2FeatureEncoder, waveform: Tensor) -> Tensor:
    """Equal to `encoder(waveform).transpose(1, 2)` for layer-norm front ends.

    waveform: float32 [B, N]. Returns float32 [B, T, C].
    """
    hidden = waveform.unsqueeze(-1)
    for layer in encoder.conv_layers:
        if not isinstance(layer, Wav2Vec2LayerNormConvLayer):
            raise TypeError(f"expected layer-norm convolutions, got {type(layer).__name__}")
        hidden = functional.gelu(layer.layer_norm(strided_convolution(hidden, layer.conv)))
    return hidden


def strided_convolution(hidden: Tensor, convolution: nn.Conv1d) -> Tensor:
    """A Conv1d over [B, T, C] without unfolding, for kernels of at most two strides.

    Frames are grouped by stride (a view). The kernel's first `stride` taps multiply a group, the
    taps that are left multiply the head of the group that follows.
    """
    (kernel,), (stride,) = convolution.kernel_size, convolution.stride
    batch, length, channels = hidden.shape
    frames = (length - kernel) // stride + 1
    rest = kernel - stride
    weight = convolution.weight.permute(2, 1, 0)  # [kernel, C_in, C_out]
    groups = -(-length // stride)
    padded = functional.pad(hidden, (0, 0, 0, groups * stride - length))
    grouped = padded.view(batch, groups, stride * channels)
    head = weight[:stride].reshape(stride * channels, -1)
    output = torch.matmul(grouped[:, :frames], head)
    if rest > 0:
        tail = weight[stride:].reshape(rest * channels, -1)
        output = output + torch.matmul(grouped[:, 1 : frames + 1, : rest * channels], tail)
    return output if convolution.bias is None else output + convolution.bias
