"""A bundle's model, from its prepared form where there is one or one can be made."""

import logging

from service.acoustic import OnnxAcousticModel
from service.bundle import Bundle
from service.errors import BundleError
from service.preparing.cache import PreparedModels

logger = logging.getLogger(__name__)


def open_model(
    bundle: Bundle, intra_op_threads: int = 1, prepared: PreparedModels | None = None
) -> OnnxAcousticModel:
    """The same answers from either form. A prepared one that does not load is made anew, once.

    Raises BundleError for a bundle whose graph does not load.
    """
    for _ in range(2):
        found = None if prepared is None else prepared.obtain(bundle)
        if prepared is None or found is None:
            break
        try:
            return OnnxAcousticModel(bundle, intra_op_threads, prepared=found.folder)
        except BundleError as error:
            logger.warning("the prepared form is made anew: %s", error.message)
            prepared.discard(bundle)
    return OnnxAcousticModel(bundle, intra_op_threads)
