"""All models of a folder, found by name or language."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal

from service.bundle import Bundle, open_bundle
from service.errors import (
    BundleError,
    InvalidField,
    KolvaniError,
    OutOfMemory,
    UnknownLanguage,
    UnknownModel,
)
from service.fields import broken
from service.manifest import MANIFEST_FILE
from service.monitoring.logs import FIELDS
from service.ops.cores import Cores
from service.ops.processor import Processor, read_processor
from service.preparing.cache import PreparedModels
from service.recognizer import Recognizer
from service.serving.choice import Choice
from service.serving.fit import CHANGE, Fit
from service.serving.served import ServedModel

logger = logging.getLogger(__name__)

AUTO: Final = "auto"  # the language of a request that leaves the choice to us
DEMO_SUFFIX: Final = "-demo"  # of models that show the system at work, and yield to real ones


@dataclass(frozen=True)
class Decision:
    """What settles a request's model before it is heard, or its language, whose default answers."""

    by: Literal["request", "only"]
    cause: str
    named: bool = False  # the model itself, by its id

    def choice(self, model: ServedModel) -> Choice:
        """Of the model that answers."""
        name = model.manifest.id
        default = "" if self.named else f", and {name} is its default"
        return Choice(name, self.by, f"{self.cause}{default}")


@dataclass(frozen=True)
class Shortlist:
    """The models that a request may mean: a line for each language, in the languages' order.

    lines: in each the default, then those that stand in where it does not load.
    decision: None where the lines are to be compared.
    """

    lines: tuple[tuple[ServedModel, ...], ...]
    decision: Decision | None = None

    @property
    def models(self) -> tuple[ServedModel, ...]:
        """The first of each line."""
        return tuple(line[0] for line in self.lines)


@dataclass(frozen=True)
class Catalogue:
    """models: by id; unreadable: what is wrong with each folder that holds no sound bundle."""

    folder: Path
    models: Mapping[str, ServedModel]
    unreadable: Mapping[str, str]

    @classmethod
    def read(
        cls,
        folder: Path,
        intra_op_threads: int = 1,
        opener: Callable[[Bundle, int], Recognizer] = Recognizer.load,
        processor: Processor | None = None,
        reader: Callable[[Path], Bundle] | None = None,
    ) -> "Catalogue":
        """Check every bundle below `folder`, by open_bundle or another reader, and load none;
        processor: that of this machine.

        A warning names each bundle whose products the processor cannot sum exactly. A broken bundle
        does not take the others down. Raises BundleError if none is left.
        """
        models: dict[str, ServedModel] = {}
        unreadable: dict[str, str] = {}
        loading = threading.Lock()
        cpu = processor or read_processor()

        def opens(bundle: Bundle) -> Recognizer:
            return opener(bundle, intra_op_threads)

        for path in sorted(folder.glob(f"*/{MANIFEST_FILE}")):
            try:
                bundle = (reader or open_bundle)(path.parent)
                _check_new(bundle, models)
                models[bundle.manifest.id] = ServedModel(bundle, opens, loading, cpu)
            except Exception as error:  # noqa: BLE001  # whatever it is, it is this folder's alone
                name, fault = _sayable(path.parent.name), _sayable(_told(path.parent, error))
                unreadable[name] = fault
                logger.error("model %s cannot be served: %s", name, fault)
        for name, model in models.items():
            _warn_unfit(name, model.fit)
        catalogue = cls(folder, models, unreadable)
        if not catalogue.serving:
            raise catalogue.nothing_to_serve()
        return catalogue

    @classmethod
    def prepared(
        cls,
        folder: Path,
        intra_op_threads: int,
        prepared: PreparedModels | None,
        cores: Cores,
        *,
        widen: bool = True,
    ) -> "Catalogue":
        """The same, of models that load from what is prepared of them, if there is a place for it,
        and share these cores; widen: as for Recognizer.load. Raises BundleError.
        """
        opener = partial(Recognizer.load, prepared=prepared, cores=cores, widen=widen)
        reader = partial(open_bundle, vouched=None if prepared is None else prepared.vouches)
        return cls.read(folder, intra_op_threads, opener, reader=reader)

    def load_all(self) -> None:
        """Load and warm every model. Raises BundleError if none is left."""
        for model in self.models.values():
            try:
                model.recognizer()
            except OutOfMemory as error:  # its first request tries again
                logger.warning("model %s is not loaded yet: %s", model.manifest.id, error.message)
            except BundleError:  # logged, and told in `broken`
                continue
        if not self.serving:
            raise self.nothing_to_serve()

    def nothing_to_serve(self) -> BundleError:
        """The error of a folder without a model that loads, with every fault."""
        faults = "; ".join(self.broken.values()) or "no folder with a manifest.json"
        return BundleError(f"{self.folder}: expected a model to serve, got {faults}")

    @property
    def serving(self) -> list[ServedModel]:
        """The models that load, or have not been asked to, in the order of their ids."""
        return [model for _, model in sorted(self.models.items()) if model.fault is None]

    @property
    def broken(self) -> dict[str, str]:
        """What is wrong, by folder, or by id where the manifest could be read."""
        faults = {name: model.fault for name, model in self.models.items() if model.fault}
        return {**self.unreadable, **faults}

    @property
    def languages(self) -> list[str]:
        """The languages that are served."""
        return sorted({model.manifest.language for model in self.serving})

    def of_language(self, language: str) -> list[ServedModel]:
        """The models of a language, its default first: one that loads before one that does not,
        one of letters before one of phonemes, a real one before a demo, then by id. Raises
        UnknownLanguage with the known ones.
        """
        models = [item for item in self.models.values() if item.manifest.language == language]
        if not models:
            raise UnknownLanguage(
                f"expected {AUTO} or one of the languages {', '.join(self.languages)}, "
                f"got {language!r}",
                param="language",
                known=self.languages,
            )
        return sorted(models, key=_rank)

    def find(self, model: str) -> ServedModel:
        """The model of that id. Raises UnknownModel with the known ones, or BundleError for a
        folder that holds no sound bundle.
        """
        if model in self.models:
            return self.models[model]
        if model in self.unreadable:
            raise BundleError(self.unreadable[model], model=model)
        known = [item.manifest.id for item in self.serving]
        raise UnknownModel(
            f"expected one of the models {', '.join(known)}, got {model!r}",
            param="model",
            known=known,
        )

    def shortlist(self, model: str | None = None, language: str | None = None) -> Shortlist:
        """The model of that id, or else those of that language, or else of each language.

        A language that has models of phonemes alone has to be asked for, unless all are so: who
        names nothing wants words, and how certain models are is comparable among those of letters.
        Raises UnknownModel or UnknownLanguage with the known ones, InvalidField where the two
        disagree, and BundleError where what was asked for is broken.
        """
        named = None if language == AUTO else language
        if model is not None:
            decision = Decision("request", f"model {model} was asked for", named=True)
            return Shortlist(((self._by_id(model, named),),), decision)
        if named is not None:
            decision = Decision("request", f"language {named} was asked for")
            return Shortlist((tuple(self.of_language(named)),), decision)
        lines = [tuple(self.of_language(served)) for served in self.languages]
        if not lines:
            raise self.nothing_to_serve()
        spelling = [line for line in lines if _spells(line[0])]
        chosen = tuple(spelling or lines)
        if len(chosen) > 1:
            return Shortlist(chosen)
        in_letters = " in letters" if len(lines) > 1 else ""
        only = f"{chosen[0][0].manifest.language} is the only language{in_letters}"
        return Shortlist(chosen, Decision("only", only))

    def _by_id(self, model: str, language: str | None) -> ServedModel:
        found = self.find(model)
        if language not in (None, found.manifest.language):
            raise InvalidField(
                f"expected language {found.manifest.language} with model {model}, got {language!r}",
                param="language",
            )
        return found


