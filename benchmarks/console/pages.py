"""Every page of the console, as an operator asks for it: the whole way through Django, without the network."""

import time
from collections.abc import Iterator
from urllib.parse import unquote, urlencode
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Count
from django.test import Client
from django.test.utils import CaptureQueriesContext

from flowbit.garbage import spare_collections
from jobs.filters import cursors
from jobs.models import DeadLetter, Dependency, Job
from jobs.queries.pages import Place
from jobs.states import PARKED, State

_JOBS, _LETTERS = "/admin/jobs/job/", "/admin/jobs/deadletter/"


def measure(user: User, rounds: int, only: str = "") -> dict[str, tuple[list[float], int]]:
    """Seconds of each request in a web process and the queries of one, by page. The first two are left out."""
    spare_collections()
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return {name: _measured(client, address, rounds) for name, address in pages() if only in name}


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


def pages() -> Iterator[tuple[str, str]]:
    yield "overview", "/admin/"
    for panel in ("counters", "concerns", "throughput", "types", "queues", "failures"):
        yield f"overview, panel {panel}", f"/admin/?panel={panel}"
    yield "pipeline", "/admin/pipeline/"
    for panel in ("strip", "board", "letters", "feed"):
        yield f"pipeline, panel {panel}", f"/admin/pipeline/?panel={panel}"
    yield from _jobs()
    yield from _letters()
    yield "queues", "/admin/jobs/queue/"
    yield "a queue", "/admin/jobs/queue/queue-3/change/"
    yield "workers", "/admin/jobs/worker/"
    yield "a worker", "/admin/jobs/worker/worker-3/change/"
    for range_ in ("1h", "24h", "14d"):
        yield f"metrics, {range_}", f"/admin/metrics/?range={range_}"
    yield "metrics of a type", "/admin/metrics/?type=bench.type-7"
    yield "events", "/admin/events/"
    yield "stores", "/admin/stores/"
    yield "operations", "/admin/bulk/"
    yield "audit", "/admin/jobs/auditentry/"
    yield "audit, one verb", "/admin/jobs/auditentry/?verb=queue.paused"
    yield "dispatches", "/admin/dispatcher/dispatch/"
    yield "API keys", "/admin/jobs/apikey/"
    yield "users", "/admin/auth/user/"
    yield "notifications", "/admin/jobs/notification/"


def _jobs() -> Iterator[tuple[str, str]]:
    """The list under each of its filters, its pages far from the newest one, and single jobs."""
    ids = Job.objects.order_by("pk").values_list("pk", flat=True)
    failed, queued = (Job.objects.filter(state=state).order_by("-pk")[0] for state in ("failed", "queued"))
    ended = Job.objects.filter(state="succeeded", created_at__lt=failed.created_at).order_by("-pk")
    deep = ids[1_000:1_001].get()
    day = ids[10_000:10_001].values_list("created_at", flat=True).get()
    yield "jobs", _JOBS
    yield "jobs, a page deep down", f"{_JOBS}?cursor={cursors.text(Place(deep.int))}"
    for filters in (
        *({"state": state} for state in (*State, PARKED)),
        {"type": "bench.type-7"},
        {"type": "bench.rare"},
        {"queue": "queue-3"},
        {"queue": "queue-3", "state": "failed"},
        {"tenant_id": "tenant-9"},
        {"owner": "person-7"},
        {"tag": "nightly"},
        {"worker": "worker-9"},
        {"created_before": f"{day:%Y-%m-%dT%H:%M}"},
        {"payload.recipient": "user-77@example.com"},
        {"error": "unknown"},
        {"error": "unknown", "state": "failed"},
        {"q": "nightly"},
        {"q": "nothing of this name"},
        {"q": str(failed.pk)},
    ):
        yield f"jobs, {unquote(urlencode(filters))[:36]}", f"{_JOBS}?{urlencode(filters)}"
    yield "a failed job", f"{_JOBS}{failed.pk}/change/"
    yield "a failed job, drawer", f"{_JOBS}{failed.pk}/change/?drawer=1"
    yield "a job that ended well", f"{_JOBS}{ended[0].pk}/change/"
    yield "a waiting job (why it waits)", f"{_JOBS}{queued.pk}/change/"
    yield "a job that thousands wait for", f"{_JOBS}{_awaited()}/change/"
    yield "new job", f"{_JOBS}add/"
    for verb, state in (("cancel", "queued"), ("retry", "failed")):
        yield f"dialog: {verb} all {state}", f"/admin/bulk/begin/?verb=job.{verb}&state={state}"


def _awaited() -> UUID:
    most = Dependency.objects.values("parent_id").annotate(number=Count("pk")).order_by("-number")
    found: UUID = most.values_list("parent_id", flat=True)[0]
    return found


def _letters() -> Iterator[tuple[str, str]]:
    letter = DeadLetter.objects.order_by("-pk")[0]
    largest = DeadLetter.objects.values("fingerprint").annotate(number=Count("pk")).order_by("-number")[0]
    group = {"fingerprint": largest["fingerprint"]}
    yield "dead letters", _LETTERS
    yield "dead letters one by one", f"{_LETTERS}?view=letters"
    yield "dead letters of a type", f"{_LETTERS}?type=bench.type-7"
    yield f"a group of {largest['number']:,}", f"{_LETTERS}?{urlencode(group)}"
    yield "a dead letter", f"{_LETTERS}{letter.pk}/change/"
    for verb in ("replay", "delete"):
        for name, filters in (("a group", group), ("a type", {"type": "bench.type-7"}), ("all", {})):
            yield f"dialog: {verb} {name}", f"/admin/bulk/begin/?{urlencode({'verb': f'dlq.{verb}', **filters})}"
