"""From a request to the row, the key and the edges that it asks for: every field checked, nothing stored."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from jobs import durations, envelope, jsontext
from jobs.conf import Options
from jobs.envelope import DependsOn, JobRequest, Problems, Refused
from jobs.errors import Invalid
from jobs.registry import Definition, registry
from jobs.store import insert
from jobs.store.idempotency import Wish

Take = Callable[..., Any]
"""`Problems.take`: a checked value, or a problem noted."""


@dataclass(slots=True)
class Batch:
    """Requests that were found right. What only few of them have is kept aside, by the id of their job."""

    drafts: list[insert.Draft] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)
    dependencies: dict[UUID, list[DependsOn]] = field(default_factory=dict)
    warnings: dict[UUID, list[str]] = field(default_factory=dict)


def prepare_all(requests: Sequence[JobRequest], conf: Options) -> Batch:
    """Check every request of a batch. Raises Invalid, naming the requests too where there are several."""
    batch = Batch()
    siblings = frozenset([request.id for request in requests]) if any(one.dependencies for one in requests) else _NONE
    refused = Refused()
    for number, request in enumerate(requests):
        try:
            _check(request, conf, siblings, batch)
        except Invalid as error:
            if len(requests) == 1:
                raise
            refused.add(number, error)
    refused.raise_any()
    return batch


_NONE: frozenset[UUID] = frozenset()


def _check(request: JobRequest, conf: Options, siblings: frozenset[UUID], batch: Batch) -> None:
    """Add a request to the batch. Raises Invalid."""
    definition = registry.get(request.type)
    try:
        payload, warnings = envelope.check_payload(definition, request.payload, conf)
    except Invalid as error:
        raise _with_what_else(error, request, definition, conf) from None
    draft, dependencies, seconds = _around(request, definition, payload, conf)
    if draft.idempotency_key is not None:
        hashed = _request_hash(request, dependencies, siblings)
        batch.wishes.append(Wish(draft.tenant_id, draft.type, draft.idempotency_key, hashed, draft.id, seconds))
    if dependencies:
        batch.dependencies[draft.id] = dependencies
    if warnings:
        batch.warnings[draft.id] = warnings
    batch.drafts.append(draft)


def _with_what_else(error: Invalid, request: JobRequest, definition: Definition, conf: Options) -> Invalid:
    """What is wrong with the payload, and around it: one answer names everything."""
    try:
        _around(request, definition, "", conf)
    except Invalid as around:
        return type(error)(error.message, error.details | around.details)
    return error


def check_envelope(request: JobRequest, conf: Options) -> None:
    """All but the payload of one request. Raises Invalid, UnknownType."""
    _around(request, registry.get(request.type), "", conf)


def _around(
    request: JobRequest, definition: Definition, payload: str, conf: Options
) -> tuple[insert.Draft, list[DependsOn], float]:
    """The row around a checked payload, what it waits for, and how long its key holds. Raises Invalid."""
    problems = Problems()
    draft = _draft(request, definition, payload, conf)
    _envelope(request, definition, draft, conf, problems)
    dependencies = _dependencies(request, conf, problems)
    seconds = conf.dedupe_window
    if request.dedupe_window is not None:
        seconds = problems.take("dedupe_window", durations.parse, request.dedupe_window)
    problems.raise_any()
    return draft, dependencies, seconds


def _draft(request: JobRequest, definition: Definition, payload: str, conf: Options) -> insert.Draft:
    """The job with every default in its place."""
    usual = _defaults(definition, conf)
    return insert.Draft(
        id=request.id,
        type=definition.type,
        queue=usual.queue,
        payload=payload,
        owner_id=request.owner_id,
        max_attempts=usual.max_attempts,
        retry_policy=usual.retry_policy,
        timeout=usual.timeout,
        schema_version=definition.schema_version,
        workflow_id=request.workflow_id,
        parent_job_id=request.parent_job_id,
    )


class _Defaults(NamedTuple):
    """What a type's jobs have when their request says nothing."""

    queue: str
    max_attempts: int
    retry_policy: str | None
    timeout: float


