"""OpenAI's API, asked by the official client, over a real server with the embedded models."""

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args

import httpx
import numpy as np
import openai
import pytest
import soundfile
from openai.types.audio_response_format import AudioResponseFormat
from servers import Server, running_server

from service.subtitles.reading import read_subtitles
from service.web.openai.form import STAND_INS

RATE = 16_000  # Hz
MAX_AUDIO_SEC = 60
MAX_UPLOAD_BYTES = 4 << 20
CLIPS = {"he-1": "he-demo", "hi-1": "hi-demo"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    with running_server(
        folder, max_audio_sec=MAX_AUDIO_SEC, max_upload_bytes=MAX_UPLOAD_BYTES
    ) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="any", max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def texts(server: Server, root: Path) -> dict[str, str]:
    """Clip -> what our own route hears in it."""
    found = {}
    with server.client() as http:
        for clip in CLIPS:
            files = {"audio": (root / f"examples/{clip}.wav").read_bytes()}
            found[clip] = http.post("/transcribe", files=files).raise_for_status().json()["text"]
    return found


@pytest.fixture
def clip(root: Path) -> Path:
    return root / "examples/he-1.wav"


def words_of(text: str) -> list[str]:
    """What is said in subtitles, or in a text."""
    lines = [line for line in text.splitlines() if "-->" not in line and not line.isdigit()]
    return " ".join(lines).removeprefix("WEBVTT").split()


@pytest.mark.parametrize("name", CLIPS)
@pytest.mark.parametrize("model", ["own", *STAND_INS])
def test_a_transcription_is_that_of_our_own_route(
    client: openai.OpenAI, root: Path, texts: dict[str, str], name: str, model: str
) -> None:
    """Under the model's own name, and under one that leaves the choice to us."""
    answer = client.audio.transcriptions.with_raw_response.create(
        file=root / f"examples/{name}.wav", model=CLIPS[name] if model == "own" else model
    )
    parsed = answer.parse()
    assert parsed.text == texts[name]
    assert parsed.usage is not None
    assert parsed.usage.type == "duration"
    assert parsed.logprobs is None
    assert answer.headers["kolvani-model"] == CLIPS[name]
    assert answer.headers["kolvani-language"] == name.partition("-")[0]
    assert "kolvani-ignored" not in answer.headers
    assert parsed.to_dict()["model"] == CLIPS[name]
    assert parsed.to_dict()["warnings"] == []


@pytest.mark.parametrize("response_format", ["text", "srt", "vtt"])
@pytest.mark.parametrize("name", CLIPS)
def test_texts_and_subtitles_say_the_same(
    client: openai.OpenAI,
    root: Path,
    texts: dict[str, str],
    name: str,
    response_format: AudioResponseFormat,
) -> None:
    """As strings; the subtitles are read back by the reader of /retime."""
    answer = client.audio.transcriptions.create(
        file=root / f"examples/{name}.wav", model=CLIPS[name], response_format=response_format
    )
    assert isinstance(answer, str)
    assert words_of(answer) == texts[name].split()
    if response_format == "text":
        assert answer == f"{texts[name]}\n"
    else:
        cues = read_subtitles(answer.encode(), None).cues
        assert " ".join(cue.text for cue in cues).split() == texts[name].split()


@pytest.mark.parametrize(
    "granularities", [None, ["word"], ["segment"], ["word", "segment"]], ids=str
)
def test_verbose_json_has_the_times_that_are_asked_for(
    client: openai.OpenAI,
    clip: Path,
    texts: dict[str, str],
    granularities: list[Literal["word", "segment"]] | None,
) -> None:
    """Segments by default; words in order within the audio; no member that was not asked for."""
    asked = {} if granularities is None else {"timestamp_granularities": granularities}
    answer = client.audio.transcriptions.create(
        file=clip, model="whisper-1", response_format="verbose_json", **asked
    )
    wanted = set(granularities or ["segment"])
    assert (answer.text, answer.language) == (texts["he-1"], "he")
    assert {"word"} & wanted == ({"word"} if answer.words else set())
    assert {"segment"} & wanted == ({"segment"} if answer.segments else set())
    assert ("words" in answer.to_dict()) == ("word" in wanted)
    for items in (answer.words or [], answer.segments or []):
        place = 0.0
        for item in items:
            assert place <= item.start < item.end <= answer.duration
            place = item.end
    assert [word.word for word in answer.words or []] in ([], texts["he-1"].split())
    assert " ".join(item.text for item in answer.segments or []) in ("", texts["he-1"])


@pytest.mark.parametrize("name", ["timestamp_granularities", "timestamp_granularities[]"])
def test_granularities_are_read_with_brackets_and_without(
    server: Server, clip: Path, name: str
) -> None:
    """Clients send both, and once or several times."""
    with server.client() as http:
        answer = http.post(
            "/v1/audio/transcriptions",
            files={"file": clip.read_bytes()},
            data={name: ["word", "segment"], "response_format": "verbose_json"},
        ).json()
    assert answer["words"]
    assert answer["segments"]


@pytest.mark.parametrize("response_format", ["json", "text"])
def test_events_make_up_the_text(
    client: openai.OpenAI, clip: Path, texts: dict[str, str], response_format: AudioResponseFormat
) -> None:
    """Deltas and, at the end, all of it; the done event tells the model and what was ignored."""
    events = client.audio.transcriptions.create(
        file=clip, model="whisper-1", stream=True, prompt="x", response_format=response_format
    )
    *deltas, done = list(events)
    assert "".join(event.delta for event in deltas) == done.text == texts["he-1"]
    assert done.to_dict()["model"] == "he-demo"
    assert "prompt" in done.to_dict()["warnings"][0]


def test_the_asynchronous_client_gets_the_same(
    server: Server, clip: Path, texts: dict[str, str]
) -> None:
    """Whole and streamed, at the same time; models, too."""

    async def ask() -> tuple[str, str, list[str]]:
        url = f"{server.url}/v1"
        async with openai.AsyncOpenAI(base_url=url, api_key="any", max_retries=0) as client:
            whole, events = await asyncio.gather(
                client.audio.transcriptions.create(file=clip, model="he-demo"),
                client.audio.transcriptions.create(file=clip, model="he-demo", stream=True),
            )
            deltas = [event.delta async for event in events if "delta" in event.type]
            return whole.text, "".join(deltas), [item.id async for item in client.models.list()]

    assert asyncio.run(ask()) == (texts["he-1"], texts["he-1"], ["he-demo", "hi-demo"])


@pytest.mark.parametrize("name", CLIPS)
def test_logprobs_are_those_of_the_texts_pieces(
    client: openai.OpenAI, root: Path, texts: dict[str, str], name: str
) -> None:
    """Whole and in the last event, where they are asked for: joined, they are the text."""
    file = root / f"examples/{name}.wav"
    whole = client.audio.transcriptions.create(file=file, model="whisper-1", include=["logprobs"])
    *_, done = client.audio.transcriptions.create(
        file=file, model="whisper-1", include=["logprobs"], stream=True
    )
    pieces = whole.logprobs or []
    assert "".join(piece.token or "" for piece in pieces) == texts[name]
    assert b"".join(bytes(map(int, piece.bytes or [])) for piece in pieces).decode() == texts[name]
    assert all(piece.logprob is not None and piece.logprob <= 0 for piece in pieces)
    assert [piece.to_dict() for piece in done.logprobs] == [piece.to_dict() for piece in pieces]


def test_silence_is_an_empty_text_and_streams_no_delta(client: openai.OpenAI) -> None:
    """As in /transcribe."""
    silence = ("a.wav", wav(np.zeros(RATE, dtype=np.float32)))
    assert client.audio.transcriptions.create(file=silence, model="he-demo").text == ""
    (done,) = client.audio.transcriptions.create(file=silence, model="he-demo", stream=True)
    assert (done.type, done.text) == ("transcript.text.done", "")


def wav(samples: np.ndarray[Any, Any]) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, RATE, format="WAV")
    return buffer.getvalue()


