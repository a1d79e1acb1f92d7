"""GET /docs, and what the page at /ui asks for: its limits and its examples."""

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

from service.web.page import HEADERS, docs_page
from service.web.page_schemas import ClipAnswer, PageSettings
from service.web.resources import ResourcesDep

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def docs() -> FileResponse:
    return docs_page()


@router.get("/ui/settings.json")
async def page_settings(resources: ResourcesDep) -> PageSettings:
    return PageSettings(
        max_upload_bytes=resources.settings.max_upload_bytes,
        max_audio_sec=resources.settings.max_audio_sec,
        examples=[
            ClipAnswer(name=clip.name, language=clip.language, text=clip.text)
            for clip in resources.clips.values()
        ],
    )


@router.get("/ui/examples/{name}")
async def example(name: str, resources: ResourcesDep) -> FileResponse:
    if name not in resources.clips:
        raise HTTPException(404, "no example of that name")
    return FileResponse(resources.clips[name].path, media_type="audio/wav", headers=dict(HEADERS))
