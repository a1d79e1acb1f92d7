"""What is told of languages and models. Field descriptions are what /docs shows."""

from typing import Any

from pydantic import BaseModel, Field

from service.manifest import Units
from service.quantization import Policy
from service.serving.catalogue import Catalogue
from service.serving.fit import Fit
from service.serving.served import ServedModel


class LanguageAnswer(BaseModel):
    """A language, its models, and the one that answers where the request names none."""

    language: str
    models: list[str]
    default: str


class Languages(BaseModel):
    """The languages that are served."""

    languages: list[LanguageAnswer]


class ModelState(BaseModel):
    """A model, and what it takes."""

    id: str
    language: str
    loaded: bool
    fault: str | None = Field(description="Why it cannot be served, where loading it failed.")
    load_sec: float | None = Field(description="Seconds to load and warm it; null until then.")
    memory_bytes: int | None = Field(
        description="Growth of the process's resident memory while the model was loaded and run on "
        "two words; null until then, or where it cannot be measured. An estimate: the first "
        "model to load carries what all share, requests that ran at the same time count in it, "
        "memory that was free before does not, and long audio takes more."
    )
    file_bytes: int = Field(description="Size of the bundle's files.")


class QuantizationAnswer(BaseModel):
    """How a model was made int8, and whether that fits the CPU."""

    policy: Policy = Field(
        description="`stock`: ONNX Runtime's dynamic quantisation of the matrix products; "
        "`integer-graph`: a graph made for int8."
    )
    weight_bits: int = Field(
        description="Range of the weights: 8 uses [-127, 127], 7 uses [-64, 64], which is summed "
        "exactly on every CPU."
    )
    fits_cpu: bool | None = Field(
        description="Whether this CPU sums its products exactly with its fastest instructions. "
        "Where false, as with 8-bit weights on an x86 CPU without VNNI, others are used, which are "
        "exact and slower; null where it is not known what the CPU can do."
    )


class ModelAnswer(ModelState):
    """A model's manifest, as far as it is of use to clients, and its state."""

    family: str
    sample_rate: int = Field(description="Hz; audio of any rate is resampled to it.")
    script: str | None = Field(
        description="Script of its letters, as Unicode's names have it: HEBREW, DEVANAGARI, ..."
    )
    units: Units = Field(
        description="What it hears and is given: `characters`, a language's letters, or `phonemes` "
        "of the International Phonetic Alphabet. With these a text, or its `pronunciations`, are "
        "in phonemes, and so are an alignment's `characters`."
    )
    quantization: QuantizationAnswer
    licence: str
    source: dict[str, Any] = Field(description="The checkpoint that it was exported from.")
    tools: dict[str, Any] = Field(description="Versions of what exported it.")
    report: dict[str, Any] = Field(description="The export's figures: int8 against its source.")


class Models(BaseModel):
    """The models that are served, and what is wrong with the others."""

    models: list[ModelAnswer]
    broken: dict[str, str] = Field(description="Folder or id -> what is wrong with it.")


def languages_answer(catalogue: Catalogue) -> Languages:
    """The languages of a catalogue, each with its default."""
    return Languages(languages=[_language(catalogue, name) for name in catalogue.languages])


def model_state(model: ServedModel) -> ModelState:
    """What a model takes."""
    return ModelState(**_state(model))


def model_answer(model: ServedModel) -> ModelAnswer:
    """A model's manifest and state."""
    manifest = model.manifest
    return ModelAnswer(
        **_state(model),
        family=manifest.family,
        sample_rate=manifest.sample_rate,
        script=model.script,
        units=manifest.units,
        quantization=_quantization(model.fit),
        licence=manifest.licence,
        source=dict(manifest.source),
        tools=dict(manifest.tools),
        report=dict(manifest.report),
    )


def _quantization(fit: Fit) -> QuantizationAnswer:
    made = fit.quantization
    return QuantizationAnswer(policy=made.policy, weight_bits=made.weight_bits, fits_cpu=fit.exact)


def _language(catalogue: Catalogue, language: str) -> LanguageAnswer:
    models = catalogue.of_language(language)
    ids = sorted(model.manifest.id for model in models if model.fault is None)
    return LanguageAnswer(language=language, models=ids, default=models[0].manifest.id)


def _state(model: ServedModel) -> dict[str, Any]:
    loaded = model.loaded
    return {
        "id": model.manifest.id,
        "language": model.manifest.language,
        "loaded": loaded is not None,
        "fault": model.fault,
        "load_sec": None if loaded is None else round(loaded.load_sec, 3),
        "memory_bytes": None if loaded is None else loaded.memory_bytes,
        "file_bytes": model.file_bytes,
    }
