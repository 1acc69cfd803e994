"""Begin and stop operations on all rows of a filter. The scheduler does them, portion by portion (`bulk_steps`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from jobs import pacing
from jobs.errors import Conflict, NotAllowed, NotFound
from jobs.ids import uuid7
from jobs.models import BulkOperation
from jobs.scopes import UNLIMITED
from jobs.services import access, announce, audit, bulk_verbs, dead_letters
from jobs.services.access import AnyUser
from jobs.services.audit import Actor
from jobs.services.bulk_verbs import BulkVerb
from jobs.store import sql

MOST_RUNNING = 20
_LOCK = 0x62756C6B
"""A key of PostgreSQL's advisory locks."""
State = BulkOperation.State


class Estimate(NamedTuple):
    """How many rows fit; `whole` says whether those are all."""

    number: int
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """`filter` has the parameters of the API's list as text, `parameters` what the verb changes. `key` is the
    operation's id, where whoever asks may ask twice (by a double click): the second is the first.
    """

    verb: str
    filter: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    rate: float | None = None
    reason: str = ""
    key: UUID | None = None


def begin(wanted: Wanted, estimate: Estimate, user: AnyUser, actor: Actor) -> UUID:
    """Let the scheduler do it to all that fits now; the operation's id.

    Raises:
        Invalid: verb, a parameter or the rate is wrong.
        NotAllowed: `user` may not do this.
        Conflict: too many operations run.
    """
    verb = bulk_verbs.get(wanted.verb)
    _check_may(user, verb)
    if access.limits_of(user) != UNLIMITED or actor.id is None:
        # What a key may not reach is not kept with the operation, and would be reached in the background.
        raise NotAllowed("a key begins no operation: sign in")
    dead_letters.check_rate(wanted.rate)
    changed = verb.checked(wanted.parameters)
    with transaction.atomic():
        # One after the other: else two that count at the same moment would both be the last that is allowed.
        sql.run("select pg_advisory_xact_lock(%s)", [_LOCK])
        earlier = BulkOperation.objects.filter(pk=wanted.key).first() if wanted.key else None
        if earlier is not None and earlier.actor_id == actor.id:
            return earlier.pk
        if earlier is not None:
            raise Conflict("there is an operation of this key already")
        if BulkOperation.objects.running().count() >= MOST_RUNNING:
            raise Conflict(f"{MOST_RUNNING} operations run already: wait for one to end, or stop one")
        made = _made(wanted, changed, estimate, actor, actor.id)
        after = {"verb": wanted.verb, "filter": _told(made.filter), **changed, "rate": wanted.rate}
        audit.record(actor, "bulk.begun", f"bulk:{made.pk}", None, {**after, "estimated": estimate.number}, made.reason)
        announce.happened("bulk.begun", name=str(made.pk), actor=actor.name)
    return made.pk


def _made(wanted: Wanted, changed: dict[str, Any], estimate: Estimate, actor: Actor, actor_id: int) -> BulkOperation:
    ahead = timedelta(seconds=pacing.first_wait(wanted.rate))
    return BulkOperation.objects.create(
        pk=wanted.key or uuid7(),
        verb=wanted.verb,
        actor_id=actor_id,
        actor=actor.name,
        source=actor.source,
        via=actor.via,
        reason=audit.reason_text(wanted.reason),
        filter=dict(wanted.filter),
        parameters=changed,
        rate=wanted.rate,
        estimated=estimate.number,
        estimate_is_whole=estimate.whole,
        paced_at=Now() - ahead,
    )


def _told(filter_: Mapping[str, str]) -> dict[str, str]:
    """The filter for an audit row: what is looked for in payloads is not for everybody who reads those."""
    return {name: access.HIDDEN if name.startswith("payload.") else text[:1000] for name, text in filter_.items()}


def stop(operation_id: UUID, user: AnyUser, actor: Actor, reason: str = "") -> None:
    """Nothing more is done; what was done stays, and so does the rest where it is.

    Raises:
        NotFound, NotAllowed; Conflict: it has ended.
    """
    with transaction.atomic():
        # Waits for the portion that is just being done.
        operation = BulkOperation.objects.select_for_update().filter(pk=operation_id).first()
        if operation is None:
            raise NotFound("there is no such operation")
        _check_may(user, bulk_verbs.get(operation.verb))
        if operation.state != State.RUNNING:
            raise Conflict(f"the operation is {operation.state} already")
        told = f"stopped by {actor.name}" + (f": {audit.reason_text(reason)}" if reason.strip() else "")
        end(operation, State.STOPPED, told)
        counts = {"done": operation.done, "refused": operation.refused}
        audit.record(actor, "bulk.stopped", f"bulk:{operation.pk}", None, counts, reason)


def end(operation: BulkOperation, state: str, why: str = "") -> None:
    """Write how it ended, in the caller's transaction."""
    BulkOperation.objects.filter(pk=operation.pk, state=State.RUNNING).update(
        state=state, ended_why=why, finished_at=Now()
    )
    announce.happened(f"bulk.{state}", name=str(operation.pk))


def _check_may(user: AnyUser, verb: BulkVerb) -> None:
    if not user.has_perm(verb.permission):
        raise NotAllowed("you may not do this")


def actor_of(operation: BulkOperation) -> User | None:
    """Whoever began it, if they may still do it."""
    user = User.objects.filter(pk=operation.actor_id, is_active=True).first()
    return user if user is not None and user.has_perm(bulk_verbs.get(operation.verb).permission) else None
