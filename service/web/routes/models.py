"""GET /languages and GET /models: what can be asked for."""

from fastapi import APIRouter

from service.web.answers.faults import ErrorAnswer
from service.web.answers.models import (
    Languages,
    ModelAnswer,
    Models,
    languages_answer,
    model_answer,
)
from service.web.resources import ResourcesDep

router = APIRouter(
    tags=["models"],
    responses={503: {"model": ErrorAnswer, "description": "`not_ready`: still loading."}},
)


@router.get("/languages", summary="The languages, and the default model of each")
async def languages(resources: ResourcesDep) -> Languages:
    return languages_answer(resources.open_catalogue())


@router.get("/models", summary="The models: where they come from, how good, how large")
async def models(resources: ResourcesDep) -> Models:
    catalogue = resources.open_catalogue()
    return Models(
        models=[model_answer(item) for item in catalogue.serving], broken=catalogue.broken
    )


@router.get(
    "/models/{model}",
    summary="One model",
    responses={
        404: {"model": ErrorAnswer, "description": "`unknown_model`: with the known ones."},
        500: {"model": ErrorAnswer, "description": "`bundle_error`: a broken folder, and why."},
    },
)
async def one_model(model: str, resources: ResourcesDep) -> ModelAnswer:
    return model_answer(resources.open_catalogue().find(model))