def preference(model: ServedModel) -> tuple[bool, bool, str]:
    """The order of a language's models where all of them load: those of letters, those of phonemes;
    real ones, demos; by id.
    """
    name = model.manifest.id
    return not _spells(model), name.endswith(DEMO_SUFFIX), name


def _rank(model: ServedModel) -> tuple[bool, tuple[bool, bool, str]]:
    return model.fault is not None, preference(model)


def _spells(model: ServedModel) -> bool:
    return model.manifest.units == "characters"


def _warn_unfit(name: str, fit: Fit) -> None:
    if fit.exact is False:
        fields = {"model": name, "expected": fit.expected, "got": fit.got, "change": CHANGE}
        logger.warning("model %s does not fit this CPU", name, extra={FIELDS: fields})


def _told(folder: Path, error: Exception) -> str:
    if isinstance(error, KolvaniError):
        return error.message
    return f"{folder}: expected a bundle that can be read, got {type(error).__name__}: {error}"


def _sayable(text: str) -> str:
    """In characters that an answer can hold: a folder's name may be any bytes."""
    return text.encode(errors="backslashreplace").decode()


def _check_new(bundle: Bundle, models: Mapping[str, ServedModel]) -> None:
    name, language = bundle.manifest.id, bundle.manifest.language
    if _sayable(bundle.folder.name) != bundle.folder.name:
        raise broken(bundle.folder, "a folder with a name in UTF-8", "another")
    if language == AUTO:  # it could never be asked for
        raise broken(bundle.folder / MANIFEST_FILE, f"a language other than {AUTO}", language)
    if name in models:
        raise BundleError(
            f"{bundle.folder / MANIFEST_FILE}: expected an id of its own, got {name} again",
            file=MANIFEST_FILE,
        )