def test_fields_without_effect_are_named(client: openai.OpenAI, clip: Path) -> None:
    """In a header and, in JSON, in warnings; what is as we do it anyway is not."""
    answer = client.audio.transcriptions.with_raw_response.create(
        file=clip,
        model="whisper-1",
        prompt="names: Dana",
        temperature=0.4,
        keywords=["Dana"],
        extra_body={"né, x: y": "1"},
    )
    names = answer.headers["kolvani-ignored"].split(", ")
    assert sorted(names) == [
        "keywords",
        "n%C3%A9%2C%20x%3A%20y",
        "prompt",
        "temperature",
    ]
    warnings = answer.parse().to_dict()["warnings"]
    assert len(warnings) == len(names)
    usual = client.audio.transcriptions.with_raw_response.create(
        file=clip, model="whisper-1", temperature=0, chunking_strategy="auto", language="he"
    )
    assert "kolvani-ignored" not in usual.headers


@pytest.mark.parametrize(
    ("fields", "error", "code", "param"),
    [
        ({"model": "nope"}, openai.NotFoundError, "unknown_model", "model"),
        ({"model": "gpt-4o-transcribe-diarize"}, openai.NotFoundError, "unknown_model", "model"),
        ({"language": "xx"}, openai.NotFoundError, "unknown_language", "language"),
        (
            {"model": "he-demo", "language": "hi"},
            openai.BadRequestError,
            "invalid_field",
            "language",
        ),
        (
            {"response_format": "diarized_json"},
            openai.BadRequestError,
            "invalid_field",
            "response_format",
        ),
        ({"response_format": "docx"}, openai.BadRequestError, "invalid_field", "response_format"),
        (
            {"response_format": "srt", "stream": True},
            openai.BadRequestError,
            "invalid_field",
            "response_format",
        ),
        ({"temperature": 2}, openai.BadRequestError, "invalid_field", "temperature"),
        ({"include": ["speakers"]}, openai.BadRequestError, "invalid_field", "include"),
        (
            {"include": ["logprobs"], "response_format": "text"},
            openai.BadRequestError,
            "invalid_field",
            "include",
        ),
        (
            {"timestamp_granularities": ["word"]},
            openai.BadRequestError,
            "invalid_field",
            "timestamp_granularities",
        ),
        (
            {"timestamp_granularities": ["letter"], "response_format": "verbose_json"},
            openai.BadRequestError,
            "invalid_field",
            "timestamp_granularities",
        ),
        ({"extra_body": {"stream": "maybe"}}, openai.BadRequestError, "invalid_field", "stream"),
        ({"extra_body": {"x" * 65: "1"}}, openai.BadRequestError, "invalid_field", "body"),
        ({"file": ("a.wav", b"%PDF-1.7")}, openai.APIStatusError, "unsupported_audio", "audio"),
        (
            {"file": ("a.wav", b"%PDF-1.7"), "stream": True},
            openai.APIStatusError,
            "unsupported_audio",
            "audio",
        ),
        (
            {"file": ("a.wav", wav(np.zeros(0, dtype=np.float32)))},
            openai.UnprocessableEntityError,
            "empty_audio",
            "audio",
        ),
        (
            {"file": ("a.wav", bytes(MAX_UPLOAD_BYTES + 1))},
            openai.APIStatusError,
            "upload_too_large",
            "audio",
        ),
    ],
)
def test_errors_are_the_clients_own(
    client: openai.OpenAI,
    clip: Path,
    fields: dict[str, Any],
    error: type[openai.APIStatusError],
    code: str,
    param: str,
) -> None:
    """Each is the class that belongs to its status, with type, code, param and a message."""
    with pytest.raises(error) as caught:
        client.audio.transcriptions.create(**{"file": clip, "model": "whisper-1", **fields})
    fault = caught.value
    assert type(fault) is error
    assert (fault.code, fault.param, fault.type) == (code, param, "invalid_request_error")
    assert "expected" in fault.message


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")  # OpenAI's own plans for it
def test_a_translation_is_refused_for_what_it_is(client: openai.OpenAI, clip: Path) -> None:
    """Never a transcript in its place."""
    with pytest.raises(openai.BadRequestError) as caught:
        client.audio.translations.create(file=clip, model="whisper-1")
    assert caught.value.code == "unsupported_task"


