"""Jobs as cards in columns, by how far they are: the newest of each column, found by indexes alone."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast, Left

from jobs.models import Job
from jobs.models.job import JobQuerySet
from jobs.services import access
from jobs.services.access import AnyUser
from jobs.states import State

CARDS = 8
"""In one column."""
WINDOW = 300
"""Jobs that are looked at where no index has what is wanted: the newest, and the newest before the front."""
GLANCE = 160
"""Characters of a payload."""
COLUMNS: dict[str, tuple[State, ...]] = {
    "pending": (State.SCHEDULED, State.BLOCKED, State.QUEUED),
    "running": (State.RUNNING,),
    "retrying": (State.RETRYING,),
    "succeeded": (State.SUCCEEDED,),
    "failed": (State.FAILED, State.CANCELLED),
}
_SLIM = ("type", "state", "created_at", "started_at", "finished_at", "run_at")
_CARD = (
    *_SLIM, "owner_id", "queue", "tenant_id", "attempt", "tries", "max_attempts", "progress", "progress_note",
    "last_error", "reason",
)  # fmt: skip
_Ids = QuerySet[Job, tuple[UUID]]


@dataclass(frozen=True, slots=True)
class Board:
    """`columns` has the cards, each a job with a `glance` at its payload; `looked` all jobs that were looked at,
    without content, newest first; `more` says that there are others."""

    columns: dict[str, list[Job]]
    looked: list[Job]
    more: bool


def board(user: AnyUser, also: Collection[UUID] = ()) -> Board:
    """What `user` may see, in four queries. Jobs of `also` are on the board however old they are."""
    seen = access.visible(user)
    running = _ids(seen.filter(state=State.RUNNING).order_by("-started_at"))
    found = list(_candidates(user, max(running, default=None) or _front()))
    looked = list(seen.filter(pk__in={*found, *running, *also}).only(*_SLIM).order_by("-pk"))
    columns = {name: _first(looked, states, also) for name, states in COLUMNS.items()}
    cards = _cards(seen, [job.pk for jobs in columns.values() for job in jobs])
    return Board(
        {name: [cards[job.pk] for job in jobs if job.pk in cards] for name, jobs in columns.items()},
        looked,
        len(looked) >= WINDOW,
    )


def _ids(rows: JobQuerySet) -> list[UUID]:
    return list(rows.values_list("pk", flat=True)[:CARDS])


def _front() -> UUID | None:
    """The job whose turn is next, more or less: what ended lately was submitted not long before it."""
    return Job.objects.filter(state=State.QUEUED).order_by("run_at").values_list("pk", flat=True).first()


def _candidates(user: AnyUser, front: UUID | None) -> Iterable[UUID]:
    """Ids among which the cards are. Of all jobs, live and failed ones have an index; else it is a window."""
    wanted: list[_Ids] = []
    for part in access.reach_of(user).parts():
        newest = part.order_by("-pk").values_list("pk")
        wanted.append(newest[:WINDOW])
        if front is not None:
            wanted.append(newest.filter(pk__lt=front)[:WINDOW])
    if user.has_perm(access.VIEW_JOB):
        wanted += _heads()
    first, *others = wanted
    return (row[0] for row in first.union(*others, all=True))


def _heads() -> Iterator[_Ids]:
    """The newest of each state among all jobs; of those that wait for a time, the next."""
    for state in (State.QUEUED, State.BLOCKED):
        yield Job.objects.filter(state=state).order_by("-run_at").values_list("pk")[:CARDS]
    for state in (State.SCHEDULED, State.RETRYING):
        yield Job.objects.filter(state=state).order_by("run_at").values_list("pk")[:CARDS]
    yield Job.objects.filter(state=State.FAILED).order_by("-pk").values_list("pk")[: 3 * CARDS]


def _first(looked: Sequence[Job], states: Collection[str], also: Collection[UUID]) -> list[Job]:
    """The column of these states: what began or ended last, or is due next, on top; those of `also` always."""
    jobs = sorted((job for job in looked if job.state in states), key=_order, reverse=True)
    if State.RETRYING in states:
        jobs.reverse()
    kept = {job.pk for job in jobs[:CARDS]} | set(also)
    return [job for job in jobs if job.pk in kept]


def _order(job: Job) -> tuple[datetime, UUID]:
    if job.state == State.RETRYING:
        return job.run_at, job.pk
    return job.finished_at or (job.state == State.RUNNING and job.started_at) or job.created_at, job.pk


def _cards(seen: JobQuerySet, ids: Sequence[UUID]) -> dict[UUID, Job]:
    """Jobs with the beginning of their payload, and nothing else that may be long."""
    glance = Left(Cast("payload", TextField()), GLANCE)
    return {job.pk: job for job in seen.filter(pk__in=ids).only(*_CARD).annotate(glance=glance)}
