"""What this is, whether it lives, whether it serves, and what it has done."""

from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from service import __version__
from service.errors import NotReady
from service.monitoring.metrics import CONTENT_TYPE
from service.web.answers.faults import ErrorAnswer
from service.web.answers.stats import Stats, stats_of
from service.web.answers.status import Health, Overview, Readiness
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
    responses={
        503: {"model": ErrorAnswer, "description": "Still loading, no model loads, or it stops."}
    },
)
async def ready(resources: ResourcesDep) -> Readiness:
    if resources.pool.gates.stopping:
        raise resources.pool.gates.gone()
    catalogue = resources.open_catalogue()
    if not catalogue.serving:
        raise NotReady(catalogue.nothing_to_serve().message)
    if not resources.decoders.ready:
        raise NotReady("expected a decoder that runs, got one that starts", retry_after_sec=1)
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
