"""OpenTelemetry's traces, where they are asked for; its SDK is no part of the runtime.

FastAPI makes the spans (`FastAPI(telemetry=...)`), one a request; service/web/observer.py adds the
facts. Here is where they go.
"""

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

logger = logging.getLogger(__name__)

SERVICE: Final = "kolvani"
TRACES_PATH: Final = "/v1/traces"  # of OTLP over HTTP
PACKAGES: Final = "requirements-tracing.txt"


def tracer_provider(endpoint: str | None, version: str) -> "TracerProvider | None":
    """A provider that sends spans to the collector at `endpoint` in the background; whoever makes
    it shuts it down. None without an endpoint, or without the packages: that is logged, and is no
    reason not to serve.
    """
    if not endpoint:
        return None
    try:
        # Only who asks for traces has these packages.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        logger.error("expected the packages of %s to send traces, got: %s", PACKAGES, error)
        return None
    own = Resource({"service.name": SERVICE, "service.version": version})
    # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES come before it.
    provider = TracerProvider(resource=own.merge(OTELResourceDetector().detect()))
    base = endpoint.rstrip("/").removesuffix(TRACES_PATH)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=base + TRACES_PATH)))
    return provider
