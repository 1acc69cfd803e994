"""Jobs in any state, brought there by the real store alone: insert -> start -> settle. Redis hears nothing of it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from pytest_django import Settings

from jobs.broker import broker as hot_path
from jobs.broker.broker import Claim
from jobs.ids import from_bytes, uuid7
from jobs.models import Attempt, DeadLetter, Dependency, Job
from jobs.settlement import Settlement
from jobs.store import dependants, insert, moves, workers
from jobs.store.dependants import Edge
from jobs.store.insert import Draft
from jobs.store.settle import Settled, settle
from jobs.store.start import start

WORKER = "w-1"
RELEASE = "1.0"
CLAIM = 7
TYPE = "test.noop"
TOOK = 0.5
ENDINGS: dict[str, dict[str, Any]] = {
    "succeeded": {"state": "succeeded", "outcome": "succeeded", "result": "42"},
    "failed": {
        "state": "failed",
        "outcome": "raised",
        "error_type": "app.Boom",
        "error_message": "no such thing",
        "fingerprint": "f" * 16,
    },
    "retrying": {
        "state": "retrying",
        "outcome": "raised",
        "error_type": "app.Boom",
        "error_message": "not yet",
        "delay": 60.0,
    },
    "cancelled": {"state": "cancelled", "outcome": "cancelled", "reason": "no longer wanted"},
    "released": {
        "state": "queued",
        "outcome": "released",
        "reason": "its worker stopped",
        "uses_try": False,
    },
    "snoozed": {
        "state": "scheduled",
        "outcome": "snoozed",
        "reason": "busy",
        "delay": 60.0,
        "uses_try": False,
    },
}
"""How an attempt can end, as fields of a `Settlement`."""


def draft(**fields: Any) -> Draft:
    return Draft(**{"id": uuid7(), "type": TYPE, "queue": "default", "payload": "{}", **fields})


def queued(**fields: Any) -> UUID:
    made = draft(**fields)
    insert.insert([made])
    return made.id


def scheduled(**fields: Any) -> UUID:
    return queued(**{"delay": 3600.0, **fields})


def blocked(parent: UUID | None = None, policy: str = "block", **fields: Any) -> UUID:
    """A job that waits for `parent`, or for one made for it."""
    upstream = parent or queued()
    child = queued(state="blocked", unmet=1, dependency_policy=policy, **fields)
    dependants.mark_parents([upstream])
    dependants.add([Edge(upstream, child, "", policy, met=False)])
    return child


def running(**fields: Any) -> UUID:
    job_id = queued(**fields)
    assert begin(job_id) == 1
    return job_id


def retrying(**fields: Any) -> UUID:
    return ended("retrying", **fields)


def succeeded(**fields: Any) -> UUID:
    return ended("succeeded", **fields)


def failed(**fields: Any) -> UUID:
    return ended("failed", **fields)


def cancelled(**fields: Any) -> UUID:
    job_id = queued(**fields)
    moves.cancel([job_id], "no longer wanted")
    return job_id


def ended(how: str, **fields: Any) -> UUID:
    """A job whose first attempt ended as one of `ENDINGS`."""
    job_id = running(**fields)
    assert end(job_id, how).moved == 1
    return job_id


def begin(job_id: UUID, worker: str = WORKER, claim: int = CLAIM) -> int | None:
    """Start an attempt of a job, whatever its queue and type; its number, or None when that was refused."""
    job = Job.objects.get(pk=job_id)
    begun = start(worker, claim, job.queue, [job.type], [job_id])
    return begun[0].attempt if begun else None


def ids(claim: Claim) -> list[UUID]:
    return [from_bytes(member) for member in claim.members]


def settlement(job_id: UUID, how: str = "succeeded", number: int = 1, **fields: Any) -> Settlement:
    """The end of attempt `number`; `how` is one of `ENDINGS`."""
    made = {"id": job_id, "number": number, "claim": CLAIM, "ended": time.monotonic(), "took": TOOK}
    return Settlement(**{**made, **ENDINGS[how], **fields})


def end(job_id: UUID, how: str = "succeeded", number: int = 1, **fields: Any) -> Settled:
    return settle(WORKER, RELEASE, [settlement(job_id, how, number, **fields)])


def worker(name: str = WORKER, lease: float = 3600.0) -> str:
    """A worker's row. A negative lease has run out already."""
    workers.register(id=name, host="here", pid=1, release=RELEASE, queues=[], types=[TYPE], slots=4, lease=lease)
    return name


def change(job_id: UUID, assignments: str) -> None:
    """A raw UPDATE of one job's row, past the store: for what only time brings, and for what must be refused."""
    with connection.cursor() as cursor:
        cursor.execute(f"update jobs_job set {assignments} where id = %s", [job_id])


def state(job_id: UUID) -> str:
    return str(Job.objects.values_list("state", flat=True).get(pk=job_id))


def row(job_id: UUID) -> dict[str, Any]:
    """The whole row."""
    return dict(Job.objects.values().get(pk=job_id))


def attempts(job_id: UUID) -> list[dict[str, Any]]:
    return list(Attempt.objects.filter(job_id=job_id).order_by("number").values())


def letters(job_id: UUID) -> list[dict[str, Any]]:
    return list(DeadLetter.objects.filter(job_id=job_id).values())


def edges(job_id: UUID) -> list[dict[str, Any]]:
    """The edges that `job_id` is an end of."""
    found = Dependency.objects.filter(parent_id=job_id) | Dependency.objects.filter(child_id=job_id)
    return list(found.order_by("id").values())


def everything(job_id: UUID) -> dict[str, Any]:
    """All that the store keeps of a job."""
    return {
        "row": row(job_id),
        "attempts": attempts(job_id),
        "letters": letters(job_id),
        "edges": edges(job_id),
    }


def now() -> datetime:
    """PostgreSQL's clock."""
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found


@contextmanager
def redis_away(settings: Settings) -> Iterator[None]:
    """The verbs of the domain find no Redis; afterwards nothing remembers that."""
    settings.FLOWBIT = replace(settings.FLOWBIT, redis_url="redis://127.0.0.1:1/0")
    yield
    hot_path._shared_breaker.cache_clear()
    hot_path._submit_broker.cache_clear()
