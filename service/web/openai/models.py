"""Models as OpenAI's clients list them."""

from typing import Literal

from pydantic import BaseModel, Field

from service.serving.served import ServedModel


class ModelObject(BaseModel):
    """A model, as OpenAI's clients know one."""

    id: str
    object: Literal["model"] = "model"
    created: int = Field(description="When its manifest was written, in seconds since 1970.")
    owned_by: str = Field(description="Its source: the checkpoint that it was exported from.")


class ModelList(BaseModel):
    """The models that are served."""

    object: Literal["list"] = "list"
    data: list[ModelObject]


def model_object(model: ServedModel) -> ModelObject:
    """A model as GET /v1/models tells it."""
    source = model.manifest.source.get("checkpoint") or "unknown"
    return ModelObject(id=model.manifest.id, created=model.written_at, owned_by=str(source))
