"""Who a request is: its id, and its place in a trace.

X-Request-ID as clients and proxies send it; traceparent as https://www.w3.org/TR/trace-context/.
"""

import re
import secrets
import uuid
from typing import Final

from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers

REQUEST_ID: Final = "x-request-id"
TRACEPARENT: Final = "traceparent"
# Ids of proxies and clouds as they are known; nothing that a log or a header could be broken with.
REQUEST_ID_FORM: Final = re.compile(r"[A-Za-z0-9._~:=@+/-]{1,128}")
_PROPAGATOR: Final = TraceContextTextMapPropagator()


def request_id_of(headers: Headers) -> str:
    """The id that the client gave, if it is one and has the form; a new one otherwise."""
    given = headers.getlist(REQUEST_ID)
    if len(given) == 1 and REQUEST_ID_FORM.fullmatch(given[0]):
        return given[0]
    return uuid.uuid4().hex


def span_of(headers: Headers) -> SpanContext:
    """The request's own span: that of OpenTelemetry where it traces; otherwise a new one in the
    client's trace, or in a new trace, unsampled, where the client sent none or no valid one.
    """
    traced = get_current_span().get_span_context()
    if traced.is_valid:
        return traced
    given = headers.getlist(TRACEPARENT)
    carrier = {TRACEPARENT: given[0]} if len(given) == 1 else {}
    parent = get_current_span(_PROPAGATOR.extract(carrier)).get_span_context()
    if parent.is_valid:
        return SpanContext(
            parent.trace_id, _random(8), is_remote=False, trace_flags=parent.trace_flags
        )
    return SpanContext(_random(16), _random(8), is_remote=False)


def traceparent_of(span: SpanContext) -> str:
    """The header that names a span."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier, set_span_in_context(NonRecordingSpan(span)))
    return carrier[TRACEPARENT]


def _random(count: int) -> int:
    """Of so many bytes, not 0."""
    return secrets.randbits(8 * count) or 1
