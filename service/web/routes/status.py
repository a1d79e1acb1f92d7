"""What this is, whether it lives, whether it serves, and what it has done."""

from fastapi import APIRouter, Response

from service import __version__
from service.errors import NotReady
from service.monitoring.metrics import CONTENT_TYPE
from service.web.resources import ResourcesDep
from service.web.schemas import (
    ErrorAnswer,
    Health,
    Overview,
    Readiness,
)
from service.web.stats import Stats, stats_of

router = APIRouter(tags=["status"])


@router.get("/", summary="What this is and how to use it")
async def overview(resources: ResourcesDep) -> Overview:
    catalogue = resources.catalogue
    return Overview(
        name="Kolvani",
        version=__version__,
        description="Speech to text with word times, and word times for a text that you have, "
        "on a CPU.",
        models=[model.manifest.id for model in catalogue.serving] if catalogue else [],
        languages=catalogue.languages if catalogue else [],
        endpoints={
            "POST /transcribe": "audio -> text, words with start, end and score",
            "POST /align": "audio and transcript -> every word's start, end and score",
            "POST /retime": "audio and subtitles (SRT, WebVTT, TextGrid) -> the same, in time",
            "GET /languages": "the languages, and the default model of each",
            "GET /models": "the models: manifest, export report, memory (also /models/{id})",
            "GET /health": "the process lives (also /healthz)",
            "GET /readyz": "requests are served; what cannot be, and why",
            "GET /stats": "what has been served",
            "GET /metrics": "the same for Prometheus",
            "GET /docs": "every field, answer and error",
        },
        try_it=[
            "curl -F audio=@examples/he-1.wav localhost:8000/transcribe",
            "curl localhost:8000/models",
            "curl -F audio=@examples/he-1.wav -F transcript=@examples/he-1.txt localhost:8000/align",  # noqa: E501  # a line to copy
        ],
    )


@router.get("/health", summary="Alive")
@router.get("/healthz", include_in_schema=False)
async def health(resources: ResourcesDep) -> Health:
    return Health(status="ok", uptime_sec=round(resources.metrics.uptime_sec, 3))


@router.get(
    "/readyz",
    summary="Ready: the models have run on speech, or their manifests were read (load=first_use)",
    responses={503: {"model": ErrorAnswer, "description": "Still loading, or no model loads."}},
)
async def ready(resources: ResourcesDep) -> Readiness:
    catalogue = resources.open_catalogue()
    if not catalogue.serving:
        raise NotReady(catalogue.nothing_to_serve().message)
    ids = [model.manifest.id for model in catalogue.serving]
    return Readiness(status="ready", models=ids, broken=catalogue.broken)


@router.get("/stats", summary="What has been served since the start")
async def stats(resources: ResourcesDep) -> Stats:
    return stats_of(resources)


@router.get("/metrics", summary="Prometheus text format", response_class=Response)
async def metrics(resources: ResourcesDep) -> Response:
    for model in resources.catalogue.models.values() if resources.catalogue else ():
        loaded = model.loaded
        memory = loaded.memory_bytes if loaded else None
        resources.metrics.weigh(
            model.manifest.id, model.file_bytes, memory, loaded=loaded is not None
        )
    return Response(resources.metrics.exposition(), media_type=CONTENT_TYPE)
