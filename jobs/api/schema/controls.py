"""Shapes of queues, workers, handlers, files and health."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from jobs.api.schema.shapes import Page, Shape


class Queue(Shape):
    """`drained`: it drains, and nothing runs in it any more. `counts` are live jobs by state."""

    name: str
    mode: Literal["open", "paused", "draining"]
    until: datetime | None
    by: str
    reason: str
    changed_at: datetime
    counts: dict[str, int]
    drained: bool


class Queues(Shape):
    results: list[Queue]
    counted_at: datetime | None = Field(description="When waiting jobs were counted; null when none waited")


class QueueMode(Shape):
    name: str
    mode: Literal["open", "paused", "draining"]
    until: datetime | None
    by: str
    reason: str


class Worker(Shape):
    id: str
    host: str
    pid: int
    version: str
    queues: list[str] = Field(description="Empty: all")
    types: list[str]
    mode: Literal["active", "cordoned", "draining"]
    alive: bool
    slots: int
    busy: int
    saturation: float = Field(description="busy / slots")
    memory_bytes: int
    settled: int
    fenced: int
    started_at: datetime
    heartbeat_at: datetime
    heartbeat_age_seconds: float
    lease_until: datetime
    stopped_at: datetime | None


class Workers(Shape):
    results: list[Worker]


class Handler(Shape):
    """A registered type. Null defaults are the project's."""

    type: str
    aliases: list[str]
    summary: str
    queue: str
    timeout: float | None
    max_attempts: int | None
    retry_policy: dict[str, Any] | None
    schema_version: int
    permission: str | None
    allowed: bool = Field(description="Whether you may submit it")
    accepts_any: bool
    payload_schema: dict[str, Any]


class Handlers(Shape):
    results: list[Handler]


class Upload(Shape):
    """`source` is what `file.ingest` takes."""

    source: str
    path: str
    name: str
    bytes: int
    sha256: str


class TokenPair(Shape):
    """`access` goes into `Authorization: Bearer`; `refresh` can be used once, for the next pair."""

    access: str
    refresh: str
    token_type: Literal["Bearer"]
    expires_in: int = Field(description="Seconds, of the access token")


class BulkRefusal(Shape):
    id: str
    error: str


class BulkOperation(Shape):
    """One verb for all rows of a filter. `rate`: rows a second at most; null is no limit."""

    id: UUID
    verb: Literal["job.cancel", "job.retry", "job.priority", "job.move", "dlq.replay", "dlq.delete"]
    state: Literal["running", "stopped", "finished", "failed"]
    actor: str
    reason: str
    filter: dict[str, str]
    parameters: dict[str, Any]
    rate: float | None
    estimated: int = Field(description="How many rows fitted when it began")
    estimate_is_whole: bool = Field(description="false: at least so many")
    done: int
    refused: int
    refusals: list[BulkRefusal] = Field(description="The first ones")
    ended_why: str = Field(description="Why it was stopped, or failed")
    created_at: datetime
    worked_at: datetime | None
    finished_at: datetime | None


class BulkPage(Page):
    results: list[BulkOperation]


class Part(Shape):
    status: Literal["ok", "degraded", "down"]
    latency_ms: float | None = None
    problem: str | None = None


class Health(Shape):
    status: Literal["ok", "degraded", "down"]
    version: str
    postgresql: Part
    redis: Part
