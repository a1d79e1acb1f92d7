"""A bundle's model, from its prepared form where there is one or one can be made."""

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

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


class Pair(NamedTuple):
    """A model with the threads of one core, and with those of all; they map the same weights."""

    narrow: OnnxAcousticModel
    wide: OnnxAcousticModel | None


def open_pair(
    bundle: Bundle, intra_op_threads: int, cores: int, prepared: PreparedModels | None
) -> Pair:
    """Both at a time. There is no wide one where there is one core, or nothing prepared: it would
    take the weights once more, in memory of its own. Raises BundleError.
    """
    found = None if prepared is None or cores == 1 else prepared.obtain(bundle)
    if found is None:
        return Pair(open_model(bundle, intra_op_threads, prepared), None)
    with ThreadPoolExecutor(1) as helper:
        opening = helper.submit(
            OnnxAcousticModel, bundle, intra_op_threads * cores, prepared=found.folder
        )
        narrow = open_model(bundle, intra_op_threads, prepared)
    try:
        return Pair(narrow, opening.result())
    except BundleError as error:  # what was prepared did not load, and the narrow one made it anew
        logger.warning("one core a request, alone or not: %s", error.message)
        return Pair(narrow, None)
