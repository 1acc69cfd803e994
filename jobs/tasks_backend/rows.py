"""What a result is made of. Read without the ORM: every attempt of a task pays for it."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from jobs.models import Attempt
from jobs.states import Outcome, State
from jobs.store import sql


class TaskJob(NamedTuple):
    """A task's job; JSON columns are text."""

    id: UUID
    type: str
    queue: str
    priority: int
    state: str
    attempt: int
    tries: int
    max_attempts: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    worker: str | None
    artifact: str | None
    payload: str
    result: str | None
    backend_data: str | None


_READ = """
    select id, type, queue, priority, state, attempt, tries, max_attempts,
      created_at, started_at, finished_at,
      worker, artifact, payload::text, result::text, backend_data::text
    from jobs_job where id = %(id)s"""


def read(job_id: UUID) -> TaskJob | None:
    rows = sql.run(_READ, {"id": job_id})
    return TaskJob(*rows[0]) if rows else None


def ended_attempts(job: TaskJob) -> list[Attempt]:
    """In order, without those that were given back before they did anything."""
    latest_runs = job.state == State.RUNNING
    if job.attempt - latest_runs < 1:
        return []
    return list(Attempt.objects.filter(job_id=job.id).exclude(outcome=Outcome.RELEASED).order_by("number"))
