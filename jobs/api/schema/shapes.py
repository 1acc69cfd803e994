"""What comes out, as the OpenAPI document tells it. Tests hold real answers against these."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from jobs.states import DependencyPolicy, Outcome, State


class Shape(BaseModel):
    """Exactly these fields."""

    model_config = ConfigDict(extra="forbid")


class Error(Shape):
    """Every failure: a sentence for people, a word for programs, and the fields that are wrong."""

    error: str
    code: str
    details: dict[str, Any]
    request_id: str = Field(default="", description="Only of a defect of ours (500): name it to an operator")


class RetryPolicy(Shape):
    policy: Literal["exponential", "linear", "constant", "none"]
    initial_delay: float = Field(description="Seconds")
    factor: float
    max_delay: float = Field(description="Seconds")
    jitter: float


class Dependency(Shape):
    job_id: UUID
    label: str
    policy: DependencyPolicy
    met: bool


class Links(Shape):
    self: str
    events: str
    attempts: str
    graph: str
    logs: str
    inspection: str


class Job(Shape):
    """A job. `payload`, `result` and `artifact` are null for those who may not see them."""

    id: UUID
    type: str
    queue: str
    tenant_id: str
    owner: str | None
    payload: dict[str, Any] | None
    priority: int = Field(ge=0, le=10)
    state: State
    attempt: int = Field(description="Number of the latest attempt")
    tries: int = Field(description="What the retry budget has used")
    max_attempts: int
    retry_policy: RetryPolicy
    timeout: float = Field(description="Seconds")
    run_at: datetime
    expires_at: datetime | None
    schema_version: int
    idempotency_key: str | None
    tags: list[str]
    workflow_id: UUID | None
    step: str | None
    parent_job_id: UUID | None
    dependencies: list[Dependency]
    dependency_policy: DependencyPolicy | None
    blocked_reason: str | None = Field(description="Why it waits: an upstream that ended badly, or that it is parked")
    throttled_until: datetime | None
    progress: float | None
    result: Any
    artifact: str | None
    last_error: str | None
    worker_id: str | None
    lease_until: datetime | None
    cancel_requested_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    execution_ms: float | None
    queue_latency_ms: float | None
    warnings: list[str]
    links: Links


class SubmittedJob(Job):
    """The job, or an earlier one that the request only repeats."""

    duplicate_suppressed: bool = False


class Scanned(Shape):
    """How far a filter looked. Where it is not complete, `next` goes on from there."""

    rows: int
    complete: bool


class Page(Shape):
    """Newest first."""

    next: str | None
    previous: str | None
    scanned: Scanned | None = None


class JobPage(Page):
    results: list[Job]


class BatchItem(Shape):
    """What deserves a word about one job of a batch."""

    index: int
    id: UUID
    duplicate_suppressed: bool
    warnings: list[str]


class Batch(Shape):
    """`ids` in the order of the request. `remarks` has those of whom there is more to say."""

    count: int
    created: int
    duplicates: int
    ids: list[UUID]
    remarks: list[BatchItem]
    jobs: list[Job] | None = Field(default=None, description="With `?expand=1`")


class Attempt(Shape):
    """One execution. `traceback` and `logs` are null for those who may not see payloads."""

    number: int
    outcome: Outcome
    worker_id: str
    release: str
    started_at: datetime
    finished_at: datetime
    error_type: str | None
    error_message: str | None
    traceback: list[dict[str, Any]] | None = Field(description="Frames, outermost first, with scrubbed locals")
    logs: list[Any] | None = Field(description="[[seconds since the start, level, text], ...]")
    fenced: bool


class Attempts(Shape):
    """Newest first; `truncated` when there are more."""

    results: list[Attempt]
    truncated: bool


class Event(Shape):
    id: str
    kind: str
    at: datetime
    actor: str
    message: str
    detail: dict[str, Any]


class Events(Shape):
    """Oldest first."""

    results: list[Event]


class LogLine(Shape):
    attempt: int
    at: datetime
    level: str
    text: str


class Logs(Shape):
    """Oldest first, of the newest attempts."""

    results: list[LogLine]
    truncated: bool


class Node(Shape):
    id: UUID
    type: str
    queue: str
    state: State
    step: str | None
    blocked_reason: str | None
    progress: float | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    execution_ms: float | None
    links: Links


class Edge(BaseModel):
    """From the job that is waited for to the one that waits."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    source: UUID = Field(alias="from")
    target: UUID = Field(alias="to")
    label: str
    policy: DependencyPolicy
    met: bool


class Graph(Shape):
    """Whatever hangs together with `root`; `truncated` when that is more than is shown."""

    root: UUID
    nodes: list[Node]
    edges: list[Edge]
    truncated: bool


class Replay(Shape):
    at: datetime
    actor: str
    reason: str
    changes: dict[str, Any] | None


class DeadLetter(Shape):
    id: int
    job: Job | None = Field(description="null when it has been pruned")
    fingerprint: str
    type: str
    queue: str
    tenant_id: str
    error_type: str
    error_message: str
    failed_at: datetime
    tries: int
    replay_count: int
    last_replayed_at: datetime | None
    replays: list[Replay] = Field(description="The newest ones")


class DeadLetterPage(Page):
    results: list[DeadLetter]


class DeadLetterGroup(Shape):
    fingerprint: str
    error_type: str
    error_message: str
    count: int
    replayed: int
    first_seen: datetime
    last_seen: datetime
    types: list[str]
    queues: list[str]


class DeadLetterGroups(Shape):
    """By number, most first; of the newest letters."""

    results: list[DeadLetterGroup]
    scanned: Scanned


class Refusal(Shape):
    id: int | UUID
    error: str
    code: str


class Replayed(Shape):
    """What became of a replay. `matched` letters fitted; with `dry_run` nothing was done."""

    dry_run: bool
    matched: int
    replayed: list[int]
    refused: list[Refusal]
    complete: bool = Field(description="false: more fit, ask again")
    spread_seconds: float = Field(description="With a rate: until the last one may run")


class Deleted(Shape):
    dry_run: bool
    matched: int
    deleted: list[int]
    refused: list[Refusal]
    complete: bool


class Idempotency(Shape):
    key: str
    tenant_id: str
    type: str
    expires_at: datetime


class Lease(Shape):
    worker_id: str
    lease_until: datetime | None
    heartbeat_at: datetime | None
    alive: bool


class Target(Shape):
    kind: Literal["queue", "job", "workers", "schedulers", "stores"]
    key: str = Field(description="Its name or id; empty for the last three kinds")


class WaitingReason(Shape):
    """Why a job does not run yet."""

    code: str
    text: str
    help: str = Field(description="What would help")
    target: Target | None = Field(description="What to look at or to steer")
    until: datetime | None = Field(description="When it ends by itself, where that is known")
    holds: bool = Field(description="false: it only informs, as the place in line does")


class Inspection(Shape):
    """Everything that is known of a job."""

    job: Job
    attempts: list[Attempt]
    events: list[Event]
    graph: Graph
    idempotency: Idempotency | None
    dead_letter: DeadLetter | None
    lease: Lease | None
    waiting_reasons: list[WaitingReason] = Field(description="In the order in which they end; empty unless it waits")
