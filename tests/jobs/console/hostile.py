"""Hostile text wherever text may come from outside: in jobs, and in a row of every table that has a page."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import User

from dispatcher.models import Dispatch, DispatchCategories
from jobs import jsontext, services
from jobs.models import ApiKey, BulkOperation, Duty, Notification, SchedulerLease, StoredFile
from jobs.services import api_keys, queues, steer
from jobs.services.api_keys import Wanted
from jobs.services.audit import Actor
from jobs.services.steer import Changes
from jobs.store import workers
from tests.jobs import scenes

SCRIPT = "<script>alert(1)</script>"
MARK = "\u202e"
TEXT = f"\u05d0{SCRIPT}{{{{ 7|add:7 }}}}{{% load log %}}{MARK}\u05ea"
"""Between two letters of Hebrew, which turn around what stands beside them unless it is kept apart."""
LONG = TEXT + "w" * 200_000


def deep(levels: int = 150) -> Any:
    value: Any = TEXT
    for _ in range(levels):
        value = {SCRIPT: value}
    return value


def hostile_jobs() -> list[UUID]:
    """One that failed, one that is blocked by it, one that runs."""
    payload = {TEXT: TEXT, "items": [TEXT], "deep": deep(), "odd": "\x1b[31m\ufffe", "long": "x" * 200_000}
    failed = scenes.running(payload=payload, idempotency_key=SCRIPT)
    frame = {"file": TEXT, "line": 1, "function": TEXT, "code": TEXT, "locals": {"items": TEXT, TEXT: "1"}}
    fields = {"traceback": jsontext.encode([frame, {}]), "logs": jsontext.encode([[0.1, TEXT, TEXT]])}
    scenes.fail(failed, 1, TEXT, error_type=SCRIPT, **fields)
    blocked = services.enqueue("test.anything", payload, dependencies=[scenes.queued()]).id
    steer.edit([blocked], Actor(1, TEXT, SCRIPT), Changes(payload={TEXT: TEXT}), TEXT)
    done = scenes.succeeded(result=jsontext.encode(payload))
    return [failed, blocked, done]


def hostile_rows(user: User) -> list[UUID]:
    """The same jobs, and a row in each of the other tables, with all that the code puts into none."""
    actor = Actor(user.pk, TEXT, TEXT, TEXT)
    workers.register(
        id=TEXT,
        host=TEXT + "w" * 200,
        pid=1,
        release=TEXT,
        queues=[],
        types=["test.anything", TEXT],
        slots=4,
        lease=600.0,
    )
    found = hostile_jobs()
    queues.pause("default", actor, reason=TEXT + "w" * 900)
    keys = [api_keys.make(user, Wanted(name=TEXT, scopes=["admin"]), actor, None).key.pk for _ in range(3)]
    for key, end in zip(keys, ("revoked_at", "expires_at"), strict=False):
        ApiKey.objects.filter(pk=key).update(**{end: "2020-01-01T00:00:00Z"})
    Duty.objects.create(name="reaper", last_error=TEXT, holder=TEXT)
    SchedulerLease.objects.create(holder=TEXT, until="2030-01-01T00:00:00Z")
    BulkOperation.objects.create(
        verb="job.cancel", actor_id=1, actor=TEXT, estimated=1, reason=LONG, filter={"error": TEXT, TEXT: LONG},
        refusals=[[TEXT, LONG]], state="failed", finished_at="2026-01-01T00:00:00Z", ended_why=TEXT + "w" * 5000,
    )  # fmt: skip
    Notification.objects.create(job_id=found[0], user_id=user.pk, message=LONG)
    StoredFile.objects.create(
        file_id=TEXT, path=TEXT, size=1, sha256="0" * 64, mime=TEXT, source=TEXT, job_id=found[0], tenant_id=TEXT
    )
    Dispatch.objects.create(
        user=user, prompt=LONG, answer=TEXT, payload={TEXT: LONG}, provider=TEXT, model=TEXT, label=TEXT, type=TEXT,
        tried=[TEXT], error=TEXT,
    )  # fmt: skip
    DispatchCategories.objects.create(user=user, labels=[{"label": TEXT, "type": TEXT}])
    return found
