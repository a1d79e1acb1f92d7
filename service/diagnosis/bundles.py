"""The folder of models: every file's hash, and whether each model loads and hears two words."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from service.diagnosis.finding import Finding
from service.errors import BundleError
from service.preparing.cache import PreparedModels
from service.recognizer import Recognizer
from service.serving.catalogue import Catalogue
from service.serving.fit import CHANGE
from service.serving.served import ServedModel

MIB: Final = 1 << 20
AGAIN: Final = "copy the folder again or export the model again, or delete the folder"
NONE: Final = (
    "set KOLVANI_MODELS_DIR or --models-dir to a folder with models; `make export-he` and "
    "`make export-hi` fetch the real ones"
)


def check_models(catalogue: Catalogue) -> Iterator[Finding]:
    """A finding for each folder below the catalogue's."""
    for name, fault in sorted(catalogue.unreadable.items()):
        yield Finding(f"model {name}", "broken", fault, AGAIN)
    for _, model in sorted(catalogue.models.items()):
        yield _loaded(model)


def no_models(error: BundleError) -> Finding:
    """Of a folder without a single sound bundle."""
    return Finding("models", "broken", error.message, NONE)


def _loaded(model: ServedModel) -> Finding:
    check = f"model {model.manifest.id}"
    try:
        model.recognizer()
    except BundleError as error:
        return Finding(check, "broken", error.message, AGAIN)
    files = len(model.manifest.files)
    told = f"{model.manifest.language}, {files} files as their hashes say, "
    took = f"loaded in {model.loaded.load_sec:.1f} s" if model.loaded else "loaded"
    told = f"{told}{model.file_bytes / MIB:.1f} MiB, {took}"
    if model.fit.exact is False:
        unfit = f"{told}; expected {model.fit.expected}, got {model.fit.got}"
        return Finding(check, "warning", unfit, CHANGE)
    return Finding(check, "ok", told)


def needed_bytes(
    catalogue: Catalogue | None, max_audio_sec: float, workers: int, cache_bytes: int
) -> int:
    """What emissions may take at most, in every worker and in the cache."""
    models = catalogue.models.values() if catalogue else ()
    widest = max((model.emission_bytes for model in models), default=0.0)
    return cache_bytes + int(widest * max_audio_sec * workers)


def opened(folder: Path, prepared: PreparedModels | None) -> Catalogue | BundleError:
    """The catalogue of a folder, or what is wrong with all of it. Every file is read and hashed."""
    try:
        return Catalogue.read(folder, opener=partial(Recognizer.load, prepared=prepared))
    except BundleError as error:
        return error