@lru_cache(maxsize=1024)
def _defaults(definition: Definition, conf: Options) -> _Defaults:
    """Checked as if they had been asked for, and once. Raises Invalid for a handler that is declared wrongly."""
    problems = Problems()
    found = _Defaults(
        problems.take("queue", envelope.check_queue, definition.queue),
        problems.take("max_attempts", envelope.check_max_attempts, None, definition, conf),
        problems.take("retry_policy", envelope.check_retry_policy, None, definition, conf),
        problems.take("timeout", envelope.check_timeout, None, definition, conf),
    )
    problems.raise_any()
    return found


def _envelope(
    request: JobRequest, definition: Definition, draft: insert.Draft, conf: Options, problems: Problems
) -> None:
    """The fields around the payload that the request does give."""
    take = problems.take
    if request.queue is not None:
        draft.queue = take("queue", envelope.check_queue, request.queue)
    if request.priority is not draft.priority:  # 5.0 and True are not the default, though they may equal it
        draft.priority = take("priority", envelope.check_priority, request.priority)
    if request.max_attempts is not None:
        draft.max_attempts = take("max_attempts", envelope.check_max_attempts, request.max_attempts, definition, conf)
    if request.retry_policy is not None:
        draft.retry_policy = take("retry_policy", envelope.check_retry_policy, request.retry_policy, definition, conf)
    if request.timeout is not None:
        draft.timeout = take("timeout", envelope.check_timeout, request.timeout, definition, conf)
    if request.schema_version is not None:
        take("schema_version", envelope.check_schema_version, request.schema_version, definition)
    _identity(request, draft, take)
    _times(request, draft, problems)


def _identity(request: JobRequest, draft: insert.Draft, take: Take) -> None:
    if request.tenant_id:
        draft.tenant_id = take("tenant_id", envelope.check_name, request.tenant_id)
    if request.idempotency_key is not None:
        draft.idempotency_key = take("idempotency_key", envelope.check_key, request.idempotency_key)
    if request.tags != ():
        draft.tags = take("tags", envelope.check_tags, request.tags)
    if request.step is not None:
        draft.step = take("step", envelope.check_name, request.step)
    if request.backend_data is not None:
        draft.backend_data = take("backend_data", jsontext.encode, dict(request.backend_data), "backend_data")


def _times(request: JobRequest, draft: insert.Draft, problems: Problems) -> None:
    if request.delay is not None:
        draft.delay = problems.take("delay", durations.parse, request.delay)
    if request.run_at is not None:
        draft.run_at = problems.take("run_at", envelope.check_run_at, request.run_at)
        if request.delay is not None:
            problems.add("delay", "give either a delay or a time, not both")
    if request.expires_in is not None:
        draft.expires_in = problems.take("expires_in", durations.parse, request.expires_in)


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


_NOT_SENT = {"id", "idempotency_key", "dedupe_window", "tenant_id", "owner_id", "dependencies"}
_SENT = {one.name: one.default for one in fields(JobRequest) if one.name not in _NOT_SENT}


def _request_hash(request: JobRequest, dependencies: list[DependsOn], siblings: frozenset[UUID]) -> str:
    """SHA-256 over the request as sent: what must be equal for a repeat to count as one.

    Ids of parents from the same batch are left out: they are made anew each time.
    """
    # What was left at its default counts as not sent, so a field that a later release adds changes no hash.
    sent = {name: value for name, default in _SENT.items() if (value := getattr(request, name)) != default}
    sent["dependencies"] = [
        (None if edge.job_id in siblings else edge.job_id, edge.label, edge.policy) for edge in dependencies
    ]
    return hashlib.sha256(repr(_ordered(sent)).encode("utf-8", "replace")).hexdigest()


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        # By key alone: 1 and "1" may both be keys, and their values need not compare.
        return sorted(((str(key), _ordered(item)) for key, item in value.items()), key=itemgetter(0))
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    return value
