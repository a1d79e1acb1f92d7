"""Kolvani's runtime: speech to text with word times, and text to its times, on a CPU."""

from typing import Final

__version__: Final = "0.1.0"
