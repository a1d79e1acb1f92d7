"""Logs: a JSON object a line for machines, or plain lines for people.

What was said or written never gets here: records carry a request's facts, which have none of it,
and of an error that comes up within a request its type and place are told, not its message, which
may quote anything.
"""

import json
import logging
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, Literal

from service.monitoring.facts import current

Fields = Mapping[str, object]
LogFormat = Literal["auto", "json", "text"]
# Who logs errors of requests after these have ended, and quotes them from the second line on.
QUOTING: Final = ("asyncio", "uvicorn")
FIELDS: Final = "fields"  # a record's extra: what it tells beside its message
ROOT: Final = Path(__file__).parents[2]


class JsonFormatter(logging.Formatter):
    """time, level, logger, message, the request's ids, and the record's fields."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; what is no ASCII is escaped."""
        told = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
            **_ids(),
            **_fields(record),
            **_fault(record),
        }
        return json.dumps({key: value for key, value in told.items() if value is not None})


class TextFormatter(logging.Formatter):
    """The same for people."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the stack of an error."""
        fields = {**_ids(), **_fields(record)}
        pairs = "".join(f" {key}={_short(value)}" for key, value in fields.items() if value)
        line = f"{_time(record)} {record.levelname} {record.name} {_message(record)}{pairs}"
        return "\n".join((line, *(str(value) for value in _fault(record).values())))


def configure_logs(level: str, log_format: LogFormat, stream: IO[str]) -> None:
    """Send all records of `level` and above to `stream`; `auto` is text on a terminal.

    Once a process; whoever has configured logging before keeps it.
    """
    if log_format == "auto":
        log_format = "text" if stream.isatty() else "json"
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler])


def fault_fields(error: BaseException) -> dict[str, object]:
    """The type of an error and where it came up, without its message."""
    frames = traceback.extract_tb(error.__traceback__)
    stack = [f"{_place(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error_type": type(error).__qualname__, "stack": stack}


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _message(record: logging.LogRecord) -> str:
    message = record.getMessage()
    return message.partition("\n")[0] if record.name.startswith(QUOTING) else message


def _ids() -> Fields:
    facts = current()
    if facts is None:
        return {}
    return {"request_id": facts.request_id, "trace_id": facts.trace_id, "span_id": facts.span_id}


def _fields(record: logging.LogRecord) -> Fields:
    fields = getattr(record, FIELDS, {})
    return fields if isinstance(fields, Mapping) else {}


def _fault(record: logging.LogRecord) -> Fields:
    """Of an error outside of requests all is told: nobody's text can be in it."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return {}
    if current() is not None or record.name.startswith(QUOTING):
        return fault_fields(error)
    return {"traceback": "".join(traceback.format_exception(error))}


def _place(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def _short(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ",".join(f"{key}:{_short(part)}" for key, part in value.items())
    return value
