"""The cache of prepared models: every file's hash, and what the models take of memory with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from service.diagnosis.finding import Finding
from service.preparing.cache import PreparedModels, told
from service.serving.catalogue import Catalogue

CHECK: Final = "prepared models"
MIB: Final = 1 << 20
NONE: Final = "set KOLVANI_CACHE_DIR to a folder that can be written to, for a fast start"
NO_ROOM: Final = "make the folder of KOLVANI_CACHE_DIR one that can be written to, with more room"
MADE_ANEW: Final = "nothing: they were removed and made anew; look at the disk if it happens again"


@dataclass(frozen=True)
class Damage:
    """ids: of the models whose prepared form was not what had been written, and is removed; fault:
    why it is not.
    """

    ids: Sequence[str] = ()
    fault: str = ""


def remove_damaged(catalogue: Catalogue, cache: PreparedModels | None) -> Damage:
    """Reads every prepared file in full, before any model is loaded from it."""
    ids = []
    for name, model in sorted(catalogue.models.items()):
        if cache is None or not cache.damaged(model.bundle):
            continue
        ids.append(name)
        try:
            cache.discard(model.bundle)
        except OSError as error:
            return Damage(ids, told(error))
    return Damage(ids)


def check_prepared(
    catalogue: Catalogue, cache: PreparedModels | None, damage: Damage, private: int | None
) -> Finding:
    """Of the models that were loaded. damage: found before; private: bytes that they all took of
    memory that no other process shares, None where that cannot be told.
    """
    if cache is None:
        return Finding(CHECK, "warning", "none: models are served as they are", NONE)
    loaded = [model.bundle for model in catalogue.models.values() if model.loaded]
    sizes = [found.total_bytes for found in map(cache.find, loaded) if found is not None]
    of_all = f"{len(sizes)} of {len(loaded)}, {sum(sizes) / MIB:.1f} MiB in {cache.folder}"
    took = "" if private is None else f"; they took {private / MIB:.0f} MiB of private memory"
    if damage.ids:
        names = ", ".join(damage.ids)
        fault = f", and cannot be removed: {damage.fault}" if damage.fault else ""
        change = NO_ROOM if fault else MADE_ANEW
        return Finding(CHECK, "warning", f"{of_all}{took}; {names} was damaged{fault}", change)
    if len(sizes) < len(loaded):
        return Finding(CHECK, "warning", f"{of_all}{took}", NO_ROOM)
    return Finding(CHECK, "ok", f"{of_all}{took}")
