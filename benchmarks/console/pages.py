"""Every page of the console, as an operator asks for it: the whole way through Django, without the network."""

import time
from collections.abc import Iterator
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs.models import DeadLetter, Job


def measure(rounds: int) -> dict[str, tuple[list[float], int]]:
    """Seconds of each request and the number of queries of one, by page. The first two are not counted."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_superuser("bench"))
    return {name: _measured(client, address, rounds) for name, address in _pages()}


def _measured(client: Client, address: str, rounds: int) -> tuple[list[float], int]:
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answers {answer.status_code}")
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        client.get(address)
        times.append(time.perf_counter() - began)
    return times, len(queries)


def _pages() -> Iterator[tuple[str, str]]:
    failed = Job.objects.filter(state="failed").order_by("-pk")[0]
    queued = Job.objects.filter(state="queued").order_by("-run_at")[0]
    letter = DeadLetter.objects.order_by("-pk")[0]
    jobs, letters = "/admin/jobs/job/", "/admin/jobs/deadletter/"
    yield "overview", "/admin/"
    for panel in ("counters", "concerns", "types", "queues"):
        yield f"overview, panel {panel}", f"/admin/?panel={panel}"
    yield "pipeline", "/admin/pipeline/"
    for panel in ("strip", "board", "letters", "feed"):
        yield f"pipeline, panel {panel}", f"/admin/pipeline/?panel={panel}"
    yield "jobs", jobs
    for filters in (
        {"state": "failed"},
        {"state": "succeeded"},
        {"state": "queued"},
        {"type": "bench.type-7"},
        {"queue": "queue-3", "state": "failed"},
        {"tenant_id": "tenant-9"},
        {"tag": "nightly"},
        {"worker": "earlier"},
        {"payload.recipient": "user-77@example.com"},
        {"error": "unknown"},
        {"q": str(failed.pk)},
    ):
        yield f"jobs, {urlencode(filters)[:36]}", f"{jobs}?{urlencode(filters)}"
    yield "a failed job", f"{jobs}{failed.pk}/change/"
    yield "a failed job, drawer", f"{jobs}{failed.pk}/change/?drawer=1"
    yield "a waiting job (why it waits)", f"{jobs}{queued.pk}/change/"
    yield "new job", f"{jobs}add/"
    yield "dead letters", letters
    yield "dead letters of a type", f"{letters}?type=bench.type-7"
    yield "a dead letter", f"{letters}{letter.pk}/change/"
    yield "queues", "/admin/jobs/queue/"
    yield "a queue", "/admin/jobs/queue/queue-3/change/"
    yield "workers", "/admin/jobs/worker/"
    yield "a worker", "/admin/jobs/worker/worker-3/change/"
    yield "audit", "/admin/jobs/auditentry/"
    yield "API keys", "/admin/jobs/apikey/"
    yield "users", "/admin/auth/user/"
    yield "notifications", "/admin/jobs/notification/"
