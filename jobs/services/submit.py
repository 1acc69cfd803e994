"""Submitting jobs: validate, resolve idempotency and dependencies, store, announce. One job is a batch of one."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import OperationalError, connection, transaction

from jobs import ids
from jobs.conf import options
from jobs.envelope import JobRequest
from jobs.errors import Invalid, KeyReused, StoreUnavailable
from jobs.news import OF_STATE, News
from jobs.ready import Ready
from jobs.services import announce, edges
from jobs.services.prepare import Batch, prepare_all
from jobs.states import State
from jobs.store import idempotency, insert, lookout
from jobs.store.idempotency import Wish
from jobs.tally import Tally

_CAME = {state.value: OF_STATE[state] for state in (State.BLOCKED, State.CANCELLED)}
"""What it is called where a new job does not simply wait in line or for its time."""

Sees = Callable[[Collection[UUID]], Collection[UUID]]
"""Of these jobs, those that the caller may see."""


class Submission(NamedTuple):
    """The answer to a submit: the job's id; of an earlier job when `duplicate_suppressed`."""

    id: UUID
    duplicate_suppressed: bool = False
    warnings: Sequence[str] = ()


def enqueue(type: str, payload: Mapping[str, Any] | None = None, **options: Any) -> Submission:
    """Submit one job; `options` are the other fields of `JobRequest`.

    Inside `transaction.atomic()` the job commits or vanishes with the caller's data.

    Raises:
        Invalid, UnknownType: the request is wrong; nothing was stored.
        KeyReused: the idempotency key came with another request before.
        StoreUnavailable: PostgreSQL cannot be reached; whether an earlier try was stored is resolved by its id.
    """
    return enqueue_many([JobRequest(type=type, payload={} if payload is None else payload, **options)])[0]


def enqueue_many(requests: Sequence[JobRequest], sees: Sees | None = None) -> list[Submission]:
    """Submit `requests`, all or none, in one statement each for keys, jobs and edges.

    With `sees` a key of a job that the caller does not see came with another request before, whatever it came with:
    else whoever guesses the key could guess the request, too.

    Raises:
        As `enqueue`; with several requests, fields are named `jobs[3].payload.recipient`.
    """
    conf = options()
    if len(requests) > conf.max_batch:
        raise Invalid.field("jobs", f"at most {conf.max_batch} in a batch")
    if not requests:
        return []
    batch = prepare_all(requests, conf)
    try:
        return _store(batch, sees)
    except OperationalError as error:
        if connection.in_atomic_block:
            raise
        return _store_again(batch, sees, error)


def _store_again(batch: Batch, sees: Sees | None, error: OperationalError) -> list[Submission]:
    """Once more on a new connection. The ids are the same, so a commit whose reply was lost does no harm."""
    connection.close()
    try:
        submissions = _store(batch, sees)
        # What the first try has stored after all is not new to the second, and nobody has told Redis of it.
        announce.ready(lookout.still_queued([draft.id for draft in batch.drafts]))
    except OperationalError:
        raise StoreUnavailable("the job store cannot be reached, try again soon") from error
    return submissions


def _store(batch: Batch, sees: Sees | None) -> list[Submission]:
    earlier: Mapping[UUID, UUID] = {}
    if batch.wishes or batch.dependencies:
        with transaction.atomic():
            earlier = _store_resolved(batch, sees)
    else:
        _insert(batch.drafts)
    if not (earlier or batch.warnings):
        return [Submission(draft.id) for draft in batch.drafts]
    ids = [draft.id for draft in batch.drafts]
    return [Submission(earlier.get(one, one), one in earlier, batch.warnings.get(one, ())) for one in ids]


def _store_resolved(batch: Batch, sees: Sees | None) -> dict[UUID, UUID]:
    """Keys first: whoever repeats an earlier request gets its job, and so do those that depend on it."""
    earlier = _resolve_keys(batch.wishes, sees)
    fresh = {draft.id: draft for draft in batch.drafts if draft.id not in earlier}
    waiting = {child: wanted for child, wanted in batch.dependencies.items() if child in fresh}
    made = edges.plan(waiting, fresh, earlier)
    _insert(list(fresh.values()), [replace(one, id=earlier[one.id]) for one in batch.drafts if one.id in earlier])
    edges.store(made)
    return earlier


def _resolve_keys(wishes: list[Wish], sees: Sees | None) -> dict[UUID, UUID]:
    """New id -> id of the earlier job, for each request that only repeats one."""
    if not wishes:
        return {}
    holders = list(zip(wishes, idempotency.resolve(wishes), strict=True))
    others = {job_id for _, (job_id, _) in holders} - {wish.job_id for wish in wishes}
    hidden = others.difference(sees(others)) if sees and others else set()
    earlier: dict[UUID, UUID] = {}
    for wish, (job_id, request_hash) in holders:
        if job_id == wish.job_id:
            continue
        if request_hash != wish.request_hash or job_id in hidden:
            raise KeyReused(
                f"idempotency_key: {wish.key!r} was used for another request of type {wish.type}",
                {"idempotency_key": ["was used for another request"]},
            )
        earlier[wish.job_id] = job_id
    return earlier


def _insert(drafts: list[insert.Draft], suppressed: Sequence[insert.Draft] = ()) -> None:
    """Store what is new; Redis hears of what may run now, and how many came in all. Those `suppressed` have the ids
    of the earlier jobs.
    """
    queued = _stored(drafts) if drafts else []
    tally = Tally()
    for draft in suppressed:
        tally.add(draft.queue, draft.type, "suppressed")
    if len(queued) < len(drafts):
        pushed = {draft.id for draft in queued}
        for draft in drafts:
            if draft.id not in pushed:
                tally.add(draft.queue, draft.type, "enqueued")
    ready = [
        Ready(one.id, one.queue, one.type, one.priority, ids.milliseconds(one.id), one.tenant_id, one.owner_id)
        for one in queued
    ]
    announce.ready(ready, counted="enqueued", tally=tally, news=_news(drafts, suppressed))


def _news(drafts: Sequence[insert.Draft], suppressed: Sequence[insert.Draft]) -> News:
    made = News.of("job.duplicate_suppressed", suppressed)
    made.attempts([(_CAME.get(draft.state, "job.enqueued"), draft, 0) for draft in drafts])
    return made


def _stored(drafts: list[insert.Draft]) -> list[insert.Draft]:
    """Those that are queued now."""
    _know_queues({draft.queue for draft in drafts})
    return insert.insert(drafts)


@lru_cache(maxsize=1)
def known_queues() -> set[str]:
    """Queues that this process has seen to have their rows."""
    return set()


def _know_queues(names: set[str]) -> None:
    """Make sure that each queue has its row; remembered per process once it is committed."""
    unknown = names - known_queues()
    if unknown:
        insert.add_queues(sorted(unknown))
        transaction.on_commit(lambda: known_queues().update(unknown), robust=True)
