"""Log records as JSON lines, for machines that read them, or as lines for people. Both tell whose they are: the
request, the job's attempt and the worker, wherever something is known of them. Without what must not stand in them.
"""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from jobs import context, request_id

_BRIEF = {"request_id": "request", "job_id": "job", "attempt": "attempt"}


def about(record: logging.LogRecord) -> dict[str, Any]:
    """What the line belongs to. To be called in the thread that logs."""
    found = dict(context.process)
    if request := request_id.current.get():
        found["request_id"] = request
    if (attempt := context.current.get()) is not None:
        found |= context.naming(attempt.job_id, attempt.attempt, attempt.queue, attempt.type)[context.ABOUT]
    return found | getattr(record, context.ABOUT, {})


_QUERY = re.compile(r"(/(?:ws|sse)(?:/[\w/-]*)?)\?[^\s\"]*")
_SERVERS = ("uvicorn.error", "uvicorn.access")


class JsonFormatter(logging.Formatter):
    """One object a line: time, level, logger, message, process, what it is about, and the exception if any."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        further = {**about(record), **getattr(record, "figures", {})}
        return json.dumps({**line, **further, **line}, default=str)  # what it says comes first, and has the last word


class ConsoleFormatter(logging.Formatter):
    """The message, and behind it request, job and attempt."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        found = about(record)
        told = " ".join(f"{word} {found[name]}" for name, word in _BRIEF.items() if name in found)
        return super().formatMessage(record) + (f" [{told}]" if told else "")


class HideQueries(logging.Filter):
    """Leaves the query out of addresses of streams: a token may stand there."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_hidden(one) for one in record.args)
        record.msg = _hidden(record.msg)
        return True


def _hidden(value: object) -> object:
    return _QUERY.sub(r"\1?...", value) if isinstance(value, str) else value


def hide_queries() -> None:
    """In what an ASGI server logs by itself; it has set up its loggers before it imports us."""
    for name in _SERVERS:
        logging.getLogger(name).addFilter(HideQueries())
