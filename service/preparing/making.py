"""The optimised graph with packed weights, written and held against the bundle's own."""

from pathlib import Path
from typing import Final

import numpy as np

from service.acoustic import OnnxAcousticModel
from service.bundle import Bundle
from service.errors import BundleError
from service.features import features_of
from service.ops.memory import release_freed

HEARD_SEC: Final = 1.0  # of noise, by both
NOISE_LEVEL: Final = 0.1  # its deviation
SEED: Final = 13


def write_prepared(bundle: Bundle, folder: Path) -> None:
    """Write the graph and its weights into an empty folder.

    Raises BundleError where what was written does not load, or does not answer bit for bit as the
    bundle does; OSError for a folder that cannot be written to.
    """
    manifest = bundle.manifest
    plain = OnnxAcousticModel(bundle, write_to=folder)
    noise = np.random.default_rng(SEED).standard_normal(round(HEARD_SEC * manifest.sample_rate))
    heard = features_of(manifest)((NOISE_LEVEL * noise).astype(np.float32))
    expected = plain.logits(heard)
    del plain  # two of a large model at a time are too many
    release_freed()
    answered = OnnxAcousticModel(bundle, prepared=folder).logits(heard)
    if not np.array_equal(expected, answered):
        worst = float(np.abs(expected - answered).max())
        raise BundleError(
            f"{bundle.model_path}: expected the same logits once prepared, got up to {worst:g} off",
            file=bundle.model_path.name,
        )
