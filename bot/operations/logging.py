"""Log lines that cannot hold what somebody said: one line for each event, from every process.

Rasa, the action server and other libraries put the text of a citizen in their messages, in their
exceptions and, by structlog, in the local variables of a traceback. So a record is made safe when
it is made (`logging.setLogRecordFactory`), before any handler sees it:

- of what our own code logs, the message is kept: we write it without content;
- of what anyone else logs, a message is kept only if it stands literally in the source of the
  function that logs it, so without any value filled in. The place in the source always is;
- of an exception, only its types and the places in the source: no message, no variables.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from datetime import datetime, timezone
from types import CodeType, TracebackType
from typing import Any, TextIO

from bot.settings import ROOT

logger = logging.getLogger(__name__)
OURS = ("bot", "actions")
# The request that is being handled, in every line that is logged meanwhile.
REQUEST: ContextVar[str] = ContextVar("request", default="")
MOST_FRAMES = 12
MOST_CAUSES = 4
PACKAGES = "site-packages/"


def configure(form: str, level: int = logging.INFO) -> None:
    """Makes this process log lines on its standard error, and nothing else anywhere.

    Args:
        form: `json`, or `text` for people.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(Lines(form))
    logging.setLogRecordFactory(_record)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # For loggers that pass nothing on and have no handler, such as Sanic's.
    rest = logging.StreamHandler()
    rest.setFormatter(handler.formatter)
    rest.setLevel(logging.WARNING)
    logging.lastResort = rest
    # A line that cannot be written would be printed with everything in it.
    logging.raiseExceptions = False
    warnings.showwarning = _warned
    threading.excepthook = _thread_died


class Lines(logging.Formatter):
    """A record as one line: JSON, or readable text. What is no plain character is escaped.

    Args:
        form: `json` or `text`.
    """

    def __init__(self, form: str) -> None:
        super().__init__()
        self._as_json = form == "json"

    def format(self, record: logging.LogRecord) -> str:
        """The line, without a line break."""
        moment = datetime.fromtimestamp(record.created, timezone.utc)
        fields: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _message(record),
        }
        if _is_ours(record.name):
            fields |= getattr(record, "fields", {})
        else:
            fields["at"] = f"{_place(record.pathname)}:{record.lineno} {record.funcName or ''}"
        if REQUEST.get():
            fields["request"] = REQUEST.get()
        if record.exc_text:
            fields["error"] = record.exc_text
        return json.dumps(fields, default=str) if self._as_json else _text(fields)


def describe(error: BaseException) -> str:
    """An exception and its causes as types and places in the source, the innermost place first."""
    found: list[str] = []
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen and len(found) < MOST_CAUSES:
        seen.add(id(cause))
        kind = type(cause)
        places = [
            f"{_place(code.co_filename)}:{line} {code.co_name}"
            for code, line in _frames(cause.__traceback__)
        ]
        where = f" at {' < '.join(places[: -MOST_FRAMES - 1 : -1])}" if places else ""
        found.append(f"{kind.__module__}.{kind.__qualname__}{where}")
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return " because of ".join(found)


def _record(
    name: str,
    level: int,
    path: str,
    line: int,
    message: object,
    args: Any,
    exc_info: Any,
    func: str | None = None,
    sinfo: str | None = None,
    **_: Any,
) -> logging.LogRecord:
    """A record that holds nothing which may be about a person. Its stack is left out."""
    error = exc_info[1] if exc_info else None
    if not _is_ours(name):
        message, args = _literal(message, path, func), ()
        if error is None and level >= logging.ERROR:
            error = sys.exc_info()[1]  # structlog has made it part of its message
    record = logging.LogRecord(name, level, path, line, message, args, None, func)
    record.exc_text = describe(error) if error else None
    return record


def _literal(message: object, path: str, func: str | None) -> str:
    """The message if it is a constant in the code of the function that logs it, else nothing.

    Of structlog, which logs JSON, that goes for its event.
    """
    candidates = [message]
    if isinstance(message, str) and message.startswith("{"):
        try:
            event = json.loads(message)
        except (ValueError, RecursionError):
            event = {}
        candidates += [event.get("event_info"), event.get("event")]
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename == path and frame.f_code.co_name == func:
            constants = {c for c in frame.f_code.co_consts if isinstance(c, str)}
            return next((c for c in candidates if isinstance(c, str) and c in constants), "")
        frame = frame.f_back  # type: ignore[assignment]
    return ""


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in OURS


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # a mistake of ours in what the line wants
        return str(record.msg)


def _frames(trace: TracebackType | None) -> Iterator[tuple[CodeType, int]]:
    while trace is not None:
        yield trace.tb_frame.f_code, trace.tb_lineno
        trace = trace.tb_next


def _place(path: str) -> str:
    """A file as people know it: within the project or within its package."""
    if PACKAGES in path:
        return path.rpartition(PACKAGES)[2]
    return path.removeprefix(f"{ROOT}/")


def _text(fields: Mapping[str, Any]) -> str:
    begin = (fields["time"], fields["level"].upper(), fields["logger"], fields["event"])
    words = [str(word) for word in begin if word]
    words += [
        f"{n}={v}" for n, v in fields.items() if n not in ("time", "level", "logger", "event")
    ]
    line = " ".join(words)
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else _escaped(c) for c in line)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


def _warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """A warning without its text: Rasa quotes what somebody typed in it."""
    logger.warning("%s at %s:%d", category.__name__, _place(filename), lineno)


def _thread_died(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        logger.error("a thread died: %s", describe(args.exc_value))
