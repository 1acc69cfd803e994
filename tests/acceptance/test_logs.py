"""Lines in the logs of real processes, and how they are found."""

import json
from typing import Any
from uuid import UUID

import pytest

from jobs.models import Worker
from tests.acceptance.system import Process, System

pytestmark = pytest.mark.acceptance


@pytest.mark.parametrize("name", ["test.talks", "test.talks_async"])
def test_lines_of_a_handler_and_of_a_request_can_be_found_by_their_ids(system: System, name: str) -> None:
    web = system.web(LOG_FORMAT="json")
    answer = web.post("/api/v1/jobs?secret=1", json={"type": name, "payload": {}}, headers={"X-Request-Id": "gate-7"})
    assert (answer.status_code, answer.headers["X-Request-Id"]) == (201, "gate-7")
    job_id = UUID(answer.json()["id"])
    worker = system.worker(LOG_FORMAT="json")
    system.until_final(job_id)
    said = system.until(lambda: lines(worker, message="it talks"), "the handler's line is written")[0]
    assert (said["job_id"], said["attempt"], said["queue"], said["type"]) == (str(job_id), 1, "default", name)
    assert said["worker"] == Worker.objects.get().pk
    access = system.until(lambda: lines(system.processes[0], request_id="gate-7", status=201), "the request's line")[0]
    assert (access["method"], access["path"], type(access["user_id"])) == ("POST", "/api/v1/jobs", int)
    assert "secret=1" not in system.processes[0].text()


def lines(process: Process, **wanted: Any) -> list[dict[str, Any]]:
    """The lines of a log, each of which must be JSON, that have these values."""
    found = [json.loads(line) for line in process.text().splitlines()]
    return [line for line in found if wanted.items() <= line.items()]
