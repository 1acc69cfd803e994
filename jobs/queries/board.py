"""Jobs as cards in columns, by how far they are: the newest of each column, found by indexes alone."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
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
WINDOW = 200
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
_CARD = (
    "type", "state", "created_at", "started_at", "finished_at", "run_at", "owner_id", "queue", "tenant_id", "attempt",
    "tries", "max_attempts", "progress", "progress_note", "last_error", "reason",
)  # fmt: skip
_Ids = QuerySet[Job, tuple[UUID]]


class Glimpse(NamedTuple):
    """What it takes to place a job; hundreds are looked at for one board."""

    pk: UUID
    type: str
    state: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    run_at: datetime


@dataclass(frozen=True, slots=True)
class Board:
    """`columns` has the cards, each a job with a `glance` at its payload; `looked` all that was looked at, newest
    first; `more` says that there are others."""

    columns: dict[str, list[Job]]
    looked: list[Glimpse]
    more: bool


def board(user: AnyUser, also: Collection[UUID] = ()) -> Board:
    """What `user` may see, in at most six queries. Jobs of `also` are on the board however old they are."""
    seen = access.visible(user)
    running = _ids(seen.filter(state=State.RUNNING).order_by("-started_at"))
    found = _candidates(user, max(running, default=None) or Job.objects.next_in_line())
    rows = seen.filter(pk__in={*found, *running, *also}).order_by("-pk")
    looked = [Glimpse(*row) for row in rows.values_list(*Glimpse._fields)]
    columns = {name: _first(looked, states, also) for name, states in COLUMNS.items()}
    cards = _cards(seen, [job.pk for jobs in columns.values() for job in jobs])
    return Board(
        {name: [cards[job.pk] for job in jobs if job.pk in cards] for name, jobs in columns.items()},
        looked,
        len(looked) >= WINDOW,
    )


def _ids(rows: JobQuerySet) -> list[UUID]:
    return list(rows.values_list("pk", flat=True)[:CARDS])


def _candidates(user: AnyUser, front: UUID | None) -> Iterable[UUID]:
    """Ids among which the cards are. Of all jobs, live and failed ones have an index; else it is a window."""
    newest = [part.order_by("-pk").values_list("pk") for part in access.reach_of(user).parts()]
    wanted: list[_Ids] = [part[:WINDOW] for part in newest]
    if front is not None:
        wanted += [part.filter(pk__lt=front)[:WINDOW] for part in newest]
    first, *others = wanted
    ids = sorted({row[0] for row in first.union(*others, all=True)}, reverse=True)
    windows = [*ids[:WINDOW], *[one for one in ids if front is not None and one < front][:WINDOW]]
    return [*windows, *_heads()] if user.has_perm(access.VIEW_JOB) else windows


def _heads() -> Iterable[UUID]:
    """The newest of each state among all jobs; of those that wait for a time, the next."""
    orders = {
        State.QUEUED: "-run_at",
        State.BLOCKED: "-run_at",
        State.SCHEDULED: "run_at",
        State.RETRYING: "run_at",
        State.FAILED: "-pk",
    }
    first, *others = (
        Job.objects.filter(state=state).order_by(order).values_list("pk")[: 2 * CARDS]
        for state, order in orders.items()
    )
    return (row[0] for row in first.union(*others, all=True))


def _first(looked: Sequence[Glimpse], states: Collection[str], also: Collection[UUID]) -> list[Glimpse]:
    """The column of these states: what began or ended last, or is due next, on top; those of `also` always."""
    jobs = sorted((job for job in looked if job.state in states), key=_order, reverse=True)
    if State.RETRYING in states:
        jobs.reverse()
    kept = {job.pk for job in jobs[:CARDS]} | set(also)
    return [job for job in jobs if job.pk in kept]


def _order(job: Glimpse) -> tuple[datetime, UUID]:
    if job.state == State.RETRYING:
        return job.run_at, job.pk
    began = job.started_at if job.state == State.RUNNING else None
    return job.finished_at or began or job.created_at, job.pk


def _cards(seen: JobQuerySet, ids: Sequence[UUID]) -> dict[UUID, Job]:
    """Jobs with the beginning of their payload, and nothing else that may be long."""
    glance = Left(Cast("payload", TextField()), GLANCE)
    return {job.pk: job for job in seen.filter(pk__in=ids).only(*_CARD).annotate(glance=glance)}
