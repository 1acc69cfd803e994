"""Submitting jobs: validate, resolve idempotency and dependencies, store, announce. One job is a batch of one."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction

from jobs import durations, envelope, ids, jsontext
from jobs.conf import Options, options
from jobs.envelope import DependsOn, JobRequest, Problems
from jobs.errors import Invalid, KeyReused, StoreUnavailable
from jobs.ready import Ready
from jobs.registry import Definition, registry
from jobs.services import announce, edges
from jobs.store import idempotency, insert
from jobs.store.idempotency import Wish


@dataclass(frozen=True, slots=True)
class Submission:
    """The answer to a submit: the job's id; of an earlier job when `duplicate_suppressed`."""

    id: UUID
    duplicate_suppressed: bool = False
    warnings: list[str] = field(default_factory=list)


def enqueue(type: str, payload: Mapping[str, Any] | None = None, **options: Any) -> Submission:
    """Submit one job; `options` are the other fields of `JobRequest`.

    Inside `transaction.atomic()` the job commits or vanishes with the caller's data.

    Raises:
        Invalid, UnknownType: the request is wrong; nothing was stored.
        KeyReused: the idempotency key came with another request before.
        StoreUnavailable: PostgreSQL cannot be reached; whether an earlier try was stored is resolved by its id.
    """
    return enqueue_many([JobRequest(type=type, payload=payload or {}, **options)])[0]


def enqueue_many(requests: Sequence[JobRequest]) -> list[Submission]:
    """Submit `requests`, all or none, in one statement each for keys, jobs and edges.

    Raises:
        As `enqueue`; with several requests, fields are named `jobs[3].payload.recipient`.
    """
    conf = options()
    if len(requests) > conf.max_batch:
        raise Invalid.field("jobs", f"at most {conf.max_batch} in a batch")
    prepared = [
        _prepare(request, conf, number if len(requests) > 1 else None) for number, request in enumerate(requests)
    ]
    if not prepared:
        return []
    try:
        return _store(prepared)
    except OperationalError as error:
        if connection.in_atomic_block:
            raise
        return _store_again(prepared, error)


def _store_again(prepared: "list[Prepared]", error: OperationalError) -> list[Submission]:
    """Once more on a new connection. The ids are the same, so a commit whose reply was lost does no harm."""
    connection.close()
    try:
        return _store(prepared)
    except OperationalError:
        raise StoreUnavailable("the job store cannot be reached, try again soon") from error


@dataclass(slots=True)
class Prepared:
    """A request that was found right: its row, its key and its edges to be."""

    draft: insert.Draft
    dependencies: list[DependsOn]
    wish: Wish | None
    warnings: list[str]


def _prepare(request: JobRequest, conf: Options, number: int | None) -> Prepared:
    try:
        return _checked(request, conf)
    except Invalid as error:
        if number is None:
            raise
        details = {f"jobs[{number}].{name}": messages for name, messages in error.details.items()}
        raise type(error)(f"jobs[{number}].{error.message}", details) from None


def _checked(request: JobRequest, conf: Options) -> Prepared:
    definition = registry.get(request.type)
    payload, warnings = envelope.check_payload(definition, request.payload, conf)
    problems = Problems()
    draft = _draft(request, definition, payload, conf, problems)
    dependencies = _dependencies(request, conf, problems)
    window = request.dedupe_window if request.dedupe_window is not None else conf.dedupe_window
    seconds = problems.take("dedupe_window", durations.parse, window)
    problems.raise_any()
    wish = None
    if draft.idempotency_key is not None:
        wish = Wish(draft.tenant_id, draft.type, draft.idempotency_key, _request_hash(request), draft.id, seconds)
    return Prepared(draft, dependencies, wish, warnings)


def _draft(
    request: JobRequest, definition: Definition, payload: str, conf: Options, problems: Problems
) -> insert.Draft:
    draft = insert.Draft(
        id=request.id,
        type=definition.type,
        queue=problems.take("queue", envelope.check_queue, request.queue or definition.queue),
        payload=payload,
        owner_id=request.owner_id,
        priority=problems.take("priority", envelope.check_priority, request.priority),
        max_attempts=problems.take("max_attempts", envelope.check_max_attempts, request.max_attempts, definition, conf),
        retry_policy=problems.take("retry_policy", envelope.check_retry_policy, request.retry_policy, definition, conf),
        timeout=problems.take("timeout", envelope.check_timeout, request.timeout, definition, conf),
        schema_version=problems.take(
            "schema_version", envelope.check_schema_version, request.schema_version, definition
        ),
        workflow_id=request.workflow_id,
        parent_job_id=request.parent_job_id,
    )
    _optional(request, draft, problems)
    return draft


