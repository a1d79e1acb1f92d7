"""Every route, in a line: what the overview and /api-info tell."""

from typing import Final

ENDPOINTS: Final = {
    "POST /transcribe": "audio -> text, words with start, end and score",
    "POST /align": "audio and transcript -> every word's start, end and score",
    "POST /retime": "audio and subtitles (SRT, WebVTT, TextGrid) -> the same, in time",
    "POST /v1/audio/transcriptions": "OpenAI's API: audio -> text, subtitles or events",
    "POST /v1/audio/translations": "refused: no model here translates",
    "POST /v1/forced-alignment": "ElevenLabs' API: audio and text -> times of characters and words",
    "GET /v1/models": "the models, as OpenAI's clients list them (also /v1/models/{model})",
    "GET /languages": "the languages, and the default model of each",
    "GET /models": "the models: manifest, export report, memory (also /models/{model})",
    "GET /api-info": "version, routes, formats and limits",
    "GET /health": "the process lives (also /healthz)",
    "GET /readyz": "requests are served; what cannot be, and why",
    "GET /stats": "what has been served",
    "GET /metrics": "the same for Prometheus",
    "GET /ui": "the same in a browser: drop a recording, see and hear its words",
    "GET /docs": "every field, answer and error",
}
