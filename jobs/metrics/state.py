"""How things stand, as gauges, and what PostgreSQL counts for ever. Does no I/O."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from jobs.metrics.events import MOST_QUEUES, bounded
from jobs.queries.standing import Standing
from jobs.states import State

HEALERS = ("reconciler", "rebuilder", "sweeper")
"""Duties that bring Redis, or a job's count of dependencies, back into agreement."""


def families(found: Standing) -> Iterator[Metric]:
    yield from _live(found)
    yield from _workers(found)
    yield GaugeMetricFamily("flowbit_scheduler_leader", "Whether a scheduler leads", int(found.is_led))
    yield from _duties(found)


def _live(found: Standing) -> Iterator[Metric]:
    labels = bounded(found.live.by_queue, MOST_QUEUES)
    depth: Counter[tuple[str, str]] = Counter()
    for queue, counts in found.live.by_queue.items():
        depth.update({(labels[queue], state): count for state, count in counts.items()})
    waiting = GaugeMetricFamily("flowbit_queue_depth", "Jobs that are not final", labels=["queue", "state"])
    active = GaugeMetricFamily("flowbit_jobs_active", "Jobs that run", labels=["queue"])
    for (queue, state), count in depth.items():
        waiting.add_metric([queue, state], count)
        if state == State.RUNNING:
            active.add_metric([queue], count)
    yield waiting
    yield active
    counted = GaugeMetricFamily("flowbit_queue_depth_age_seconds", "Since waiting jobs were counted", labels=[])
    if found.live.counted_at is not None:
        counted.add_metric([], found.age(found.live.counted_at))
    yield counted


def _workers(found: Standing) -> Iterator[Metric]:
    alive = GaugeMetricFamily("flowbit_workers_active", "Worker processes that live", labels=["mode"])
    slots = GaugeMetricFamily("flowbit_worker_slots", "Jobs that they can run at a time", labels=["mode"])
    busy = GaugeMetricFamily("flowbit_worker_slots_busy", "Slots in use at the last heartbeats", labels=["mode"])
    for mode, crew in found.workers.items():
        alive.add_metric([mode], crew.alive)
        slots.add_metric([mode], crew.slots)
        busy.add_metric([mode], crew.busy)
    yield from (alive, slots, busy)
    oldest = GaugeMetricFamily("flowbit_worker_heartbeat_age_seconds", "Since the oldest of the last heartbeats")
    if found.heartbeat is not None:
        oldest.add_metric([], found.age(found.heartbeat))
    yield oldest


def _duties(found: Standing) -> Iterator[Metric]:
    healed = CounterMetricFamily("flowbit_reconciled", "What had to be healed, by duty", labels=["duty"])
    ages = GaugeMetricFamily("flowbit_duty_last_run_age_seconds", "Since a duty last ran", labels=["duty"])
    totals = {row.name: row.total for row in found.duties}
    for name in HEALERS:
        healed.add_metric([name], totals.get(name, 0))
    for row in found.duties:
        ages.add_metric([row.name], found.age(row.last_run_at))
    yield healed
    yield ages
