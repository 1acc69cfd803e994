"""From a request to the row, the key and the edges that it asks for: every field checked, nothing stored."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from operator import itemgetter
from typing import Any
from uuid import UUID

from jobs import durations, envelope, jsontext
from jobs.conf import Options
from jobs.envelope import DependsOn, JobRequest, Problems
from jobs.errors import Invalid
from jobs.registry import Definition, registry
from jobs.store import insert
from jobs.store.idempotency import Wish


@dataclass(slots=True)
class Prepared:
    """A request that was found right: its row, its key and its edges to be."""

    draft: insert.Draft
    dependencies: list[DependsOn]
    wish: Wish | None
    warnings: list[str]


def prepare_all(requests: Sequence[JobRequest], conf: Options) -> list[Prepared]:
    """Check every request of a batch. Raises Invalid, naming the request too where there are several."""
    siblings = frozenset(request.id for request in requests)
    if len(requests) == 1:
        return [_checked(requests[0], conf, siblings)]
    return [_numbered(request, conf, siblings, number) for number, request in enumerate(requests)]


def _numbered(request: JobRequest, conf: Options, siblings: frozenset[UUID], number: int) -> Prepared:
    try:
        return _checked(request, conf, siblings)
    except Invalid as error:
        details = {f"jobs[{number}].{name}": messages for name, messages in error.details.items()}
        raise type(error)(f"jobs[{number}].{error.message}", details) from None


def _checked(request: JobRequest, conf: Options, siblings: frozenset[UUID]) -> Prepared:
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
        hashed = _request_hash(request, dependencies, siblings)
        wish = Wish(draft.tenant_id, draft.type, draft.idempotency_key, hashed, draft.id, seconds)
    return Prepared(draft, dependencies, wish, warnings)


def _draft(
    request: JobRequest, definition: Definition, payload: str, conf: Options, problems: Problems
) -> insert.Draft:
    draft = insert.Draft(
        id=request.id,
        type=definition.type,
        queue=problems.take(
            "queue", envelope.check_queue, definition.queue if request.queue is None else request.queue
        ),
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


_NOT_SENT = {"id", "idempotency_key", "dedupe_window", "tenant_id", "owner_id", "dependencies"}
_SENT = {field.name: field.default for field in fields(JobRequest) if field.name not in _NOT_SENT}


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
