"""What an operator may do to jobs: one by one, or those that are selected."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from jobs.console.forms import EditForm, PriorityForm
from jobs.console.verb import Verb
from jobs.models import Job
from jobs.services import access, steer
from jobs.services.audit import Actor
from jobs.services.steer import Changes
from jobs.services.steered import Steered
from jobs.states import FINAL, LIVE, WAITING, State


def _cancel(ids: Sequence[UUID], actor: Actor, cleaned: Mapping[str, Any]) -> Steered[UUID]:
    return steer.cancel(ids, actor, cleaned["reason"])


def _retry(ids: Sequence[UUID], actor: Actor, cleaned: Mapping[str, Any]) -> Steered[UUID]:
    return steer.retry(ids, actor, cleaned["reason"])


def _edit(ids: Sequence[UUID], actor: Actor, cleaned: Mapping[str, Any]) -> Steered[UUID]:
    changes = Changes(
        priority=cleaned.get("priority"), queue=cleaned.get("queue") or None, run_at=cleaned.get("run_at")
    )
    return steer.edit(ids, actor, changes, cleaned["reason"])


def _waits(job: Job) -> bool:
    return job.state in WAITING


CANCEL = Verb(
    "cancel",
    "Cancel",
    "cancelled",
    access.CANCEL_JOB,
    _cancel,
    "What waits ends at once, and what waits for it may end with it. What runs is asked to stop.",
    danger=True,
    applies=lambda job: job.state in LIVE,
)
RETRY = Verb(
    "retry",
    "Retry",
    "queued again",
    access.RETRY_JOB,
    _retry,
    "Failed and cancelled jobs run again with a fresh budget of attempts.",
    applies=lambda job: job.state in FINAL - {State.SUCCEEDED},
)
PRIORITY = Verb(
    "priority",
    "Change priority",
    "changed",
    access.EDIT_QUEUED_JOB,
    _edit,
    "Jobs that wait take another place in line.",
    PriorityForm,
    applies=_waits,
)
EDIT = Verb(
    "edit",
    "Move or reschedule",
    "changed",
    access.EDIT_QUEUED_JOB,
    _edit,
    "Jobs that wait go to another queue, or run at another time.",
    EditForm,
    applies=_waits,
)

VERBS = (CANCEL, RETRY, PRIORITY, EDIT)
