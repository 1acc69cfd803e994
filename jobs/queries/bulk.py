"""What an operation on many rows finds, how many that are, and the operations themselves for a screen."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from jobs.models import BulkOperation
from jobs.queries import dead_letters, job_search, pages
from jobs.queries.dead_letters import LetterFilter
from jobs.queries.job_search import JobFilter
from jobs.queries.pages import Page, Place
from jobs.services import bulk_verbs
from jobs.services.access import AnyUser
from jobs.services.bulk import Estimate
from jobs.services.bulk_steps import Portion
from jobs.services.bulk_verbs import BulkVerb
from jobs.states import PARKED, State, parse

MOST_COUNTED = 10_000
MOST_SHOWN = 20
LATELY = timedelta(minutes=15)
Filter = JobFilter | LetterFilter


def estimate(user: AnyUser, verb: BulkVerb, wanted: Filter, patience: float = pages.PATIENCE) -> Estimate:
    """How many rows the verb would touch now: up to 10,000, and among a bounded number of the newest."""
    parts, conditions = _chosen(user, verb, wanted, None)
    narrow = (lambda found: found.filter(*conditions)) if any(conditions) else None
    return Estimate(*pages.count(parts, MOST_COUNTED, narrow, patience))


def ahead(user: AnyUser, operation: BulkOperation, wanted: Filter, limit: int) -> Portion:
    """The next rows of an operation, of those that were there when it began, oldest first."""
    verb = bulk_verbs.get(operation.verb)
    place = Place(int(operation.cursor) if operation.cursor else None, newer=True)
    page = _page(user, verb, wanted, operation.created_at, place, limit)
    return Portion([row.pk for row in reversed(page.rows)], page.newer.key if page.newer else None)


def _page(user: AnyUser, verb: BulkVerb, wanted: Filter, began: datetime | None, place: Place, limit: int) -> Page[Any]:
    if began is not None:
        before = min(wanted.created_before, began) if wanted.created_before else began
        wanted = replace(wanted, created_before=before)
    parts, conditions = _chosen(user, verb, wanted, began)
    return pages.page([part.only("pk") for part in parts], place, limit, lambda found: found.filter(*conditions))


def _chosen(
    user: AnyUser, verb: BulkVerb, wanted: Filter, began: datetime | None
) -> tuple[list[QuerySet[Any]], list[Q]]:
    if isinstance(wanted, LetterFilter):
        letters, condition = dead_letters.chosen(user, wanted)
        if verb.name == bulk_verbs.Verb.REPLAY:
            condition &= dead_letters.replayable(user)
        return [letters], [condition]
    words = _words(wanted.states, verb)
    if not words:
        return [BulkOperation.objects.none()], []
    parts, conditions = job_search.chosen(user, replace(wanted, states=words))
    if began is not None and verb.name == bulk_verbs.Verb.RETRY:
        # One that is retried and fails again is not retried again, and neither is one that fails meanwhile.
        conditions = [*conditions, Q(finished_at__lt=began)]
    return list(parts), conditions


def _words(asked: tuple[str, ...], verb: BulkVerb) -> tuple[str, ...]:
    """Those of the states asked for (all, when none are) that the verb is for."""
    words = asked or tuple(sorted(verb.states))
    return tuple(word for word in words if (State.QUEUED if word == PARKED else parse(word)) in verb.states)


def lately() -> tuple[list[BulkOperation], datetime | None]:
    """Those that run, then those that ended in the last minutes, newest first; PostgreSQL's clock if there are any."""
    recent = Q(state=BulkOperation.State.RUNNING) | Q(finished_at__gt=Now() - LATELY)
    rows: Any = BulkOperation.objects.filter(recent).annotate(now=Now())
    found = list(rows.order_by(F("finished_at").desc(nulls_first=True), "-pk")[:MOST_SHOWN])
    return found, found[0].now if found else None


def clock() -> datetime:
    """PostgreSQL's."""
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found


def search(place: Place, limit: int) -> Page[BulkOperation]:
    """A page of all of them, newest first."""
    return pages.page(BulkOperation.objects.all(), place, limit)
