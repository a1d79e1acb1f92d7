"""What manifest.json says: all that the runtime must know of a graph and its tokens."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

from service.errors import BundleError
from service.fields import Fields, broken
from service.framing import Convolutions, Framing, Subsampling
from service.quantization import FULL_BITS, SAFE_BITS, Policy, Quantization
from service.recipes import LogMelRecipe, WaveformRecipe

MANIFEST_VERSION: Final = 2
MANIFEST_FILE: Final = "manifest.json"

UNTOLD: Final = Quantization()  # of bundles that were written before it was told
MAX_DEPTH: Final = 64  # of objects and lists within each other
MIN_SAMPLE_RATE, MAX_SAMPLE_RATE = 1_000, 768_000  # Hz; what audio is resampled to

_ID: Final = re.compile("[A-Za-z0-9][A-Za-z0-9._-]*")

Family = Literal["wav2vec2", "nemo-conformer"]
Units = Literal["characters", "phonemes"]
Recipe = WaveformRecipe | LogMelRecipe


@dataclass(frozen=True)
class Manifest:
    """Unknown keys are ignored, missing ones are errors; only `units` and `quantization`, which
    came later, may be missing.
    """

    id: str
    language: str
    family: Family
    sample_rate: int  # Hz
    blank_id: int
    # The token between words; with a tokenizer, what a token begins with where it begins a word.
    word_delimiter: str  # "", null in the file, where phonemes have nothing between words
    special_tokens: tuple[str, ...]  # never spoken: padding, unknown, sentence marks
    tokenizer: str | None  # the SentencePiece model's file; None: tokens are whole units
    features: Recipe
    framing: Framing
    input: str  # names in the graph
    length_input: str | None  # the input's length, where the graph asks for it
    output: str
    files: Mapping[str, str]  # name -> sha256
    licence: str
    source: Mapping[str, str]  # checkpoint, revision
    tools: Mapping[str, str]  # name -> version
    report: Mapping[str, Any]  # the export's figures: shown, not used
    units: Units = "characters"  # what tokens, or the pieces of a tokenizer, are made of
    quantization: Quantization = UNTOLD


def read_manifest(path: Path) -> Manifest:
    """Parse manifest.json. Raises BundleError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise broken(path, "a readable JSON document", str(error)) from error
    _check_shown(path, document)
    if not isinstance(document, dict):
        raise broken(path, "a JSON object", type(document).__name__)
    version = document.get("manifest_version")
    if version != MANIFEST_VERSION:
        raise broken(path, f"manifest_version {MANIFEST_VERSION}", repr(version))
    return _manifest(Fields(path, document))


def _check_shown(path: Path, document: object) -> None:
    """JSON can write half a character, or a hundred lists in lists, which no answer could hold."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = f"the surrogate U+{ord(error.object[error.start]):04X}"
        raise broken(path, "texts of whole characters", half) from error
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _held(outer)]
    if level:  # pydantic shows no more than some 200
        raise broken(path, f"values at most {MAX_DEPTH} deep", "deeper ones")


def _held(value: object) -> Iterable[object]:
    """What is in a JSON value."""
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _manifest(fields: Fields) -> Manifest:
    graph = fields.table("graph")
    family = _family(fields)
    sample_rate = fields.natural("sample_rate", MIN_SAMPLE_RATE, MAX_SAMPLE_RATE)
    features, framing = _FAMILIES[family](fields, sample_rate)
    units = _units(fields)
    return Manifest(
        id=_id(fields),
        language=fields.text("language"),
        family=family,
        sample_rate=sample_rate,
        blank_id=fields.natural("blank_id"),
        word_delimiter=_word_delimiter(fields, units),
        special_tokens=fields.texts("special_tokens"),
        tokenizer=fields.text_or_null("tokenizer"),
        features=features,
        framing=framing,
        input=graph.text("input"),
        length_input=graph.text_or_null("length_input"),
        output=graph.text("output"),
        files=fields.mapping("files"),
        licence=fields.text("licence"),
        source=fields.mapping("source"),
        tools=fields.mapping("tools"),
        report=fields.mapping("report"),
        units=units,
        quantization=_quantization(fields),
    )


def _id(fields: Fields) -> str:
    name = fields.text("id")
    if not _ID.fullmatch(name):  # it stands in addresses, metrics and reasons
        raise broken(fields.path, f"an id of the form {_ID.pattern}", repr(name))
    return name


def _family(fields: Fields) -> Family:
    return cast("Family", fields.one_of("family", get_args(Family)))


def _units(fields: Fields) -> Units:
    units = fields.one_of("units", get_args(Units), absent="characters")
    if units == "phonemes" and (tokenizer := fields.text_or_null("tokenizer")):
        raise broken(fields.path, "no tokenizer where units are phonemes", repr(tokenizer))
    return cast("Units", units)


def _quantization(fields: Fields) -> Quantization:
    if "quantization" not in fields:
        return Quantization()
    table = fields.table("quantization")
    policy = cast("Policy", table.one_of("policy", get_args(Policy)))
    return Quantization(policy, table.natural("weight_bits", SAFE_BITS, FULL_BITS))


def _word_delimiter(fields: Fields, units: Units) -> str:
    name = "word_delimiter"
    return (fields.text_or_null(name) or "") if units == "phonemes" else fields.text(name)


def _wav2vec2(fields: Fields, _: int) -> tuple[Recipe, Framing]:
    recipe = WaveformRecipe(fields.table("features").flag("normalize"))
    return recipe, Convolutions(fields.table("framing").pairs("convolutions"))


def _nemo_conformer(fields: Fields, sample_rate: int) -> tuple[Recipe, Framing]:
    recipe = _log_mel(fields.table("features"), sample_rate)
    return recipe, Subsampling(recipe, fields.table("framing").natural("subsampling", least=1))


def _log_mel(fields: Fields, sample_rate: int) -> LogMelRecipe:
    settings: dict[str, Any] = {
        "n_window_size": fields.natural("n_window_size"),
        "n_window_stride": fields.natural("n_window_stride"),
        "window": fields.text("window"),
        "n_fft": fields.natural("n_fft"),
        "features": fields.natural("features"),
        "lowfreq": fields.number("lowfreq"),
        "highfreq": fields.number_or_null("highfreq"),
        "mel_norm": fields.text_or_null("mel_norm"),
        "preemph": fields.number_or_null("preemph"),
        "mag_power": fields.number("mag_power"),
        "log_zero_guard_type": fields.text("log_zero_guard_type"),
        "log_zero_guard_value": fields.number("log_zero_guard_value"),
        "normalize": fields.text_or_null("normalize"),
        "edges": fields.text("edges"),
    }
    try:
        return LogMelRecipe(sample_rate=sample_rate, **settings)
    except ValueError as error:  # the recipe names the field, and what it expected and got
        raise BundleError(f"{fields.path}: features.{error}", file=fields.path.name) from error


_FAMILIES: Final[Mapping[Family, Callable[[Fields, int], tuple[Recipe, Framing]]]] = {
    "wav2vec2": _wav2vec2,
    "nemo-conformer": _nemo_conformer,
}
