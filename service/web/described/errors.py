"""What /docs says of errors: every status, its codes, and an example of one."""

from typing import Any, Final

from service.audio import READABLE
from service.errors import Fact
from service.web.answers.faults import ErrorAnswer


def refusal(description: str, code: str, message: str, **facts: Fact) -> dict[str, Any]:
    """One documented error status: the answer's model, and an example with its facts."""
    kind = facts.pop("kind", "invalid_request_error")
    param = facts.pop("param", None)
    error = {"type": kind, "code": code, "message": message, "param": param, **facts}
    content = {"application/json": {"example": {"error": error}}}
    return {"model": ErrorAnswer, "description": description, "content": content}


ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    400: refusal(
        "`missing_field`, `invalid_field`, `empty_transcript`: a field is absent or holds "
        "something else than expected. `unsupported_task`: no model is made for it. "
        "`unknown_host`: the Host header is none that is served here.",
        "missing_field",
        "expected a file in the field audio (or file), got none",
        param="audio",
    ),
    401: refusal(
        "`missing_key`, `invalid_key`: where keys are asked for, as `Authorization: Bearer` or "
        "`X-API-Key`.",
        "missing_key",
        "expected an API key, as Authorization: Bearer or X-API-Key, got none",
        kind="authentication_error",
    ),
    403: refusal(
        "`forbidden`: the key is not for this.",
        "forbidden",
        "expected an API key with the scope align, got one for transcribe",
        kind="permission_error",
        scope="align",
    ),
    404: refusal(
        "`unknown_model`, `unknown_language`: with the known ones.",
        "unknown_language",
        "expected one of the languages he, got 'xx'",
        param="language",
        known=["he"],
    ),
    408: refusal(
        "`body_too_slow`: the body stopped coming; the connection is closed.",
        "body_too_slow",
        "expected a body within 20 s and a second more for each 500 bytes, got 120 bytes in 20.2 s",
        received_bytes=120,
        min_body_bytes_per_sec=500,
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
    429: refusal(
        "`rate_limited`: as much as this client may have; there is more after Retry-After seconds. "
        "`RateLimit` and `RateLimit-Policy` tell how much, on every answer.",
        "rate_limited",
        "expected at most 60 requests in 60 s, got more: try again in 12 s",
        kind="rate_limit_error",
        limited="requests",
        limit=60,
        window_sec=60,
        retry_after_sec=12,
    ),
    431: refusal(
        "`headers_too_large`: more header fields, or bytes of them, than are read.",
        "headers_too_large",
        "expected at most 100 header fields, got 101",
        max_headers=100,
    ),
    500: refusal(
        "`internal`, `inference_error`, `bundle_error` (the model does not load): an error on our "
        "side; it has been logged.",
        "internal",
        "an error on our side; it has been logged",
        kind="server_error",
    ),
    503: refusal(
        "`overloaded`, `too_many_connections`, `stopping`, `not_ready`, `storage_full`, "
        "`out_of_memory`, `decoder_failed`: come back after Retry-After seconds. `overloaded`: no "
        "place is left, too much audio waits for the model, or the wait would take longer than the "
        "request has.",
        "overloaded",
        "expected room in the queue of 32, got none: try again in 4 s",
        kind="server_error",
        retry_after_sec=4,
        max_queue=32,
    ),
    504: refusal(
        "`deadline_exceeded`: no answer within the time that the client gave in the header "
        "Kolvani-Timeout-Sec, or the server to every request.",
        "deadline_exceeded",
        "expected an answer within 2 s, got none: the time went by in the stage queue",
        stage="queue",
        kind="server_error",
        timeout_sec=2.0,
        waited_sec=2.0,
        worked_sec=0.0,
    ),
}