def test_models_are_listed_and_found(client: openai.OpenAI) -> None:
    """Ours alone, with the time of their manifests; no other is found."""
    listed = {item.id: item for item in client.models.list()}
    assert set(listed) == {"he-demo", "hi-demo"}
    assert client.models.retrieve("hi-demo") == listed["hi-demo"]
    assert listed["hi-demo"].owned_by == "hi-demo-restored"
    assert listed["he-demo"].created > 1_000_000_000
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("whisper-1")
    assert caught.value.code == "unknown_model"


def test_every_path_under_v1_errs_in_the_one_shape(server: Server) -> None:
    """Unknown paths, wrong methods and bodies that are no forms."""
    with server.client() as http:
        answers = [
            http.get("/v1/engines"),
            http.post("/v1/chat/completions", json={}),
            http.get("/v1/audio/transcriptions"),
            http.post("/v1/audio/transcriptions", json={"model": "whisper-1"}),
            http.post("/v1/audio/transcriptions", data={"model": "whisper-1"}),
            http.post("/v1/models"),
        ]
    assert [answer.status_code for answer in answers] == [404, 404, 405, 400, 400, 405]
    for answer in answers:
        assert set(answer.json()["error"]) >= {"message", "type", "param", "code"}


@pytest.mark.parametrize("key", [None, "any"])
def test_any_key_is_accepted_while_none_is_configured(
    server: Server, clip: Path, key: str | None
) -> None:
    """With the header or without it."""
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    answer = httpx.post(
        f"{server.url}/v1/audio/transcriptions",
        files={"file": clip.read_bytes()},
        headers=headers,
        timeout=60,
    )
    assert answer.status_code == httpx.codes.OK


def test_every_format_of_the_client_is_answered_or_refused() -> None:
    """None is unknown to us: the tests above ask for each."""
    known = {"json", "text", "srt", "verbose_json", "vtt", "diarized_json"}
    assert set(get_args(AudioResponseFormat)) == known


def test_the_docs_describe_the_routes(server: Server) -> None:
    """Every field that is read, every format, every header, the events and the refusals."""
    with server.client() as http:
        paths = http.get("/openapi.json").json()["paths"]
    route = paths["/v1/audio/transcriptions"]["post"]
    form = route["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    assert {"file", "model", "language", "response_format", "stream", "prompt"} <= set(form)
    assert set(form["response_format"]["enum"]) == {"json", "text", "srt", "verbose_json", "vtt"}
    answer = route["responses"]["200"]
    assert "text/event-stream" in answer["content"]
    assert set(answer["headers"]) == {"Kolvani-Model", "Kolvani-Language", "Kolvani-Ignored"}
    assert {"400", "404", "413", "415", "422", "500", "503"} <= set(route["responses"])
    assert "400" in paths["/v1/audio/translations"]["post"]["responses"]
