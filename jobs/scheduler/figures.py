"""A scheduler's figures, and whether its loops turn. Does no I/O."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.metrics_core import Metric

LONGEST_ROUND = 120.0
"""Seconds; a duty that takes longer for one bounded portion does not move."""


@dataclass(slots=True)
class Rounds:
    """What one loop did. Written by its thread, read by others. Instants are monotonic."""

    name: str
    interval: Callable[[], float]
    runs: int = 0
    errors: int = 0
    rows: int = 0
    seconds: float = 0.0
    turned_at: float = field(default_factory=time.monotonic)
    """When its loop last turned, whether it leads or stands by."""

    def turn(self) -> None:
        self.turned_at = time.monotonic()

    def ran(self, rows: int, seconds: float, *, well: bool) -> None:
        self.runs += 1
        self.errors += not well
        self.rows += rows
        self.seconds += seconds


@dataclass(frozen=True, slots=True)
class Report:
    """`leader` is the loop that renews the lease; every `patience` seconds it must have turned."""

    leader: Rounds
    patience: float
    duties: Sequence[Rounds]
    is_leading: Callable[[], bool]
    is_stopping: Callable[[], bool]

    def problem(self, now: float) -> str:
        """Why this scheduler is not well, as of a monotonic instant; empty when it is."""
        if self.is_stopping():
            return "it is stopping"
        if now - self.leader.turned_at > self.patience:
            return "the leader's lease is not looked after"
        for duty in self.duties:
            if now - duty.turned_at > LONGEST_ROUND + duty.interval():
                return f"the duty {duty.name} does not move"
        return ""

    def families(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("flowbit_scheduler_leader", "Whether this scheduler leads", int(self.is_leading()))
        runs = CounterMetricFamily("flowbit_scheduler_duty_runs", "Rounds of a duty", labels=["duty"])
        errors = CounterMetricFamily("flowbit_scheduler_duty_errors", "Rounds that failed", labels=["duty"])
        rows = CounterMetricFamily("flowbit_scheduler_duty_rows", "Rows moved, healed or deleted", labels=["duty"])
        took = SummaryMetricFamily("flowbit_scheduler_duty_seconds", "How long rounds took", labels=["duty"])
        for duty in self.duties:
            runs.add_metric([duty.name], duty.runs)
            errors.add_metric([duty.name], duty.errors)
            rows.add_metric([duty.name], duty.rows)
            took.add_metric([duty.name], duty.runs, duty.seconds)
        yield from (runs, errors, rows, took)
