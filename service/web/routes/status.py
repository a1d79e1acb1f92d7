"""What this is, whether it lives, whether it serves, and what it has done."""

from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from service import __version__
from service.errors import NotReady
from service.ops.metrics import CONTENT_TYPE
from service.web.answers.faults import ErrorAnswer
from service.web.answers.models import model_state
from service.web.answers.status import CacheState, Health, Overview, PoolState, Readiness, Stats
from service.web.api_info import ApiInfo, api_info
from service.web.described.endpoints import ENDPOINTS
from service.web.resources import ResourcesDep

router = APIRouter(tags=["status"])

BY_ACCEPT: Final = {"Vary": "Accept"}


@router.get("/", summary="What this is and how to use it", response_model=Overview)
async def overview(
    request: Request, resources: ResourcesDep, response: Response
) -> Overview | RedirectResponse:
    response.headers.update(BY_ACCEPT)
    if "text/html" in request.headers.get("accept", ""):  # a browser: it is shown the page
        return RedirectResponse("ui/", headers=BY_ACCEPT)
    catalogue = resources.catalogue
    return Overview(
        name="Kolvani",
        version=__version__,
        description="Speech to text with word times, and word times for a text that you have, "
        "on a CPU.",
        models=[model.manifest.id for model in catalogue.serving] if catalogue else [],
        languages=catalogue.languages if catalogue else [],
        endpoints=ENDPOINTS,
        try_it=[
            "curl -F audio=@examples/he-1.wav localhost:8000/transcribe",
            "curl localhost:8000/models",
            "curl -F audio=@examples/he-1.wav -F transcript=@examples/he-1.txt localhost:8000/align",  # noqa: E501  # a line to copy
        ],
    )


@router.get("/api-info", summary="What this server offers: version, routes, formats, limits")
async def offered(resources: ResourcesDep) -> ApiInfo:
    return api_info(resources.settings)


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
    pool, cache, catalogue = resources.pool, resources.emissions, resources.catalogue
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
        cache=CacheState(
            recordings=len(cache),
            held_bytes=cache.held_bytes,
            max_bytes=cache.max_bytes,
            hits=cache.hits,
            misses=cache.misses,
        ),
        models=[model_state(item) for item in catalogue.models.values()] if catalogue else [],
    )


@router.get("/metrics", summary="Prometheus text format", response_class=Response)
async def metrics(resources: ResourcesDep) -> Response:
    for model in resources.catalogue.models.values() if resources.catalogue else ():
        memory = model.loaded.memory_bytes if model.loaded else None
        resources.metrics.weigh(model.manifest.id, model.file_bytes, memory)
    return Response(resources.metrics.exposition(), media_type=CONTENT_TYPE)
