"""Which jobs a list shows: what an index finds, and what is looked for among the newest rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, Q, QuerySet, TextField, Value
from django.db.models.lookups import Exact

from jobs import states
from jobs.models import Job, Worker
from jobs.models.job import JobQuerySet
from jobs.queries import pages
from jobs.queries.pages import Page, Place
from jobs.services import access
from jobs.services.access import AnyUser
from jobs.states import LIVE, PARKED, State

FEW, MOST_LIVE = 100, 10_000
"""Live rows of the wanted states that are named one by one, and that are taken from their index; above that the newest
rows are looked through."""
SLACK = timedelta(minutes=1)
"""How far the clock of whoever made an id may be from PostgreSQL's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """What is asked for; None and empty ask for nothing. `states` are words as `in_state` takes them.

    `payload` has pairs of paths (one of which is meant) and the text that is wanted there.
    """

    states: tuple[str, ...] = ()
    equal: Mapping[str, Any] = field(default_factory=dict)
    ids: tuple[UUID, ...] | None = None
    owner: str | None = None
    tag: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    error: str | None = None
    q: str | None = None
    payload: Sequence[tuple[Collection[str], str]] = ()


def search(
    user: AnyUser,
    wanted: JobFilter,
    place: Place,
    limit: int,
    without: Sequence[str] = (),
    patience: float = pages.PATIENCE,
) -> Page[Job]:
    """The page of jobs that `user` sees and `wanted` describes; columns of `without` are not read."""
    rows, conditions = chosen(user, wanted)
    rows = rows.defer(*without)
    if not conditions:
        return pages.page(rows, place, limit)
    return pages.page(rows, place, limit, lambda found: found.filter(*conditions), patience)


def chosen(user: AnyUser, wanted: JobFilter) -> tuple[JobQuerySet, list[Q]]:
    """What an index finds, and what is to be looked for among it.

    Payloads of others are looked into only for those who may see them: else a filter would tell what they hold.
    """
    rows = access.visible(user)
    if (job_id := _id(wanted.q)) and (found := rows.filter(pk=job_id)).exists():
        rows, wanted = found, replace(wanted, q=None)
    if wanted.payload and not user.has_perm(access.VIEW_PAYLOAD):
        rows = rows.owned_by(user.pk)
    if wanted.owner is not None:
        rows = rows.owned_by(User.objects.filter(username=wanted.owner).values_list("pk", flat=True).first() or -1)
    if wanted.ids is not None:
        rows = rows.filter(pk__in=wanted.ids)
    rows = _created(rows, wanted)
    rows, remaining = _in_states(rows, wanted.states)
    return rows, [*remaining, *_conditions(wanted)]


def _created(rows: JobQuerySet, wanted: JobFilter) -> JobQuerySet:
    """By time: a range of ids, and exactly by the date."""
    if wanted.created_after:
        rows = rows.filter(pk__gte=_first_id(wanted.created_after - SLACK), created_at__gt=wanted.created_after)
    if wanted.created_before:
        rows = rows.filter(pk__lt=_first_id(wanted.created_before + SLACK), created_at__lt=wanted.created_before)
    return rows


def _first_id(at: datetime) -> UUID:
    """The least UUIDv7 of an instant."""
    return UUID(int=min(max(int(at.timestamp() * 1000), 0), 2**48 - 1) << 80)


def _in_states(rows: JobQuerySet, words: tuple[str, ...]) -> tuple[JobQuerySet, list[Q]]:
    """Narrowed to these states by an index; where none does it, the condition that remains."""
    plain = {states.parse(word) for word in words if word != PARKED}
    if not words:
        return rows, []
    if plain == {State.FAILED} and PARKED not in words:
        return rows.filter(state=State.FAILED), []
    narrowed = Q(state__in=sorted(plain))
    if PARKED in words:
        plain = plain | {State.QUEUED}
        narrowed |= Q(state=State.QUEUED) & ~Q(type__in=Worker.objects.types_run())
    if plain <= LIVE:
        live = Job.objects.live().filter(narrowed)
        few = list(live.order_by().values_list("pk", flat=True)[: FEW + 1])
        if len(few) <= FEW:
            return rows.filter(pk__in=few), []
        if live.order_by()[: MOST_LIVE + 1].count() <= MOST_LIVE:
            return rows.filter(_among(live.order_by().values("pk")[:MOST_LIVE])), []
    return rows, [narrowed]


def _among(ids: QuerySet[Any]) -> Func:
    """Found as one array first: else PostgreSQL walks the whole table by its key, or looks up each for one page."""
    array = Func(ArraySubquery(ids), function="")
    return Func(F("pk"), array, template="%(expressions)s", arg_joiner=" = any ", output_field=BooleanField())


def _conditions(wanted: JobFilter) -> list[Q]:
    """What no index answers."""
    found = [Q(**{name: value}) for name, value in wanted.equal.items()]
    if wanted.tag:
        found.append(Q(tags__contains=[wanted.tag]))
    if wanted.error:
        found.append(Q(last_error__icontains=wanted.error))
    if wanted.q:
        found.append(_words(wanted.q))
    return found + [_at_path(paths, text) for paths, text in wanted.payload]


def _words(text: str) -> Q:
    """Free text: what people remember of a job. Payloads are not looked into."""
    condition = Q(type__icontains=text) | Q(idempotency_key__icontains=text) | Q(last_error__icontains=text)
    return condition | Q(tags__contains=[text]) | Q(worker=text) | Q(queue=text) | Q(tenant_id=text)


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _at_path(paths: Collection[str], text: str) -> Q:
    """The payload has this text (or number, or boolean) at one of `paths`, each with dots."""
    condition = Q()
    for path in paths:
        parts = [Value(part) for part in path.split(".")]
        there = Func(F("payload"), *parts, function="jsonb_extract_path_text", output_field=TextField())
        condition |= Q(Exact(there, Value(text)))
    return condition
