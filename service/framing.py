"""How samples become frames: one class a model family, with the same four questions."""

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

    def frame_count(self, samples: int) -> int:
        """Frames made of `samples` samples; 0 below `min_samples`."""
        return self.output_length(self.recipe.frame_count(samples))


Framing = Convolutions | Subsampling
