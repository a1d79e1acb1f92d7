"""`python -m service serve | transcribe | align | retime`."""

import argparse
import json
import logging
import math
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final, get_args

import uvicorn
from pydantic import BaseModel, ValidationError

from service.app import create_app
from service.audio import decode_file
from service.chunking import Progress
from service.errors import EmptyTranscript, InvalidField, KolvaniError
from service.monitoring.logs import configure_logs
from service.ops.files import Unwritable, write_output, write_whole
from service.ops.quota import usable_cpus
from service.ops.settings import Settings
from service.progress import ProgressBar
from service.recognizer import DEFAULTS, AlignOptions
from service.serving import dispatch
from service.serving.catalogue import AUTO, Catalogue, Shortlist
from service.serving.recording import Recording
from service.serving.retiming import retime
from service.subtitles.reading import MAX_BYTES, READABLE
from service.text.lineup import Gaps
from service.text.segments import Division
from service.text.spoken.dictionary import read_pronunciations
from service.web.retime_form import MAX_LINGER_SEC
from service.web.retime_schemas import retime_answer
from service.web.schemas import align_answer, transcribe_answer

FAILED: Final = 1
USAGE: Final = 2  # argparse's own
INTERRUPTED: Final = 130  # the shell's for Ctrl-C
TERMINATED: Final = 143  # and for SIGTERM


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, 1 for an error, 2 for wrong usage,
    130 if interrupted. Raises SystemExit as argparse does, and with 143 if terminated.
    """
    options = _options(arguments)
    try:
        overrides = {name: getattr(options, name, None) for name in Settings.model_fields}
        settings = Settings(**{k: v for k, v in overrides.items() if v is not None})
    except ValidationError as error:
        sys.stderr.write(f"error: {error}\n")
        return USAGE
    if options.command == "serve":
        configure_logs(settings.log_level, settings.log_format, sys.stderr)
        return _serve(settings)
    configure_logs(settings.log_level, "text", sys.stderr)
    logging.getLogger("service").setLevel(logging.WARNING)
    try:
        with _ended_by_a_signal():
            told = _told(options, settings)
            write_output(sys.stdout, told)
    except KolvaniError as error:
        sys.stderr.write(_json(error.as_dict()))
        return FAILED
    except OSError as error:
        got = error.strerror or error
        can = "written" if isinstance(error, Unwritable) else "read"
        sys.stderr.write(
            f"error: {error.filename}: expected a file that can be {can}, got: {got}\n"
        )
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = _parser()
    options = parser.parse_args(arguments)
    output, report = getattr(options, "output", None), getattr(options, "report", None)
    if output and report and _one_file(output, report):
        parser.error(f"expected two files for --output and --report, got {output} for both")
    return options


def _one_file(one: Path, other: Path) -> bool:
    """Whether the second would be written over the first; a device or a pipe takes both."""
    if one.exists() and not one.is_file():
        return False
    return one.resolve() == other.resolve()


@contextmanager
def _ended_by_a_signal() -> Iterator[None]:
    """SIGTERM ends what runs within as an exception does: files are closed, the bar is cleared."""

    def end(*_: object) -> None:
        raise SystemExit(TERMINATED)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _told(options: argparse.Namespace, settings: Settings) -> bytes:
    """What goes to standard output."""
    return _retime(options, settings) if options.command == "retime" else _speak(options, settings)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m service", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="listen for HTTP requests")
    serve.add_argument("--host", help="address to listen on")
    serve.add_argument("--port", type=int, help="port to listen on")
    transcribe = commands.add_parser("transcribe", help="print what a recording says, as JSON")
    align = commands.add_parser("align", help="print when each word of a text is said, as JSON")
    retime = commands.add_parser("retime", help="print subtitles with corrected times")
    for command in (transcribe, align, retime):
        command.add_argument("audio", type=Path, help="an audio file")
        command.add_argument("--model", help="a model's id")
        command.add_argument("--language", help=f"a language's code, such as he, or {AUTO}")
    align.add_argument("transcript", type=Path, help="a UTF-8 text file")
    align.add_argument("--characters", action="store_true", help="print their times, too")
    align.add_argument(
        "--gaps",
        choices=get_args(Gaps),
        default=DEFAULTS.gaps,
        help="where speech that the text lacks is passed over (%(default)s); with all but none, "
        "also where it is plain that there is some",
    )
    align.add_argument(
        "--segments",
        choices=get_args(Division),
        default=DEFAULTS.segments,
        help="what the segments are; a line break always ends one (%(default)s)",
    )
    align.add_argument(
        "--pronunciations",
        type=Path,
        help="a JSON file: how words are said that the model cannot read, as written -> as said",
    )
    retime.add_argument("subtitles", type=Path, help=f"a file as {READABLE}")
    retime.add_argument("-o", "--output", type=Path, help="write them here, not to standard output")
    retime.add_argument("--tier", help="of a TextGrid: the tier whose labels are spoken")
    retime.add_argument(
        "--linger-sec", type=_linger, default=0.0, help="how long a cue stays after its last word"
    )
    retime.add_argument("--report", type=Path, help="write what was done to each cue here, as JSON")
    for command in (serve, transcribe, align, retime):
        command.add_argument("--models-dir", type=Path, help="folder of model bundles")
    return parser


def _serve(settings: Settings) -> int:
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings),
            host=settings.host,
            port=settings.port,
            log_level=settings.log_level,
            log_config=None,
            access_log=False,  # service/web/observer.py has a line a request
        )
    )
    with suppress(KeyboardInterrupt):  # raised again once the server has shut down
        server.run()
    return 0 if server.started else FAILED


def _speak(options: argparse.Namespace, settings: Settings) -> bytes:
    align = options.command == "align"
    text = _read_text(options.transcript) if align else ""
    shortlist = _shortlist(options, settings)
    with _recording(options, settings) as recording, closing(ProgressBar(sys.stderr)) as bar:
        if align:
            how = AlignOptions(
                options.gaps,
                options.segments,
                _read_pronunciations(options.pronunciations),
                options.characters,
            )
            aligned = dispatch.align(
                shortlist, recording, text, how, on_progress=_shown(recording, bar)
            )
            return _printed(align_answer(aligned))
        heard = dispatch.transcribe(shortlist, recording, on_progress=_shown(recording, bar))
        return _printed(transcribe_answer(heard))


def _retime(options: argparse.Namespace, settings: Settings) -> bytes:
    """What is left for standard output, once the files that were asked for are written."""
    with options.subtitles.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    shortlist = _shortlist(options, settings)
    with _recording(options, settings) as recording, closing(ProgressBar(sys.stderr)) as bar:
        retimed = retime(
            shortlist,
            recording,
            content,
            tier=options.tier,
            linger_sec=options.linger_sec,
            on_progress=_shown(recording, bar),
        )
    if options.report:
        write_whole(options.report, _printed(retime_answer(retimed)))
    if options.output is None:
        return retimed.subtitles.content
    write_whole(options.output, retimed.subtitles.content)
    return b""


def _shortlist(options: argparse.Namespace, settings: Settings) -> Shortlist:
    # One request alone: all threads work on it, and no model is loaded that it does not need.
    catalogue = Catalogue.read(settings.models_dir, usable_cpus())
    return catalogue.shortlist(options.model, options.language)


def _recording(options: argparse.Namespace, settings: Settings) -> closing[Recording]:
    return closing(
        Recording(
            lambda sample_rate: decode_file(options.audio, sample_rate, settings.max_audio_sec)
        )
    )


def _shown(recording: Recording, bar: ProgressBar) -> Progress:
    """Progress in a recording, whose length is known once it is decoded."""
    return lambda done_sec: bar.show(done_sec, recording.duration_sec)


def _linger(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= MAX_LINGER_SEC:
        raise argparse.ArgumentTypeError(f"expected 0 to {MAX_LINGER_SEC:g}, got {text}")
    return seconds


def _printed(answer: BaseModel) -> bytes:
    return _json(answer.model_dump()).encode()


def _read_text(path: Path) -> str:
    text = _read_utf8(path, "transcript")
    if not text.strip():
        raise EmptyTranscript(f"{path}: expected a text to align, got none", param="transcript")
    return text


def _read_pronunciations(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    return read_pronunciations(_read_utf8(path, "pronunciations"))


def _read_utf8(path: Path, param: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidField(f"{path}: expected UTF-8 text, got {error}", param=param) from error


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
