import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest

from flowbit.logs import ConsoleFormatter, JsonFormatter
from jobs import context, request_id
from jobs.context import Context

JOB = UUID("01890000-0000-7000-8000-000000000001")


def record(message: str = "hello %s", *arguments: object, **extra: Any) -> logging.LogRecord:
    given = arguments or ("you",)
    return logging.getLogger("app").makeRecord("app", logging.INFO, __file__, 1, message, given, None, extra=extra)


@contextmanager
def a_request(name: str) -> Iterator[None]:
    token = request_id.current.set(name)
    yield
    request_id.current.reset(token)


@contextmanager
def an_attempt() -> Iterator[None]:
    token = context.current.set(Context(job_id=JOB, attempt=3, type="email.send", queue="critical", tenant_id="t"))
    yield
    context.current.reset(token)


def as_json(one: logging.LogRecord) -> dict[str, Any]:
    text = JsonFormatter().format(one)
    assert "\n" not in text
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_line_of_nothing_in_particular() -> None:
    found = as_json(record())
    assert (found["level"], found["logger"], found["message"]) == ("info", "app", "hello you")
    assert set(found) == {"time", "level", "logger", "message", "process"}


def test_a_line_within_a_request() -> None:
    with a_request("r-1"):
        assert as_json(record())["request_id"] == "r-1"
        assert ConsoleFormatter("{message}", style="{").format(record()) == "hello you [request r-1]"


def test_a_line_of_a_running_handler() -> None:
    with an_attempt():
        found = as_json(record())
        brief = ConsoleFormatter("{message}", style="{").format(record())
    told = {name: found[name] for name in ("job_id", "attempt", "queue", "type")}
    assert told == {"job_id": str(JOB), "attempt": 3, "queue": "critical", "type": "email.send"}
    assert brief == f"hello you [job {JOB} attempt 3]"
    assert "tenant" not in json.dumps(found)


def test_a_line_about_a_job_from_outside_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(context.process, "worker", "host-1-ab")
    found = as_json(record(**context.naming(JOB, 2, "default", "echo")))
    assert (found["job_id"], found["attempt"], found["worker"]) == (str(JOB), 2, "host-1-ab")


def test_what_a_line_is_about_never_takes_the_place_of_what_it_says() -> None:
    found = as_json(record(about={"message": "another", "level": "none", "job_id": "x"}))
    assert (found["message"], found["level"], found["job_id"]) == ("hello you", "info", "x")


def test_line_breaks_begin_no_line_of_their_own_in_json() -> None:
    assert as_json(record("a %s", 'b\n{"level": "fake"}'))["message"] == 'a b\n{"level": "fake"}'
