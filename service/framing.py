"""How samples become frames: one class a model family, with the same five questions.

A network's input has positions of its own: samples, or feature frames.
"""

from dataclasses import dataclass

from service.recipes import LogMelRecipe


@dataclass(frozen=True)
class Convolutions:
    """wav2vec2's stack of unpadded convolutions over samples, as (kernel, stride)."""

    convolutions: tuple[tuple[int, int], ...]

    @property
    def stride(self) -> int:
        """Samples from one frame to the next."""
        product = 1
        for _, stride in self.convolutions:
            product *= stride
        return product

    @property
    def min_samples(self) -> int:
        """The fewest samples that make one frame: the receptive field."""
        samples = 1
        for kernel, stride in reversed(self.convolutions):
            samples = (samples - 1) * stride + kernel
        return samples

    def output_length(self, input_length: int) -> int:
        """Frames that the network makes of its input, here of samples."""
        for kernel, stride in self.convolutions:
            input_length = (input_length - kernel) // stride + 1 if input_length >= kernel else 0
        return input_length

    def input_span(self, first: int, last: int) -> tuple[int, int]:
        """The samples [first, last) that frames first <= f < last are made of."""
        return first * self.stride, (last - 1) * self.stride + self.min_samples

    def frame_count(self, samples: int) -> int:
        """Frames made of `samples` samples; 0 below `min_samples`."""
        return self.output_length(samples)


@dataclass(frozen=True)
class Subsampling:
    """A conformer's: feature frames, of which each `factor` become one, the last ones padded."""

    recipe: LogMelRecipe
    factor: int

    @property
    def stride(self) -> int:
        """Samples from one frame to the next."""
        return self.recipe.n_window_stride * self.factor

    @property
    def min_samples(self) -> int:
        """The fewest samples that make one frame."""
        return self.recipe.min_samples

    def output_length(self, input_length: int) -> int:
        """Frames that the network makes of its input, here of feature frames."""
        return -(-input_length // self.factor)

    def input_span(self, first: int, last: int) -> tuple[int, int]:
        """The feature frames [first, last) of frames first <= f < last; past the end there may be
        up to `factor` - 1 that do not exist.
        """
        return first * self.factor, last * self.factor

    def frame_count(self, samples: int) -> int:
        """Frames made of `samples` samples; 0 below `min_samples`."""
        return self.output_length(self.recipe.frame_count(samples))


Framing = Convolutions | Subsampling
