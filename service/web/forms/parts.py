"""What several forms have: a recording and how long it may be, a text and how it is aligned."""

from typing import BinaryIO, Final, cast, get_args

from starlette.datastructures import FormData, UploadFile

from service.errors import EmptyTranscript, InvalidField, MissingField
from service.recognizer import DEFAULTS, AlignOptions
from service.text.lineup import Gaps
from service.text.segments import Division
from service.text.spoken.dictionary import read_pronunciations
from service.web.forms.body import MAX_TEXT_BYTES, text_too_large
from service.web.forms.fields import first_of, flag_of, number_of, one_of, text_of, whole

AUDIO_FIELDS: Final = ("audio", "file")
PRONUNCIATIONS: Final = "pronunciations"


def audio_of(form: FormData, names: tuple[str, ...] = AUDIO_FIELDS) -> BinaryIO:
    """The recording, in the first of the named fields. Raises MissingField or InvalidField."""
    name, *others = names
    value = first_of(form, names)
    if value is None:
        field = f"{name} (or {', '.join(others)})" if others else name
        raise MissingField(f"expected a file in the field {field}, got none", param=name)
    if isinstance(value, str):
        raise InvalidField(f"expected a file in the field {name}, got a text", param=name)
    return value.file


def limit_of(form: FormData, ceiling: float) -> float:
    """The longest audio to take, in seconds; the server's own limit unless asked for less.

    Raises InvalidField.
    """
    limit = number_of(form, "max_audio_sec", ceiling)
    if not 0 < limit <= ceiling:
        raise InvalidField(
            f"expected max_audio_sec above 0 and at most {ceiling:g}, got {limit:g}",
            param="max_audio_sec",
            max_audio_sec=ceiling,
        )
    return limit


def options_of(form: FormData) -> AlignOptions:
    """How to align. Raises InvalidField."""
    return AlignOptions(
        gaps=cast("Gaps", one_of(form, "gaps", get_args(Gaps), DEFAULTS.gaps)),
        segments=cast("Division", one_of(form, "segments", get_args(Division), DEFAULTS.segments)),
        pronunciations=_pronunciations_of(form),
        with_characters=flag_of(form, "characters"),
    )


def _pronunciations_of(form: FormData) -> dict[str, str]:
    text = text_of(form, PRONUNCIATIONS)
    return {} if text is None else read_pronunciations(text)


async def transcript_of(form: FormData, names: tuple[str, ...] = ("transcript",)) -> str:
    """The given text, in the first of the named fields: a text or a UTF-8 text file.

    Raises MissingField, InvalidField, UploadTooLarge or EmptyTranscript.
    """
    name, value = names[0], first_of(form, names)
    if value is None:
        raise MissingField(
            f"expected a text, or a text file, in the field {name}, got none", param=name
        )
    if isinstance(value, UploadFile):
        value = await _text_file(value, name)
    if not whole(value, name).strip():
        raise EmptyTranscript("expected a text to align, got an empty one", param=name)
    return value


async def _text_file(upload: UploadFile, name: str) -> str:
    content = await upload.read(MAX_TEXT_BYTES + 1)
    if len(content) > MAX_TEXT_BYTES:
        raise text_too_large(name)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidField(
            f"expected UTF-8 text in {name}, got byte 0x{content[error.start]:02x} at "
            f"{error.start}",
            param=name,
        ) from error
