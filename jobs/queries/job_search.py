"""Which jobs a list shows: what an index finds, and what is looked for among the newest rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import F, Func, Q, TextField, Value
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
MOST_QUEUED = 50_000
"""Queued rows that are all looked at for those that are parked: no index knows these."""
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
    patience: float | None = None,
) -> Page[Job]:
    """The page of jobs that `user` sees and `wanted` describes; columns of `without` need not be read.

    `patience` is in seconds, `pages.HURRY` when it is left out.
    """
    found, conditions = chosen(user, wanted)
    parts = [part.defer(*without) for part in found]
    if not conditions:
        return pages.page(parts, place, limit)
    return pages.page(parts, place, limit, lambda rows: rows.filter(*conditions), patience or pages.HURRY)


def chosen(user: AnyUser, wanted: JobFilter) -> tuple[list[JobQuerySet], list[Q]]:
    """What indexes find, in parts as `pages` takes them; and what is to be looked for among it.

    Payloads of others are looked into only for those who may see them: else a filter would tell what they hold.
    """
    parts = access.reach_of(user).parts()
    found = _created(wanted)
    if (job_id := _id(wanted.q)) and access.visible(user).filter(pk=job_id).exists():
        found, wanted = [*found, Q(pk=job_id)], replace(wanted, q=None)
    if wanted.payload and not user.has_perm(access.VIEW_PAYLOAD):
        found.append(Q(owner_id=user.pk))
    if wanted.owner is not None:
        owner = User.objects.filter(username=wanted.owner).values_list("pk", flat=True).first()
        found.append(Q(owner_id=owner or -1))
    if tenant_id := wanted.equal.get("tenant_id"):
        found.append(Q(tenant_id=tenant_id))
    if wanted.ids is not None:
        found.append(Q(pk__in=wanted.ids))
    in_states, remaining = _in_states(wanted.states)
    return [part.filter(*found, *in_states) for part in parts], [*remaining, *_conditions(wanted)]


def _created(wanted: JobFilter) -> list[Q]:
    """By time: a range of ids, and exactly by the date."""
    found = []
    if after := wanted.created_after:
        found.append(Q(pk__gte=_first_id(after - SLACK), created_at__gt=after))
    if before := wanted.created_before:
        found.append(Q(pk__lt=_first_id(before + SLACK), created_at__lt=before))
    return found


def _first_id(at: datetime) -> UUID:
    """The least UUIDv7 of an instant."""
    return UUID(int=min(max(int(at.timestamp() * 1000), 0), 2**48 - 1) << 80)


def _in_states(words: tuple[str, ...]) -> tuple[list[Q | Func], list[Q]]:
    """What an index finds of these states; where none does it, the condition that remains."""
    plain = {states.parse(word) for word in words if word != PARKED}
    if not words:
        return [], []
    if plain == {State.FAILED} and PARKED not in words:
        return [Q(state=State.FAILED)], []
    wanted = Q(state__in=sorted(plain))
    if PARKED in words:
        wanted |= Q(state=State.QUEUED) & ~Q(type__in=Worker.objects.types_run())
    if not plain <= LIVE or (PARKED in words and _more(Job.objects.filter(state=State.QUEUED), MOST_QUEUED)):
        return [], [wanted]
    live = Job.objects.live().filter(wanted)
    few = list(live.values_list("pk", flat=True)[: FEW + 1])
    if len(few) <= FEW:
        return [Q(pk__in=few)], []
    return ([], [wanted]) if _more(live, MOST_LIVE) else ([pages.among(live.values("pk"))], [])


def _more(rows: JobQuerySet, most: int) -> bool:
    return rows.values("pk")[: most + 1].count() > most


def _conditions(wanted: JobFilter) -> list[Q]:
    """What no index answers."""
    found = [Q(**{name: value}) for name, value in wanted.equal.items() if name != "tenant_id" or not value]
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
