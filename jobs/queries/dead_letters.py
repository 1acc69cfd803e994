"""Dead letters as lists and groups, of those that somebody may see."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet

from jobs.models import AuditEntry, DeadLetter
from jobs.queries import pages
from jobs.queries.pages import Page, Place
from jobs.services import access
from jobs.services.access import AnyUser
from jobs.states import State

MOST_GROUPED = 50_000
MOST_REPLAYS = 500
"""Audit rows read for one page of letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFilter:
    """`equal` are columns; `replayed` None asks for both, `ids` None for all."""

    equal: Mapping[str, Any] = field(default_factory=dict)
    ids: tuple[int, ...] | None = None
    replayed: bool | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None

    def condition(self) -> Q:
        found = Q(**self.equal)
        if self.ids is not None:
            found &= Q(pk__in=self.ids)
        if self.replayed is not None:
            found &= Q(replay_count__gt=0) if self.replayed else Q(replay_count=0)
        if self.created_after:
            found &= Q(failed_at__gt=self.created_after)
        if self.created_before:
            found &= Q(failed_at__lt=self.created_before)
        return found


def search(user: AnyUser, wanted: LetterFilter, place: Place, limit: int) -> Page[DeadLetter]:
    """A page, newest first. A fingerprint has its index; all else is sought among the newest letters."""
    rows, condition = chosen(user, wanted)
    if not condition:
        return pages.page(rows, place, limit)
    return pages.page(rows, place, limit, lambda found: found.filter(condition), pages.HURRY)


def chosen(user: AnyUser, wanted: LetterFilter) -> tuple[QuerySet[DeadLetter], Q]:
    """What an index finds, and what is to be looked for among it."""
    rows = DeadLetter.objects.all()
    if "fingerprint" in wanted.equal:
        rows = rows.filter(fingerprint=wanted.equal["fingerprint"])
    if wanted.ids is not None:
        rows = rows.filter(pk__in=wanted.ids)
    return rows, wanted.condition() & _seen_by(user)


def _seen_by(user: AnyUser) -> Q:
    """A letter is its job's: whoever sees the job sees it."""
    if user.has_perm(access.VIEW_JOB):
        return Q()
    return Q(Exists(access.visible(user).filter(pk=OuterRef("job_id"))))


def to_replay(user: AnyUser, wanted: LetterFilter, limit: int) -> tuple[list[int], bool]:
    """Ids of letters whose job is still failed, oldest first, as many as `limit`; and whether those are all."""
    return _matching(user, wanted.condition() & replayable(user), limit)


def replayable(user: AnyUser) -> Q:
    """Letters whose job is still failed."""
    return Q(Exists(access.visible(user).filter(pk=OuterRef("job_id"), state=State.FAILED)))


def to_delete(user: AnyUser, wanted: LetterFilter, limit: int) -> tuple[list[int], bool]:
    """Ids of letters, oldest first, as many as `limit`; and whether those are all."""
    return _matching(user, wanted.condition(), limit)


def _matching(user: AnyUser, condition: Q, limit: int) -> tuple[list[int], bool]:
    rows = DeadLetter.objects.filter(condition & _seen_by(user)).order_by("pk")
    found = list(rows.values_list("pk", flat=True)[: limit + 1])
    return found[:limit], len(found) <= limit


def seen(user: AnyUser, ids: Sequence[int]) -> set[int]:
    """Those of `ids` that exist and that `user` may see."""
    return set(DeadLetter.objects.filter(_seen_by(user), pk__in=ids).values_list("pk", flat=True))


def jobs_of(ids: Sequence[int]) -> list[UUID]:
    """The jobs of these letters."""
    return list(DeadLetter.objects.filter(pk__in=ids).values_list("job_id", flat=True))


def of_jobs(job_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The letter of each of these jobs that has one."""
    return dict(DeadLetter.objects.filter(job_id__in=job_ids).values_list("job_id", "pk")) if job_ids else {}


def groups(
    user: AnyUser, wanted: LetterFilter, limit: int, most: int = MOST_GROUPED
) -> tuple[list[dict[str, Any]], int, bool]:
    """Of the newest `most`: a row per fingerprint, most first; how many letters were looked at; whether all."""
    rows, whole = newest(most)
    looked = rows.count() if whole else most
    rows = rows.filter(wanted.condition() & _seen_by(user))
    found = _grouped(rows, limit)
    latest = DeadLetter.objects.in_bulk([row["latest"] for row in found])
    types, queues = _kinds(rows, [row["fingerprint"] for row in found])
    for row in found:
        letter, group = latest[row.pop("latest")], row["fingerprint"]
        row |= {"types": sorted(types[group]), "queues": sorted(queues[group])}
        row |= {"error_type": letter.error_type, "error_message": letter.error_message}
    return found, looked, whole


def newest(most: int) -> tuple[QuerySet[DeadLetter], bool]:
    """The newest `most` letters, and whether those are all."""
    edge = DeadLetter.objects.order_by("-pk").values_list("pk", flat=True)[most - 1 : most].first()
    rows = DeadLetter.objects.all()
    return (rows, True) if edge is None else (rows.filter(pk__gte=edge), False)


def _grouped(rows: QuerySet[DeadLetter], limit: int) -> list[dict[str, Any]]:
    found = rows.values("fingerprint").annotate(
        count=Count("pk"),
        replayed=Count("pk", filter=Q(replay_count__gt=0)),
        first_seen=Min("failed_at"),
        last_seen=Max("failed_at"),
        latest=Max("pk"),
    )
    return [dict(row) for row in found.order_by("-count", "fingerprint")[:limit]]


def _kinds(rows: QuerySet[DeadLetter], fingerprints: Sequence[str]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Types and queues of each of these groups: those that are shown, for PostgreSQL would sort all letters for it."""
    types: dict[str, set[str]] = defaultdict(set)
    queues: dict[str, set[str]] = defaultdict(set)
    several = rows.filter(fingerprint__in=fingerprints).values_list("fingerprint", "type", "queue").distinct()
    for fingerprint, type_, queue in several.order_by():
        types[fingerprint].add(type_)
        queues[fingerprint].add(queue)
    return types, queues


def replays(job_ids: Sequence[UUID]) -> dict[UUID, list[AuditEntry]]:
    """The newest replays of each job, newest first."""
    targets = {f"job:{job_id}": job_id for job_id in job_ids}
    found: dict[UUID, list[AuditEntry]] = {job_id: [] for job_id in job_ids}
    rows = AuditEntry.objects.filter(target__in=targets, verb="job.replayed").order_by("-pk")[:MOST_REPLAYS]
    for row in rows:
        found[targets[row.target]].append(row)
    return found
