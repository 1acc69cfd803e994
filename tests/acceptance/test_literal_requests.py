"""Requests that were promised letter by letter, to a demo as `manage.py up` starts it: status, answer and effect.
Those of the documentation are read from its pages.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from tests.acceptance import documents
from tests.acceptance.demo import ADMIN, Demo, running
from tests.acceptance.documents import Example
from tests.browser.conftest import chromium  # noqa: F401 - a fixture

pytestmark = pytest.mark.acceptance
USER = {"X-User-Id": "demo"}
Effect = Callable[[Demo, Any], None]
_REQUEST = re.compile(r"([A-Z]+) +(\S+)(?: +([\w-]+): (.+?))?(?:  +(\{.*\}))?")


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with running() as found:
        yield found


def echoed(demo: Demo, made: dict[str, Any]) -> None:
    assert (made["job_type"], made["parameters"]) == ("echo", {"message": "hello flowbit"})
    demo.succeeded(made["id"])
    mine = demo.client.get(f"/jobs/{made['id']}", headers=USER).json()
    assert (mine["status"], mine["attempts"], mine["result"]) == ("succeeded", 1, {"message": "hello flowbit"})


def understood(demo: Demo, made: dict[str, Any]) -> None:
    assert (made["type"], made["owner"]) == ("email.send", "demo")
    assert (made["dispatch"]["offline"], made["dispatch"]["category"]) == (True, "email")
    demo.succeeded(made["id"])
    sent = demo.mail(made["id"])
    assert (sent["To"], sent["Subject"]) == ("bob@example.com", "tomorrow's launch")


def kept(demo: Demo, told: dict[str, Any]) -> None:
    assert told["categories"] == ["echo", "email", "image_resize"]
    assert demo.client.get("/settings/dispatch-categories", headers=USER).json() == told
    meant = [one["type"] for one in told["handlers"]]
    assert meant == ["echo", "email.send", "image.thumbnail"]


def mailed(demo: Demo, made: dict[str, Any]) -> None:
    assert (made["owner"], made["queue"], made["priority"]) == ("demo", "default", 5)
    demo.succeeded(made["id"])
    sent = demo.mail(made["id"])
    assert (sent["To"], sent["Subject"]) == ("user@example.com", "Hello")


def mailed_later(demo: Demo, made: dict[str, Any]) -> None:
    assert (made["state"], made["timeout"], made["max_attempts"]) == ("scheduled", 300.0, 4)
    assert _time(made["run_at"]) - _time(made["created_at"]) == timedelta(seconds=30)
    repeated = asked(demo, LATER)
    assert (repeated.status_code, repeated.json()["id"]) == (200, made["id"])
    assert repeated.json()["duplicate_suppressed"] is True
    sooner = {"scheduled_at": datetime.now(UTC).isoformat()}
    demo.client.patch(f"/api/v1/jobs/{made['id']}", json=sooner, headers=ADMIN).raise_for_status()
    demo.succeeded(made["id"])
    assert demo.mail(made["id"])["To"] == "a@b.co"


def mailed_for_a_tenant(demo: Demo, made: dict[str, Any]) -> None:
    assert (made["queue"], made["tenant_id"], made["schema_version"]) == ("critical", "tenant-a", 1)
    assert (made["idempotency_key"], made["owner"]) == ("welcome-email:42", "admin-token")
    assert any("durationMs" in warning for warning in made["warnings"])
    job = demo.succeeded(made["id"])
    assert job["payload"]["durationMs"] == 250
    assert demo.mail(made["id"])["To"] == "ops@example.com"


def counted(demo: Demo, figures: dict[str, Any]) -> None:
    assert figures["minutes"] == 60
    assert "default" in [queue["name"] for queue in figures["queues"]]

    def busy() -> bool:
        now = demo.client.get("/api/v1/metrics").json()
        return bool(now["workers"]["alive"] and now["leader_alive"] and now["finished"]["succeeded"])

    demo.until(busy, "the demo's jobs are counted")


def exposed(demo: Demo, text: str) -> None:
    """Every family is there, and the jobs that ran are counted."""
    assert {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")} >= {
        f"flowbit_{name}" for name in FAMILIES.split()
    }
    counted = re.compile(r'^flowbit_jobs_total\{.*"succeeded".*\} [1-9]', re.M)
    demo.until(lambda: counted.search(demo.client.get("/metrics").text), "the demo's jobs are counted")


def healthy(demo: Demo, told: dict[str, Any]) -> None:
    assert {part["status"] for part in (told["postgresql"], told["redis"])} == {"ok"}


def answers(demo: Demo, told: dict[str, Any]) -> None:
    assert told["status"] == "ok"


FAMILIES = """
    jobs_total jobs_failed_total jobs_duration_seconds job_queue_latency_seconds queue_depth workers_active
    jobs_retried_total jobs_dead_lettered_total jobs_throttled_total leases_recovered_total fenced_results_total
    duplicates_suppressed_total jobs_enqueued_total jobs_started_total jobs_active worker_slots worker_slots_busy
    worker_heartbeat_age_seconds scheduler_leader reconciled_total"""
LATER = (
    'POST /api/v1/jobs     {"type":"email","payload":{"to":"a@b.co"},"queue":"default","priority":5,"delay":"30s",'
    '"timeout":"5m","max_retries":3,"idempotency_key":"unique-id"}'
)
ROWS: list[tuple[str, int, Effect]] = [
    ('POST /jobs  X-User-Id: demo  {"job_type":"echo","parameters":{"message":"hello flowbit"}}', 201, echoed),
    (
        'POST /dispatch  X-User-Id: demo  {"prompt":"send an email to bob@example.com about tomorrow\'s launch"}',
        201,
        understood,
    ),
    ('PUT /settings/dispatch-categories  X-User-Id: demo  {"categories":["echo","email","image_resize"]}', 200, kept),
    (
        'POST /api/v1/jobs  {"type":"email","payload":{"to":"user@example.com","subject":"Hello"},"queue":"default",'
        '"priority":5}',
        201,
        mailed,
    ),
    (LATER, 201, mailed_later),
    (
        'POST /api/v1/jobs  Authorization: Bearer dev-admin-token  {"type":"email.send","queue":"critical",'
        '"tenantId":"tenant-a","schemaVersion":1,"idempotencyKey":"welcome-email:42",'
        '"payload":{"recipient":"ops@example.com","durationMs":250}}',
        201,
        mailed_for_a_tenant,
    ),
    ("GET /metrics", 200, exposed),
    ("GET /health", 200, healthy),
    ("GET /health/db", 200, answers),
    ("GET /health/redis", 200, answers),
    ("GET /api/v1/metrics", 200, counted),
    ("GET /api/v1/health", 200, healthy),
]


def asked(demo: Demo, literal: str) -> httpx.Response:
    """The answer to a request that is written as method, path, a header, a body."""
    found = _REQUEST.fullmatch(literal)
    assert found is not None, literal
    method, path, header, value, body = found.groups()
    headers = ({header: value} if header else {}) | ({"Content-Type": "application/json"} if body else {})
    return demo.client.request(method, path, headers=headers, content=body)


@pytest.mark.parametrize(("literal", "status", "effect"), ROWS, ids=[row[0].partition("  ")[0] for row in ROWS])
def test_it_works_as_written(demo: Demo, literal: str, status: int, effect: Effect) -> None:
    answer = asked(demo, literal)
    assert answer.status_code == status, answer.text
    effect(demo, answer.json() if answer.headers["Content-Type"] == "application/json" else answer.text)


@pytest.mark.parametrize(("command", "output"), [("echo hello", "hello\n"), ("echo $HOME `id`", "$HOME `id`\n")])
def test_an_allowed_command_runs_without_a_shell(demo: Demo, command: str, output: str) -> None:
    body = {"type": "generic", "payload": {"command": command}}
    made = demo.client.post("/api/v1/jobs", json=body, headers=ADMIN).raise_for_status().json()
    assert demo.succeeded(made["id"])["result"]["output"] == output


def test_a_file_goes_in_and_comes_out_again(demo: Demo) -> None:
    people = b"name,age\nada,36\n"
    upload = demo.client.post("/api/v1/uploads", files={"file": ("people.csv", people)}).raise_for_status().json()
    body = {"type": "file.ingest", "payload": {"file_id": "people", "source": upload["source"]}}
    made = demo.client.post("/api/v1/jobs", json=body).raise_for_status().json()
    demo.succeeded(made["id"])
    assert demo.client.get(f"/api/v1/jobs/{made['id']}/artifact", headers=USER).content == people


def written(language: str) -> Any:
    """A test for each example in this language."""
    found = [one for one in documents.examples() if one.language == language]
    return pytest.mark.parametrize("example", found, ids=[one.place for one in found])


def test_the_pages_about_requests_have_examples_in_every_language() -> None:
    found = {(one.place.partition(":")[0], one.language) for one in documents.examples()}
    pages = ("docs/api.md", "docs/dispatcher.md")
    assert found >= {(page, language) for page in pages for language in ("", "python", "javascript")}
    assert ("README.md", "") in found


@written("")
def test_a_command_of_the_documentation_works(demo: Demo, example: Example) -> None:
    demo.succeeded(json.loads(_output("bash", "-euc", example.at(demo.url)))["id"])


def test_the_command_that_the_demo_prints_works(demo: Demo) -> None:
    [printed] = [line for line in demo.said().splitlines() if line.startswith("curl ")]
    demo.succeeded(json.loads(_output("bash", "-euc", printed))["id"])


@written("python")
def test_python_of_the_documentation_works(demo: Demo, example: Example) -> None:
    told = _output(sys.executable, "-c", f"{example.at(demo.url)}\nprint(job['id'])").split()
    demo.succeeded(told[-1])


@pytest.mark.browser
@written("javascript")
def test_javascript_of_the_documentation_works(demo: Demo, chromium: Browser, example: Example) -> None:  # noqa: F811
    page = chromium.new_page()
    page.goto(f"{demo.url}/login")
    job = page.evaluate(f"async () => {{ {example.at(demo.url)}\nreturn job; }}")
    page.close()
    demo.succeeded(job["id"])


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
