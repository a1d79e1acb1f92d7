"""What every engine offers to the worker that holds it."""

from collections.abc import Mapping
from typing import Any, Protocol


class Engine(Protocol):
    """A model that is loaded; threads may share it."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What is worth telling once: versions, kernels."""

    def prepare(self, path: str) -> Any:  # noqa: ANN401  # what `run` takes, each engine's own
        """Read an input, which is no part of the measurement."""

    def run(self, prepared: Any) -> dict[str, Any]:  # noqa: ANN401  # from `prepare`
        """Do the work; what is to be told of it."""

    def operators(self, prepared: Any) -> dict[str, float]:  # noqa: ANN401  # from `prepare`
        """Microseconds by operator of one pass, where the engine can tell."""


class Opaque:
    """The part of an engine that tells nothing of its operators."""

    def operators(self, prepared: Any) -> dict[str, float]:  # noqa: ANN401  # as above
        """Raises NotImplementedError."""
        raise NotImplementedError(f"{type(self).__name__} tells nothing of its operators")