def _optional(request: JobRequest, draft: insert.Draft, problems: Problems) -> None:
    """Fields that most requests leave out."""
    if request.tenant_id:
        draft.tenant_id = problems.take("tenant_id", envelope.check_name, request.tenant_id)
    if request.delay is not None:
        draft.delay = problems.take("delay", durations.parse, request.delay)
    if request.run_at is not None:
        draft.run_at = problems.take("run_at", envelope.check_run_at, request.run_at)
        if request.delay is not None:
            problems.add("delay", "give either a delay or a time, not both")
    if request.expires_in is not None:
        draft.expires_in = problems.take("expires_in", durations.parse, request.expires_in)
    if request.idempotency_key is not None:
        draft.idempotency_key = problems.take("idempotency_key", envelope.check_key, request.idempotency_key)
    if request.tags:
        draft.tags = problems.take("tags", envelope.check_tags, request.tags)
    if request.step is not None:
        draft.step = problems.take("step", envelope.check_name, request.step)
    if request.backend_data is not None:
        data = dict(request.backend_data)
        draft.backend_data = problems.take("backend_data", jsontext.encode, data, "backend_data")


def _dependencies(request: JobRequest, conf: Options, problems: Problems) -> list[DependsOn]:
    if not request.dependencies:
        if request.dependency_policy is not None:
            problems.take("dependency_policy", envelope.check_policy, request.dependency_policy)
        return []
    if len(request.dependencies) > conf.max_dependencies:
        problems.add("dependencies", f"at most {conf.max_dependencies}")
        return []
    own = request.dependency_policy or "block"
    problems.take("dependency_policy", envelope.check_policy, own)
    found: dict[UUID, DependsOn] = {}
    for number, given in enumerate(request.dependencies):
        edge = _edge(given, own)
        if edge.label:
            problems.take(f"dependencies[{number}].label", envelope.check_name, edge.label)
        problems.take(f"dependencies[{number}].policy", envelope.check_policy, edge.policy)
        found[edge.job_id] = edge
    return list(found.values())


def _edge(given: "UUID | JobRequest | DependsOn", policy: str) -> DependsOn:
    if isinstance(given, DependsOn):
        return DependsOn(given.job_id, given.label, given.policy or policy)
    return DependsOn(given.id if isinstance(given, JobRequest) else given, "", policy)


def _request_hash(request: JobRequest) -> str:
    """SHA-256 over the request as sent: what must be equal for a repeat to count as one."""
    sent = {
        "type": request.type,
        "payload": dict(request.payload),
        "queue": request.queue,
        "priority": request.priority,
        "delay": request.delay,
        "run_at": request.run_at.isoformat() if request.run_at else None,
    }
    return hashlib.sha256(repr(_ordered(sent)).encode("utf-8", "replace")).hexdigest()


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        # By key alone: 1 and "1" may both be keys, and their values need not compare.
        return sorted(((str(key), _ordered(item)) for key, item in value.items()), key=itemgetter(0))
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    return value


def _store(prepared: list[Prepared]) -> list[Submission]:
    if any(one.wish or one.dependencies for one in prepared):
        with transaction.atomic():
            return _store_resolved(prepared)
    _insert([one.draft for one in prepared])
    return [Submission(one.draft.id, False, one.warnings) for one in prepared]


def _store_resolved(prepared: list[Prepared]) -> list[Submission]:
    """Keys first: whoever repeats an earlier request gets its job, and so do those that depend on it."""
    earlier = _resolve_keys([one.wish for one in prepared if one.wish])
    fresh = [one for one in prepared if one.draft.id not in earlier]
    waiting = {one.draft.id: one.dependencies for one in fresh if one.dependencies}
    made = edges.plan(waiting, {one.draft.id: one.draft for one in fresh}, earlier)
    _insert([one.draft for one in fresh])
    edges.store(made)
    return [
        Submission(earlier.get(one.draft.id, one.draft.id), one.draft.id in earlier, one.warnings) for one in prepared
    ]


def _resolve_keys(wishes: list[Wish]) -> dict[UUID, UUID]:
    """New id -> id of the earlier job, for each request that only repeats one."""
    if not wishes:
        return {}
    earlier: dict[UUID, UUID] = {}
    for wish, (job_id, request_hash) in zip(wishes, idempotency.resolve(wishes), strict=True):
        if job_id == wish.job_id:
            continue
        if request_hash != wish.request_hash:
            raise KeyReused(
                f"idempotency_key: {wish.key!r} was used for another request of type {wish.type}",
                {"idempotency_key": ["was used for another request"]},
            )
        earlier[wish.job_id] = job_id
    return earlier


def _insert(drafts: list[insert.Draft]) -> None:
    if not drafts:
        return
    _know_queues({draft.queue for draft in drafts})
    by_id = {draft.id: draft for draft in drafts}
    announce.ready(
        [
            Ready(draft.id, draft.queue, draft.type, draft.priority, ids.milliseconds(draft.id))
            for draft in (by_id[job_id] for job_id in insert.insert(drafts))
        ]
    )


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
