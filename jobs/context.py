"""What a handler may ask and tell while its attempt runs. Pure: the worker reads it, nothing here does I/O."""

import contextvars
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from jobs import jsontext

MAX_LINES = 200
MAX_LINE = 2000

current: contextvars.ContextVar["Context | None"] = contextvars.ContextVar("flowbit_attempt", default=None)
"""The attempt that this thread or task runs; lets ordinary `logging` calls reach the attempt's log."""


process: dict[str, str] = {}
"""What every log line of this process belongs to: `worker`, in a worker's child."""
ABOUT = "about"


def naming(job_id: UUID, attempt: int | None, queue: str, type: str) -> dict[str, dict[str, Any]]:
    """`extra` of a log line that tells of a job from outside of its handler."""
    return {ABOUT: {"job_id": str(job_id), "attempt": attempt, "queue": queue, "type": type}}


class AttemptLog:
    """Bounded log lines of one attempt: the first half and the last half are kept, the middle is counted."""

    __slots__ = ("_began", "_first", "_last", "dropped")

    def __init__(self, began: float) -> None:
        self._began = began
        self._first: list[list[Any]] = []
        self._last: list[list[Any]] = []
        self.dropped = 0

    def __call__(self, message: object, level: str = "info") -> None:
        line = [round(time.monotonic() - self._began, 3), level, jsontext.clean(str(message), MAX_LINE)]
        if len(self._first) < MAX_LINES // 2:
            self._first.append(line)
            return
        self._last.append(line)
        if len(self._last) > MAX_LINES // 2:
            del self._last[0]
            self.dropped += 1

    def lines(self) -> list[list[Any]]:
        """`[[seconds since the start, level, text], ...]`, with a line in the middle that counts what is left out."""
        gap = [[self._last[0][0], "warning", f"({self.dropped} lines left out)"]] if self.dropped else []
        return self._first + gap + self._last


class Context:
    """The attempt, seen from inside its handler."""

    __slots__ = (
        "_dependencies",
        "_load_dependencies",
        "_log",
        "attempt",
        "began",
        "cancelled",
        "job_id",
        "owner_id",
        "queue",
        "reported",
        "tenant_id",
        "type",
    )

    def __init__(
        self,
        *,
        job_id: UUID,
        attempt: int,
        type: str,
        queue: str = "default",
        tenant_id: str = "",
        owner_id: int | None = None,
        load_dependencies: Callable[[UUID], Mapping[str, Any]] | None = None,
    ) -> None:
        self.job_id = job_id
        self.attempt = attempt
        self.type = type
        self.queue = queue
        self.tenant_id = tenant_id
        self.owner_id = owner_id
        self.began = time.monotonic()
        self.cancelled = False
        self.reported: tuple[float, str] | None = None
        self._load_dependencies = load_dependencies
        self._dependencies: Mapping[str, Any] | None = None
        self._log: AttemptLog | None = None

    @property
    def log(self) -> AttemptLog:
        """Call it with a message: `ctx.log("resized")`, `ctx.log("odd", "warning")`."""
        if self._log is None:
            self._log = AttemptLog(self.began)
        return self._log

    def progress(self, fraction: float, note: str = "") -> None:
        """Say how far the work is, 0 to 1. The last word wins; it is stored about once a second."""
        self.reported = (min(max(float(fraction), 0.0), 1.0), jsontext.clean(str(note), 200))

    @property
    def dependencies(self) -> Mapping[str, Any]:
        """Results of the jobs that this one waited for, by label, else by type (a list where a type has several)."""
        if self._dependencies is None:
            self._dependencies = self._load_dependencies(self.job_id) if self._load_dependencies else {}
        return self._dependencies

    def log_lines(self) -> list[list[Any]] | None:
        return self._log.lines() if self._log else None


class AttemptLogHandler(logging.Handler):
    """Copies records of ordinary loggers into the log of the attempt that emitted them."""

    def emit(self, record: logging.LogRecord) -> None:
        context = current.get()
        if context is not None:
            try:
                context.log(record.getMessage(), record.levelname.lower())
            except Exception:  # arguments that do not fit the message, say: told as other handlers of logging do
                self.handleError(record)
