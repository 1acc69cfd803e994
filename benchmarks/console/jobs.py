"""The list of jobs under each of its filters, its pages far from the newest one, and single jobs."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlencode
from uuid import UUID

from django.db.models import Count

from jobs.filters import cursors
from jobs.models import Dependency, Job
from jobs.queries.pages import Place
from jobs.states import PARKED, State

LIST = "/admin/jobs/job/"


def pages() -> Iterator[tuple[str, str]]:
    ids = Job.objects.order_by("pk").values_list("pk", flat=True)
    deep = ids[1_000:1_001].get()
    yield "jobs", LIST
    yield "jobs, as many as there can be", f"{LIST}?limit=500"
    yield "jobs, a page deep down", f"{LIST}?{_cursor(deep)}"
    yield "jobs, newer ones from deep down", f"{LIST}?{_cursor(deep, newer=True)}"
    yield "succeeded jobs, a page deep down", f"{LIST}?state=succeeded&{_cursor(deep)}"
    for given in filters():
        yield f"jobs, {unquote(urlencode(given))[:36]}", f"{LIST}?{urlencode(given)}"
    yield from _single()


def filters() -> Iterator[dict[str, str]]:
    """Each that the list knows; alone, and with those that it is much used with."""
    days = Job.objects.order_by("pk").values_list("created_at", flat=True)[10_000:5_000_001:4_990_000]
    failed = Job.objects.filter(state=State.FAILED).order_by("-pk")[0]
    yield from ({"state": state} for state in (*State, PARKED, "queued,running", "succeeded,failed"))
    yield from ({"type": type_} for type_ in ("bench.type-7", "bench.rare", "bench.unknown"))
    yield from ({"state": state, "type": "bench.type-7"} for state in ("queued", "succeeded", "failed"))
    yield {"queue": "queue-3"}
    yield {"queue": "queue-3", "state": "failed"}
    yield {"tenant_id": "tenant-9"}
    yield {"owner": "person-7"}
    yield {"tag": "nightly"}
    yield {"worker": "worker-9"}
    yield {"workflow_id": str(UUID(int=7))}
    for day in days:
        yield {"created_before": f"{day:%Y-%m-%dT%H:%MZ}"}
        yield {"created_after": f"{day:%Y-%m-%dT%H:%MZ}"}
    yield {"payload.recipient": "user-77@example.com"}
    yield {"error": "unknown"}
    yield {"error": "unknown", "state": "failed"}
    yield from ({"q": text} for text in ("nightly", "type-7", "nothing of this name", str(failed.pk)))


def _single() -> Iterator[tuple[str, str]]:
    failed, queued, running = (Job.objects.filter(state=state).order_by("-pk")[0] for state in _LOOKED_AT)
    ended = Job.objects.filter(state="succeeded", created_at__lt=failed.created_at).order_by("-pk")[0]
    yield "a failed job", f"{LIST}{failed.pk}/change/"
    yield "a failed job, drawer", f"{LIST}{failed.pk}/change/?drawer=1"
    yield "a job that ended well", f"{LIST}{ended.pk}/change/"
    yield "a running job", f"{LIST}{running.pk}/change/"
    yield "a waiting job (why it waits)", f"{LIST}{queued.pk}/change/"
    yield "a job that thousands wait for", f"{LIST}{_awaited()}/change/"
    yield "new job", f"{LIST}add/"
    for verb, state in (("cancel", "queued"), ("retry", "failed")):
        yield f"dialog: {verb} all {state}", f"/admin/bulk/begin/?verb=job.{verb}&state={state}"


_LOOKED_AT = (State.FAILED, State.QUEUED, State.RUNNING)


def _awaited() -> UUID:
    most = Dependency.objects.values("parent_id").annotate(number=Count("pk")).order_by("-number")
    found: UUID = most.values_list("parent_id", flat=True)[0]
    return found


def _cursor(key: Any, *, newer: bool = False) -> str:
    return urlencode({"cursor": cursors.text(Place(key.int, newer))})
