"""All models of a folder: loaded, warm, and found by name or language."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service.audio import decode_file
from service.bundle import MANIFEST_FILE, open_bundle
from service.errors import (
    BundleError,
    InvalidField,
    KolvaniError,
    MissingField,
    UnknownLanguage,
    UnknownModel,
)
from service.recognizer import Recognizer

logger = logging.getLogger(__name__)

# Two synthetic words. Silence would leave the kernels that speech needs untouched.
WARM_UP_SPEECH: Final = Path(__file__).with_name("warm_up.flac")
WARM_UP_MAX_SEC: Final = 10.0


@dataclass(frozen=True)
class Catalogue:
    """recognizers: by id; broken: what is wrong with each folder that cannot be served."""

    recognizers: Mapping[str, Recognizer]
    broken: Mapping[str, str]

    @classmethod
    def load(cls, folder: Path, intra_op_threads: int = 1) -> "Catalogue":
        """Open and warm every bundle below `folder`.

        A broken bundle does not take the others down. Raises BundleError if none is left.
        """
        recognizers: dict[str, Recognizer] = {}
        broken: dict[str, str] = {}
        for path in sorted(folder.glob(f"*/{MANIFEST_FILE}")):
            try:
                recognizer = _warm(path.parent, intra_op_threads)
            except KolvaniError as error:
                broken[path.parent.name] = error.message
                logger.error("model %s cannot be served: %s", path.parent.name, error.message)
            else:
                recognizers[recognizer.manifest.id] = recognizer
                logger.info("model %s is ready", recognizer.manifest.id)
        if not recognizers:
            faults = "; ".join(broken.values()) or "no folder with a manifest.json"
            raise BundleError(f"{folder}: expected a model to serve, got {faults}")
        return cls(recognizers, broken)

    @property
    def languages(self) -> list[str]:
        """The languages that are served."""
        return sorted({item.manifest.language for item in self.recognizers.values()})

    def pick(self, model: str | None = None, language: str | None = None) -> Recognizer:
        """The model of that id, or else the first for that language, or else the only one.

        Raises UnknownModel or UnknownLanguage with the known ones, InvalidField where the two
        disagree, and MissingField where neither is given and there are several languages.
        """
        if model is not None:
            return self._by_id(model, language)
        if language is not None:
            return self._by_language(language)
        if len(self.languages) > 1:
            raise MissingField(
                f"expected a language ({', '.join(self.languages)}) or a model, got neither",
                param="language",
                known=self.languages,
            )
        return self._by_language(self.languages[0])

    def _by_id(self, model: str, language: str | None) -> Recognizer:
        recognizer = self.recognizers.get(model)
        if recognizer is None:
            known = sorted(self.recognizers)
            raise UnknownModel(
                f"expected one of the models {', '.join(known)}, got {model!r}",
                param="model",
                known=known,
            )
        if language not in (None, recognizer.manifest.language):
            raise InvalidField(
                f"expected language {recognizer.manifest.language} with model {model}, "
                f"got {language!r}",
                param="language",
            )
        return recognizer

    def _by_language(self, language: str) -> Recognizer:
        for _, recognizer in sorted(self.recognizers.items()):
            if recognizer.manifest.language == language:
                return recognizer
        raise UnknownLanguage(
            f"expected one of the languages {', '.join(self.languages)}, got {language!r}",
            param="language",
            known=self.languages,
        )


def _warm(folder: Path, intra_op_threads: int) -> Recognizer:
    recognizer = Recognizer.load(open_bundle(folder), intra_op_threads)
    speech = decode_file(WARM_UP_SPEECH, recognizer.manifest.sample_rate, WARM_UP_MAX_SEC)
    recognizer.transcribe(speech)
    return recognizer
