"""What a card and a line of the feed show of a job, for a person who may see it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from jobs.models import Job
from jobs.queries.board import Glimpse
from jobs.services import access
from jobs.services.access import AnyUser
from jobs.states import FINAL, PARKED, State

MOST_EVENTS = 24


@dataclass(frozen=True, slots=True)
class Card:
    """`word` is said of the state; `glance` is blank for those who may not see payloads."""

    job: Job
    word: str
    glance: str
    address: str
    latest: bool = False

    @property
    def short(self) -> str:
        return short(self.job.pk)

    @property
    def error(self) -> str:
        return self.job.last_error or "" if self.job.state in (State.RETRYING, State.FAILED) else ""

    @property
    def why(self) -> str:
        return self.job.reason or "" if self.job.state in (State.BLOCKED, State.SCHEDULED, State.CANCELLED) else ""

    @property
    def percent(self) -> int | None:
        """Of a running job that tells its progress."""
        told = self.job.progress if self.job.state == State.RUNNING else None
        return None if told is None else round(min(max(told, 0.0), 1.0) * 100)

    @property
    def took(self) -> float | None:
        """Seconds from the last start to the end."""
        job = self.job
        return (job.finished_at - job.started_at).total_seconds() if job.finished_at and job.started_at else None


@dataclass(frozen=True, slots=True)
class Event:
    """`word` is the state that a job came to at that instant."""

    at: datetime
    word: str
    job: Glimpse
    address: str

    @property
    def short(self) -> str:
        return short(self.job.pk)


def short(job_id: UUID) -> str:
    """The end of an id: its beginning is the time, and nearly the same for all that came together."""
    return job_id.hex[-8:]


def address(user: AnyUser, job_id: UUID) -> str:
    """Where this person sees the whole job."""
    in_admin = user.is_staff and user.has_perm(access.VIEW_JOB)
    return reverse("admin:jobs_job_change", args=[job_id]) if in_admin else reverse("my-job", args=[job_id])


def cards(user: AnyUser, jobs: Iterable[Job], types_run: Collection[str] | None, latest: UUID | None) -> list[Card]:
    """`types_run` are those that some worker runs; a queued job of another type is parked."""
    return [
        Card(
            job=job,
            word=_word(job, types_run),
            glance=getattr(job, "glance", "") if access.sees_payload(user, job.owner_id) else "",
            address=address(user, job.pk),
            latest=job.pk == latest,
        )
        for job in jobs
    ]


def _word(job: Job, types_run: Collection[str] | None) -> str:
    is_parked = job.state == State.QUEUED and types_run is not None and job.type not in types_run
    return PARKED if is_parked else job.state


def events(user: AnyUser, jobs: Iterable[Glimpse]) -> list[Event]:
    """The latest that happened to these jobs, newest first, from what their rows tell."""
    told = [(at, word, job) for job in jobs for at, word in _moments(job)]
    told.sort(key=lambda one: (one[0], one[2].pk), reverse=True)
    return [Event(at, word, job, address(user, job.pk)) for at, word, job in told[:MOST_EVENTS]]


def _moments(job: Glimpse) -> Iterable[tuple[datetime, str]]:
    yield job.created_at, "submitted"
    if job.started_at:
        yield job.started_at, "started"
    if job.finished_at and job.state in FINAL:
        yield job.finished_at, job.state
