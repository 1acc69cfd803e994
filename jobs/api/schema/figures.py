"""Shapes of figures."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from jobs.api.schema.controls import Part, Worker
from jobs.api.schema.shapes import DeadLetterGroup, Job, Shape


class Percentiles(Shape):
    """Milliseconds; null without any."""

    p50: float | None
    p95: float | None
    p99: float | None


class Counts(Shape):
    """What happened."""

    enqueued: int
    started: int
    duplicates_suppressed: int
    fenced: int = Field(description="Late results that were refused")
    outcomes: dict[str, int] = Field(description="How attempts ended")
    finished: dict[str, int] = Field(description="Jobs that attempts brought to a final state")
    retried: int
    run_ms: Percentiles
    queue_latency_ms: Percentiles


class Minute(Counts):
    at: datetime


class Rated(Counts):
    throughput_per_second: float = Field(description="Jobs that succeeded or failed")
    failure_rate: float | None
    retry_rate: float | None


class QueueFigures(Rated):
    name: str
    mode: Literal["open", "paused", "draining"]
    live: dict[str, int]


class WorkerCounts(Shape):
    """Of living workers."""

    alive: int
    slots: int
    busy: int
    cordoned: int
    draining: int


class Whole(Rated):
    at: datetime
    minutes: int
    live: dict[str, int] = Field(description="Jobs by state; those that wait as of `counted_at`")
    counted_at: datetime | None
    workers: WorkerCounts
    leader_alive: bool


class Metrics(Whole):
    queues: list[QueueFigures]


class OverviewQueue(QueueFigures):
    until: datetime | None
    by: str
    reason: str
    changed_at: datetime


class Leader(Shape):
    holder: str
    acquired_at: datetime
    until: datetime


class Stores(Shape):
    postgresql: Part
    redis: Part


class Overview(Whole):
    queues: list[OverviewQueue]
    leader: Leader | None
    stores: Stores
    trend_minutes: int = Field(description="How long each step of `trend` is; the last one is not over")
    trend: list[Minute]


class Duty(Shape):
    """What a duty of the scheduler did last, and in all."""

    name: str
    holder: str
    last_run_at: datetime
    last_work_at: datetime | None
    last_count: int
    total: int
    last_error: str


class Dashboard(Shape):
    overview: Overview
    workers: list[Worker]
    duties: list[Duty]
    newest_jobs: list[Job]
    failures: list[DeadLetterGroup]
