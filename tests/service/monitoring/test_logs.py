"""A line a record, with what is known and nothing that was said."""

import contextlib
import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from service.monitoring.facts import Facts, known
from service.monitoring.logs import FIELDS, JsonFormatter, LogFormat, TextFormatter, configure_logs

SAID = "קרפדה"  # said by a client
FACTS = Facts("an-id", "0" * 31 + "1", "0" * 15 + "2")


def record(name: str = "service.x", **more: object) -> logging.LogRecord:
    made = logging.LogRecord(name, logging.WARNING, __file__, 1, "%s is %d", ("this", 7), None)
    made.__dict__.update({"created": 1_700_000_000.25, **more})
    return made


def fault(message: str) -> Any:  # noqa: ANN401  # as sys.exc_info has it
    try:
        {}[message]
    except KeyError:
        return sys.exc_info()


def told(made: logging.LogRecord) -> dict[str, Any]:
    line = JsonFormatter().format(made)
    assert line.isascii()
    assert "\n" not in line
    document: dict[str, Any] = json.loads(line)
    return document


def test_a_record_is_one_json_object_a_line() -> None:
    """Time in UTC, level, logger, message, and the fields that are known."""
    fields = {"route": "/align", "audio_sec": 1.5, "task": None, "words": {"aligned": 2}}
    assert told(record(**{FIELDS: fields})) == {
        "time": "2023-11-14T22:13:20.250Z",
        "level": "warning",
        "logger": "service.x",
        "message": "this is 7",
        "route": "/align",
        "audio_sec": 1.5,
        "words": {"aligned": 2},
    }


def test_a_line_break_in_a_message_makes_no_line() -> None:
    """Nobody can write a line of their own into the log."""
    forged = record(msg='x\n{"level": "error"}', args=())
    assert told(forged)["message"] == 'x\n{"level": "error"}'


def test_within_a_request_its_ids_are_told() -> None:
    """By every logger, not by the line of the request alone."""
    with known(FACTS):
        line = told(record())
    assert (line["request_id"], line["trace_id"], line["span_id"]) == (
        FACTS.request_id,
        FACTS.trace_id,
        FACTS.span_id,
    )
    assert "request_id" not in told(record())


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_an_error_within_a_request_is_told_without_its_message(
    formatter: logging.Formatter,
) -> None:
    """Its type and its place are; the message may quote what a client wrote."""
    with known(FACTS):
        line = formatter.format(record(exc_info=fault(SAID)))
    line = line.encode().decode("unicode_escape") if line.isascii() else line
    assert SAID not in line
    assert "KeyError" in line
    assert "tests/service/monitoring/test_logs.py:" in line


@pytest.mark.parametrize("name", ["asyncio", "uvicorn.error"])
def test_what_the_server_quotes_of_an_error_is_left_out(name: str) -> None:
    """These log errors of requests after they have ended."""
    line = told(record(name, msg=f"failed\nexception={SAID}", args=(), exc_info=fault(SAID)))
    assert line["message"] == "failed"
    assert SAID not in json.dumps(line, ensure_ascii=False)
    assert line["error_type"] == "KeyError"


def test_an_error_outside_of_requests_is_told_in_full() -> None:
    """An operator needs to know why a model does not load."""
    assert "KeyError: 'no such file'" in told(record(exc_info=fault("no such file")))["traceback"]


def test_people_read_the_same_in_plain_lines() -> None:
    """Fields behind the message, numbers short."""
    fields = {"route": "/align", "duration_sec": 0.123456, "stages": {"queue": 0.5}}
    assert TextFormatter().format(record(**{FIELDS: fields})) == (
        "2023-11-14T22:13:20.250Z WARNING service.x this is 7 "
        "route=/align duration_sec=0.1235 stages=queue:0.5\n"
    ).rstrip("\n")


class Terminal(io.StringIO):
    """What people look at."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@contextlib.contextmanager
def new_process() -> Iterator[logging.Logger]:
    """A root logger without handlers."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = []
    try:
        yield root
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


@pytest.mark.parametrize(
    ("log_format", "stream", "is_json"),
    [
        ("auto", io.StringIO(), True),
        ("auto", Terminal(), False),
        ("json", Terminal(), True),
        ("text", io.StringIO(), False),
    ],
)
def test_the_format_is_the_settings_or_the_terminals(
    log_format: LogFormat, stream: io.StringIO, is_json: bool
) -> None:
    """`auto` is text on a terminal, and JSON for whatever collects logs."""
    with new_process() as root_logger:
        configure_logs("info", log_format, stream)
        root_logger.info("hello")
        root_logger.debug("not told")
    (line,) = stream.getvalue().splitlines()
    assert line.startswith("{") == is_json
