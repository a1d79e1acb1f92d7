"""`python -m service serve | transcribe | align | retime | models | prepare | doctor | keys`."""

import argparse
import logging
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from pydantic import ValidationError

from service.batch.outputs.answers import pretty
from service.batch.status import EXIT_STATUSES, FAILED, INTERRUPTED, TERMINATED, USAGE, WrongUsage
from service.commands.align import add_align
from service.commands.doctor import add_doctor
from service.commands.keys import add_keys
from service.commands.models import add_models
from service.commands.prepare import add_prepare
from service.commands.retime import add_retime
from service.commands.serve import add_serve
from service.commands.transcribe import add_transcribe
from service.errors import KolvaniError
from service.monitoring.logs import configure_logs
from service.ops.files import Unwritable
from service.ops.settings import Settings

COMMANDS: Final = (
    add_serve,
    add_transcribe,
    add_align,
    add_retime,
    add_models,
    add_prepare,
    add_doctor,
    add_keys,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (service/batch/status.py). Raises SystemExit as
    argparse does, and with 143 if terminated.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        settings = _settings(options)
    except ValidationError as error:
        sys.stderr.write(f"error: {error}\n")
        return USAGE
    _set_logging(settings, serves=options.command == "serve")
    try:
        return _run(options, settings)
    except WrongUsage as error:
        options.parser.print_usage(sys.stderr)
        sys.stderr.write(f"{options.parser.prog}: error: {error}\n")
        return USAGE


def _run(options: argparse.Namespace, settings: Settings) -> int:
    if options.command == "serve":
        return int(options.run(options, settings))
    try:
        with _ended_by_a_signal():
            return int(options.run(options, settings))
    except KolvaniError as error:
        sys.stderr.write(pretty(error.as_dict()).decode())
    except OSError as error:
        got = error.strerror or error
        can = "written" if isinstance(error, Unwritable) else "read"
        place = f"{error.filename}: " if error.filename else ""  # what is no file has no name
        sys.stderr.write(f"error: {place}expected a file that can be {can}, got: {got}\n")
    except KeyboardInterrupt:
        return INTERRUPTED
    return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m service",
        description="Speech to text with word times, and word times for a given text, on a CPU.",
        epilog=EXIT_STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for add in COMMANDS:
        add(commands)
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    """From the environment, with what the arguments name of them."""
    overrides = {name: getattr(options, name, None) for name in Settings.model_fields}
    return Settings(**{name: value for name, value in overrides.items() if value is not None})


def _set_logging(settings: Settings, *, serves: bool) -> None:
    configure_logs(settings.log_level, settings.log_format if serves else "text", sys.stderr)
    if not serves:
        logging.getLogger("service").setLevel(logging.WARNING)


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
