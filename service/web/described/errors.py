"""What /docs says of errors: every status, its codes, and an example of one."""

from typing import Any, Final

from service.audio import READABLE
from service.errors import Fact
from service.web.answers.faults import ErrorAnswer


def refusal(description: str, code: str, message: str, **facts: Fact) -> dict[str, Any]:
    """One documented error status: the answer's model, and an example with its facts."""
    ours = facts.keys() & {"retry_after_sec", "timeout_sec"}
    kind = "server_error" if ours else "invalid_request_error"
    param = facts.pop("param", None)
    error = {"type": kind, "code": code, "message": message, "param": param, **facts}
    content = {"application/json": {"example": {"error": error}}}
    return {"model": ErrorAnswer, "description": description, "content": content}


ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    400: refusal(
        "`missing_field`, `invalid_field`, `empty_transcript`: a field is absent or holds "
        "something else than expected. `unsupported_task`: no model is made for it.",
        "missing_field",
        "expected a file in the field audio (or file), got none",
        param="audio",
    ),
    404: refusal(
        "`unknown_model`, `unknown_language`: with the known ones.",
        "unknown_language",
        "expected one of the languages he, got 'xx'",
        param="language",
        known=["he"],
    ),
    413: refusal(
        "`audio_too_long`, `upload_too_large`, `subtitles_too_long`: with the limit.",
        "audio_too_long",
        "expected at most 14400 s of audio, got more: cut it into parts and send each",
        param="audio",
        max_audio_sec=14400.0,
    ),
    415: refusal(
        "`unsupported_audio`, `unsupported_subtitles`: no audio, or no subtitles, that are read "
        "here, and what they are.",
        "unsupported_audio",
        f"expected audio as {READABLE}, got a PDF document",
        param="audio",
        recognized="a PDF document",
        first_bytes="25 50 44 46 2d 31 2e 37",
    ),
    422: refusal(
        "`corrupt_audio`, `empty_audio`, `invalid_samples`, `no_speech`, `nothing_to_align`, "
        "`undecided_language`, `transcript_too_long`, `corrupt_subtitles`, `empty_subtitles`: "
        "audio, text or subtitles that cannot be worked with, and why.",
        "transcript_too_long",
        "expected audio of at least 199 frames for 199 tokens, got 49",
        param="transcript",
        frames_needed=199,
        frames=49,
        tokens=199,
    ),
    500: refusal(
        "`internal`, `inference_error`, `bundle_error` (the model does not load): an error on our "
        "side; it has been logged.",
        "internal",
        "an error on our side; it has been logged",
    ),
    503: refusal(
        "`overloaded`, `stopping`, `not_ready`, `storage_full`, `out_of_memory`, `decoder_failed`: "
        "come back after Retry-After seconds. `overloaded`: no place is left, too much audio waits "
        "for the model, or the wait would take longer than the request has.",
        "overloaded",
        "expected room in the queue of 32, got none: try again in 4 s",
        retry_after_sec=4,
        max_queue=32,
    ),
    504: refusal(
        "`deadline_exceeded`: no answer within the time that the client gave in the header "
        "Kolvani-Timeout-Sec, or the server to every request.",
        "deadline_exceeded",
        "expected an answer within 2 s, got none: the time went by in the stage queue",
        stage="queue",
        timeout_sec=2.0,
        waited_sec=2.0,
        worked_sec=0.0,
    ),
}
