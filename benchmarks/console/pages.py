"""Every page of the console, as somebody asks for it: the whole way through Django, without the network."""

import time
from collections.abc import Iterator

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.console import answers, jobs, letters, records
from flowbit.garbage import look_seldom, spare_collections

Pages = Iterator[tuple[str, str]]
"""What a page is called, and its address."""


def measure(user: User, rounds: int, only: str = "") -> Iterator[tuple[str, list[float], int]]:
    """Each page's name, the seconds of its requests in a web process and the queries of one; two come before these."""
    look_seldom()
    spare_collections()
    for person, pages in _all(user):
        client = Client(SERVER_NAME="localhost", headers={"accept": "text/html, application/json;q=0.9"})
        client.force_login(person)
        for name, address in pages:
            if only in name:
                yield name, *_measured(client, address, rounds)


def _measured(client: Client, address: str, rounds: int) -> tuple[list[float], int]:
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answers {answer.status_code}")
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
        asked = len(queries)
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        client.get(address)
        times.append(time.perf_counter() - began)
    return times, asked


def _all(user: User) -> Iterator[tuple[User, Pages]]:
    for pages in (_boards(), jobs.pages(), letters.pages(), _operators(), records.pages(), answers.pages()):
        yield user, pages
    yield User.objects.get(username="person-7"), _own("own jobs")
    yield User.objects.get(username="person-8"), _own("jobs of a tenant")


def _boards() -> Pages:
    yield "overview", "/admin/"
    for panel in ("counters", "concerns", "throughput", "types", "queues", "failures"):
        yield f"overview, panel {panel}", f"/admin/?panel={panel}"
    yield "pipeline", "/admin/pipeline/"
    for panel in ("strip", "board", "letters", "feed"):
        yield f"pipeline, panel {panel}", f"/admin/pipeline/?panel={panel}"


def _operators() -> Pages:
    yield "queues", "/admin/jobs/queue/"
    yield "queues, searched", "/admin/jobs/queue/?q=queue-1"
    yield "a queue", "/admin/jobs/queue/queue-3/change/"
    yield "workers", "/admin/jobs/worker/"
    yield "workers, ended ones too", "/admin/jobs/worker/?all"
    yield "workers, a page deep down", "/admin/jobs/worker/?all&page=10"
    yield "a worker", "/admin/jobs/worker/worker-3/change/"
    for range_ in ("1h", "6h", "24h", "3d", "14d"):
        yield f"metrics, {range_}", f"/admin/metrics/?range={range_}"
    yield "metrics of a type", "/admin/metrics/?type=bench.type-7"
    yield "metrics of a queue, 14d", "/admin/metrics/?queue=queue-3&range=14d"
    yield "events", "/admin/events/"
    yield "events of a kind", "/admin/events/?kind=job.failed"
    yield "events of a queue", "/admin/events/?queue=queue-3"
    yield "events of a type", "/admin/events/?type=bench.rare"
    yield "stores", "/admin/stores/"
    yield "operations", "/admin/bulk/"


def _own(whose: str) -> Pages:
    """Of somebody who may not see all jobs."""
    yield f"home, {whose}", "/"
    yield f"API: {whose}", "/api/v1/jobs"
    yield f"API: {whose}, state=succeeded", "/api/v1/jobs?state=succeeded"
    yield f"API: {whose}, type=bench.rare", "/api/v1/jobs?type=bench.rare"
