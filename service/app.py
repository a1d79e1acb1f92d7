"""The application: its resources, its routes, and the one table from errors to HTTP statuses."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from service import __version__, errors
from service.access.door import Door
from service.admission.gates import Gates
from service.decoding.decoders import Decoders
from service.errors import KolvaniError
from service.monitoring.facts import CLIENT_GONE, note_outcome
from service.monitoring.metrics import PROBES, REFUSALS, Metrics
from service.monitoring.tracing import tracer_provider
from service.ops.cores import Cores
from service.ops.pool import Pool
from service.ops.quota import usable_cpus
from service.ops.settings import Settings
from service.preparing.cache import prepared_models
from service.serving.catalogue import Catalogue
from service.serving.emission_cache import EmissionCache
from service.web.answers.faults import INTERNAL, fault
from service.web.described.security import describe_guards
from service.web.guards.challenge import UNAUTHORIZED, challenge
from service.web.guards.headers import SecurityHeaders
from service.web.guards.surround import door_of, surround
from service.web.observer import CLIENT_CLOSED_REQUEST, Observer
from service.web.page.files import PageFiles
from service.web.resources import ClientGone, Resources
from service.web.routes import (
    forced_alignment,
    models,
    openai,
    pages,
    speech,
    status,
    subtitles,
)

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider  # no part of the runtime

logger = logging.getLogger(__name__)

STATUSES: Final[dict[type[KolvaniError], int]] = {
    errors.MissingField: 400,
    errors.InvalidField: 400,
    errors.UnsupportedTask: 400,
    errors.EmptyTranscript: 400,
    errors.UnknownHost: 400,
    errors.MissingKey: 401,
    errors.InvalidKey: 401,
    errors.Forbidden: 403,
    errors.UnknownModel: 404,
    errors.UnknownLanguage: 404,
    errors.BodyTooSlow: 408,
    errors.AudioTooLong: 413,
    errors.UploadTooLarge: 413,
    errors.SubtitlesTooLong: 413,
    errors.UnsupportedAudio: 415,
    errors.UnsupportedSubtitles: 415,
    errors.CorruptSubtitles: 422,
    errors.EmptySubtitles: 422,
    errors.NothingToAlign: 422,
    errors.UndecidedLanguage: 422,
    errors.TranscriptTooLong: 422,
    errors.NoSpeech: 422,
    errors.CorruptAudio: 422,
    errors.EmptyAudio: 422,
    errors.InvalidSamples: 422,
    errors.RateLimited: 429,
    errors.HeadersTooLarge: 431,
    errors.BundleError: 500,
    errors.InferenceError: 500,
    errors.Overloaded: 503,
    errors.Stopping: 503,
    errors.DeadlineExceeded: 504,
    errors.TooManyConnections: 503,
    errors.NotReady: 503,
    errors.StorageFull: 503,
    errors.OutOfMemory: 503,
    errors.DecoderFailed: 503,
}


def create_app(settings: Settings, traces: "TracerProvider | None" = None) -> FastAPI:
    """An application that owns its models and threads from start to shutdown.

    traces: makes the spans, instead of what the settings ask for; shut down with the rest.
    Raises KeysError.
    """
    door = door_of(settings)
    traces = traces or tracer_provider(settings.otlp_endpoint, __version__)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        resources, cores = _gather(settings, door)
        app.state.resources = resources
        # The process answers /health while it loads: a slow start is no reason to be killed.
        loading = asyncio.create_task(_load(resources, cores))
        try:
            yield
        finally:
            loading.cancel()
            resources.pool.close()
            await asyncio.to_thread(resources.decoders.close)
            if traces is not None:
                await asyncio.to_thread(traces.shutdown)

    app = FastAPI(
        title="Kolvani",
        version=__version__,
        description="Speech to text with word times, and word times for a given text, on a CPU. "
        "Errors have one shape: what was expected, what came, and the facts.",
        lifespan=lifespan,
        telemetry=_telemetry(traces),
        docs_url=None,  # ours works without a content network; ReDoc has no copy here
        redoc_url=None,
    )
    app.include_router(status.router)
    app.include_router(models.router)
    app.include_router(speech.router)
    app.include_router(subtitles.router)
    app.include_router(openai.router)
    app.include_router(forced_alignment.router)
    app.include_router(pages.router)
    app.mount("/ui", PageFiles())
    describe_guards(app, with_keys=door.keys is not None)
    app.add_exception_handler(KolvaniError, _domain_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(ClientGone, _client_gone)
    app.add_exception_handler(ClientDisconnect, _client_gone)
    app.add_exception_handler(Exception, _internal_error)
    surround(app, settings, door, _refusal)  # the last one added is the outermost
    app.add_middleware(Observer, on_error=_internal_error)
    app.add_middleware(SecurityHeaders)
    return app


def _gather(settings: Settings, door: Door) -> tuple[Resources, Cores]:
    """What requests share, all of it watched, and the cores that models are opened for."""
    cpus = usable_cpus()
    threads, workers = share_out(cpus, settings)
    metrics = Metrics()
    cores = Cores(workers)
    gates = Gates(workers, settings.max_queue, settings.max_queue_audio_sec, metrics.refused_at)
    pool = Pool(
        workers,
        settings.max_queue,
        metrics.queue_waited,
        cores,
        gates,
        most_audio_sec=workers * settings.max_audio_sec,
    )
    emissions = EmissionCache(settings.emission_cache_bytes)
    decoders = Decoders(workers)
    resources = Resources(settings, pool, metrics, decoders, cpus, threads, emissions, door)
    metrics.watch(emissions, pool)
    metrics.watch_decoders(decoders)
    metrics.watch_keys(door.count_keys, door.are_keys_stale)
    metrics.watch_models(resources.count_served, resources.count_broken)
    metrics.expect(kind("").code for kind, status in STATUSES.items() if status in REFUSALS)
    return resources, cores


def _telemetry(traces: "TracerProvider | None") -> TelemetryConfig:
    """FastAPI's own: a span a request, nothing that quotes what clients send, and nothing that the
    environment alone could turn on. Without a provider of ours, one that the process was started
    under is used.
    """
    return {
        "tracer_provider": traces,
        "operation_spans": False,
        "metrics": False,
        "logs": False,
        "auto_configure": False,
        "exclude": lambda scope: scope.get("path") in PROBES,
    }


def share_out(cpus: int, settings: Settings) -> tuple[int, int]:
    """Threads of one inference and inferences at a time; their product is at most `cpus`, and all
    of it is for one that is alone.
    """
    threads = min(settings.intra_op_threads, cpus)
    most = cpus // threads
    workers = min(settings.workers or most, most)
    if settings.workers > workers or settings.intra_op_threads > threads:
        logger.warning("%d CPUs: %d workers of %d threads each", cpus, workers, threads)
    return threads, workers


async def _load(resources: Resources, cores: Cores) -> None:
    try:
        resources.catalogue = await asyncio.to_thread(
            _open_catalogue, resources.settings, resources.intra_op_threads, cores
        )
    except KolvaniError as error:
        resources.load_error = error.message
        logger.error("no model can be served: %s", error.message)
    except Exception as error:  # whatever it is, /readyz has to tell
        resources.load_error = f"expected models that load, got {type(error).__name__}"
        logger.exception("loading failed")


def _open_catalogue(settings: Settings, intra_op_threads: int, cores: Cores) -> Catalogue:
    prepared = prepared_models(settings.cache_dir)
    catalogue = Catalogue.prepared(settings.models_dir, intra_op_threads, prepared, cores)
    if settings.load == "start":
        catalogue.load_all()
    return catalogue


async def _domain_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, KolvaniError):
        raise error
    return _refusal(error)


def _refusal(error: KolvaniError) -> Response:
    note_outcome(error.code)
    headers = {}
    if "retry_after_sec" in error.facts:
        headers["Retry-After"] = str(error.facts["retry_after_sec"])
    if isinstance(error, errors.Stopping):
        headers["Connection"] = "close"  # the next request is for another server
    if STATUSES[type(error)] == UNAUTHORIZED:
        headers["WWW-Authenticate"] = challenge(error)
    return JSONResponse(error.as_dict(), STATUSES[type(error)], headers)


async def _http_error(request: Request, error: Exception) -> Response:
    """The framework's own refusals (no such path, wrong method), in the one shape."""
    if not isinstance(error, HTTPException):
        raise error
    code = {404: "unknown_path", 405: "method_not_allowed"}.get(error.status_code, "http_error")
    note_outcome(code)
    message = f"{request.method} {request.url.path}: {error.detail}"
    return JSONResponse(fault(code, message), error.status_code, error.headers)


async def _validation_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    note_outcome("invalid_field")
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return JSONResponse(fault("invalid_field", f"{place}: {first['msg']}", param=place), 400)


async def _client_gone(_: Request, __: Exception) -> Response:
    note_outcome(CLIENT_GONE)
    return Response(status_code=CLIENT_CLOSED_REQUEST)


async def _internal_error(_: Request, __: Exception) -> Response:
    return JSONResponse(INTERNAL, 500)
