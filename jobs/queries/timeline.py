"""What happened to a job, derived from the rows that its way left behind; of each kind the newest."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from jobs.models import Attempt, AuditEntry, DeadLetter, Dependency, Job
from jobs.services import access
from jobs.states import FINAL, State

MOST = 200
"""Attempts, audit entries and dependencies that a timeline shows, each."""


@dataclass(frozen=True, slots=True)
class Event:
    """`kind` is job.enqueued, job.started, attempt.raised, job.failed, ... or the verb of an audit entry."""

    id: str
    kind: str
    at: datetime
    actor: str = ""
    message: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


def timeline(job: Job, *, payloads: bool) -> list[Event]:
    """The events of `job`, oldest first. Without `payloads`, audit entries do not show changed payloads."""
    letter = DeadLetter.objects.filter(job_id=job.id).first()
    events = [_created(job), *_attempts(job), *_audit(job, payloads), *_dependencies(job), *_end(job, letter)]
    return sorted(events, key=lambda event: event.at)


def _created(job: Job) -> Event:
    owner = User.objects.filter(pk=job.owner_id).values_list("username", flat=True).first() if job.owner_id else None
    detail = {"queue": job.queue, "type": job.type, "priority": job.priority}
    return Event("created", "job.enqueued", job.created_at, owner or "", f"{job.type} submitted", detail)


def _attempts(job: Job) -> Iterator[Event]:
    rows = Attempt.objects.filter(job_id=job.id).order_by("-number").defer("traceback", "logs")[:MOST]
    for row in reversed(rows):
        yield Event(
            f"attempt-{row.number}",
            "job.started",
            row.started_at,
            row.worker,
            f"attempt {row.number} started",
        )
        yield _ended(row)
    if job.state == State.RUNNING and job.started_at:
        message = f"attempt {job.attempt} started"
        yield Event(f"attempt-{job.attempt}", "job.started", job.started_at, job.worker or "", message)


def _ended(row: Attempt) -> Event:
    message = f"attempt {row.number} {row.outcome.replace('_', ' ')}"
    detail: dict[str, Any] = {"seconds": round(row.seconds, 3)}
    if row.error_type:
        message += f": {row.error_type}: {row.error_message}"
    if row.fenced:
        detail["fenced"] = True
    return Event(f"attempt-{row.number}-ended", f"attempt.{row.outcome}", row.finished_at, row.worker, message, detail)


def _audit(job: Job, payloads: bool) -> Iterator[Event]:
    for row in AuditEntry.objects.filter(target=f"job:{job.id}").order_by("-id")[:MOST]:
        detail = {"before": row.before, "after": row.after}
        if not payloads:
            detail = {name: access.redacted(values) for name, values in detail.items()}
        yield Event(f"audit-{row.id}", row.verb, row.at, row.actor, row.reason, detail)


def _dependencies(job: Job) -> Iterator[Event]:
    if not job.dependency_policy:
        return
    met = Dependency.objects.filter(child_id=job.id, met_at__isnull=False).order_by("-met_at")[:MOST]
    for edge in met:
        if edge.met_at:
            detail = {"parent": str(edge.parent_id), "policy": edge.policy}
            yield Event(f"met-{edge.id}", "job.dependency_met", edge.met_at, "", f"{edge.parent_id} ended", detail)


def _end(job: Job, letter: DeadLetter | None) -> Iterator[Event]:
    """The last end of the job, and an earlier failure that a replay has left behind."""
    if job.finished_at and job.state in FINAL:
        detail = _letter(letter) if letter and job.state == State.FAILED else {}
        message = job.last_error if job.state == State.FAILED else job.reason
        yield Event("ended", f"job.{job.state}", job.finished_at, "", message or "", detail)
    if letter and job.state != State.FAILED:
        yield Event("failed", "job.failed", letter.failed_at, "", letter.error_message, _letter(letter))


def _letter(letter: DeadLetter) -> dict[str, Any]:
    return {
        "dead_letter": letter.id,
        "fingerprint": letter.fingerprint,
        "tries": letter.tries,
        "replay_count": letter.replay_count,
    }
