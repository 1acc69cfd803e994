"""One portion of an operation on many rows: found, done by the verb's own service, and counted in one transaction.

Killed at any moment it has happened as a whole or not at all, and two that meet do not do it twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import DataError, IntegrityError, transaction
from django.db.models.functions import Now

from jobs import pacing
from jobs.conf import options
from jobs.errors import FlowbitError
from jobs.models import BulkOperation
from jobs.services import announce, bulk, bulk_verbs
from jobs.services.audit import Actor
from jobs.services.steered import Steered

MOST = 1000
"""Rows that are moved in one transaction."""
MOST_REFUSALS = 20
State = BulkOperation.State


@dataclass(frozen=True, slots=True)
class Portion:
    """Keys that fit, oldest first; the cursor behind all that was looked at, None when nothing is left."""

    keys: Sequence[Any]
    cursor: int | None


Find = Callable[[User, BulkOperation, int], Portion]
"""(whoever began it, the operation, how many) -> what is next."""


def running() -> list[UUID]:
    """Operations that have not ended, oldest first."""
    return list(BulkOperation.objects.running().order_by("pk").values_list("pk", flat=True))


def step(operation_id: UUID, find: Find) -> int | None:
    """Do the next portion; how many rows that were, None when it is not time yet or nothing is left.

    What cannot be done whatever the row (a queue's name that is not taken any more) ends the operation as failed.
    """
    try:
        with transaction.atomic():
            return _step(operation_id, find)
    except FlowbitError as error:
        problem = error.message
    except (DataError, IntegrityError) as error:
        problem = f"PostgreSQL refused it: {type(error).__name__}"
    bulk.end(BulkOperation(pk=operation_id), State.FAILED, problem)
    return None


def _step(operation_id: UUID, find: Find) -> int | None:
    held = _held(operation_id)
    if held is None:
        return None
    operation, now = held
    waited = (now - operation.paced_at).total_seconds()
    most = pacing.portion(operation.rate, waited, min(MOST, options().max_batch))
    if most == 0:
        return None
    user = bulk.actor_of(operation)
    if user is None:
        bulk.end(operation, State.STOPPED, f"{operation.actor} may not do this any more")
        return None
    found = find(user, operation, most)
    result = _done(operation, found.keys)
    paced = now - timedelta(seconds=pacing.used(operation.rate, waited, len(found.keys)))
    _count(operation, result, found, paced)
    if found.cursor is None:
        bulk.end(operation, State.FINISHED)
    return len(found.keys)


def _held(operation_id: UUID) -> tuple[BulkOperation, datetime] | None:
    """The operation under its lock, and PostgreSQL's clock; None when it has ended, or somebody else is at it."""
    rows = BulkOperation.objects.running().select_for_update(skip_locked=True)
    found: Any = rows.filter(pk=operation_id).annotate(now=Now()).first()
    return (found, found.now) if found else None


def _done(operation: BulkOperation, keys: Sequence[Any]) -> Steered[Any]:
    if not keys:
        return Steered()
    actor = Actor(operation.actor_id, operation.actor, operation.source, operation.via)
    verb = bulk_verbs.get(operation.verb)
    return verb.run(keys, actor, operation.parameters, operation.reason)


def _count(operation: BulkOperation, result: Steered[Any], found: Portion, paced: datetime) -> None:
    refusals = [[str(key), error.message] for key, error in result.refused.items()]
    BulkOperation.objects.filter(pk=operation.pk).update(
        done=operation.done + len(result.moved),
        refused=operation.refused + len(result.refused),
        refusals=[*operation.refusals, *refusals][:MOST_REFUSALS],
        cursor=operation.cursor if found.cursor is None else str(found.cursor),
        paced_at=paced,
        worked_at=Now(),
    )
    if found.keys:
        announce.happened("bulk.progress", name=str(operation.pk))
