"""What this is, whether it lives, whether it serves, and what it has done."""

from fastapi import APIRouter, Response

from service import __version__
from service.ops.metrics import CONTENT_TYPE
from service.web.resources import ResourcesDep
from service.web.schemas import ErrorAnswer, Health, Overview, PoolState, Readiness, Stats

router = APIRouter(tags=["status"])


@router.get("/", summary="What this is and how to use it")
async def overview(resources: ResourcesDep) -> Overview:
    catalogue = resources.catalogue
    return Overview(
        name="Kolvani",
        version=__version__,
        description="Speech to text with word times, and word times for a text that you have, "
        "on a CPU.",
        models=sorted(catalogue.recognizers) if catalogue else [],
        languages=catalogue.languages if catalogue else [],
        endpoints={
            "POST /transcribe": "audio -> text, words with start, end and score",
            "POST /align": "audio and transcript -> every word's start, end and score",
            "GET /health": "the process lives (also /healthz)",
            "GET /readyz": "the models are warm",
            "GET /stats": "what has been served",
            "GET /metrics": "the same for Prometheus",
            "GET /docs": "every field, answer and error",
        },
        try_it=[
            "curl -F audio=@examples/he-1.wav localhost:8000/transcribe",
            "curl -F audio=@examples/he-1.wav -F transcript=@examples/he-1.txt localhost:8000/align",  # noqa: E501  # a line to copy
        ],
    )


@router.get("/health", summary="Alive")
@router.get("/healthz", include_in_schema=False)
async def health(resources: ResourcesDep) -> Health:
    return Health(status="ok", uptime_sec=round(resources.metrics.uptime_sec, 3))


@router.get(
    "/readyz",
    summary="Ready: the models have been loaded and run on speech",
    responses={503: {"model": ErrorAnswer, "description": "Still loading, or no model loads."}},
)
async def ready(resources: ResourcesDep) -> Readiness:
    catalogue = resources.warm_catalogue()
    return Readiness(
        status="ready", models=sorted(catalogue.recognizers), broken=dict(catalogue.broken)
    )


@router.get("/stats", summary="What has been served since the start")
async def stats(resources: ResourcesDep) -> Stats:
    pool = resources.pool
    return Stats(
        uptime_sec=round(resources.metrics.uptime_sec, 3),
        requests=resources.metrics.requests(),
        audio_sec=round(resources.metrics.audio_sec(), 3),
        pool=PoolState(
            workers=pool.workers,
            intra_op_threads=resources.intra_op_threads,
            usable_cpus=resources.usable_cpus,
            admitted=pool.admitted,
            max_queue=pool.max_queue,
        ),
        models=sorted(resources.catalogue.recognizers) if resources.catalogue else [],
    )


@router.get("/metrics", summary="Prometheus text format", response_class=Response)
async def metrics(resources: ResourcesDep) -> Response:
    return Response(resources.metrics.exposition(), media_type=CONTENT_TYPE)
