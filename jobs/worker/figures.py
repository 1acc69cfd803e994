"""A supervisor's figures, and whether all is well with its children. Does no I/O."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from jobs.worker.pulse import Pulse

STALLED = 10.0
"""Seconds without a turn of its loop after which something is not well: more than a silent server holds one up."""

_GAUGES: tuple[tuple[str, str, Callable[[Pulse], float]], ...] = (
    ("worker_slots", "Jobs that it can run at a time", lambda pulse: pulse.slots),
    ("worker_slots_busy", "Jobs that run", lambda pulse: pulse.busy),
    ("worker_line", "Jobs that were started and wait for a slot", lambda pulse: pulse.waiting),
    ("worker_unsettled_results", "Outcomes that are not in PostgreSQL yet", lambda pulse: pulse.unsettled),
    ("worker_heartbeat_age_seconds", "Since its lease was renewed", lambda pulse: pulse.beat),
)
_COUNTERS: tuple[tuple[str, str, Callable[[Pulse], float]], ...] = (
    ("worker_settled", "Outcomes written since it began", lambda pulse: pulse.settled),
    ("worker_fenced", "Late results refused since it began", lambda pulse: pulse.fenced),
)


@dataclass(slots=True)
class Place:
    """One of a supervisor's places for children; whoever is in it, its number stays. Instants are monotonic."""

    pulse: Pulse | None = None
    """The latest one of the child that is there now."""
    turned_at: float | None = None
    """When a child here last turned its loop."""
    starts: int = 0
    is_over: bool = False
    """Its child has ended for good."""


@dataclass(slots=True)
class Report:
    """Written by the supervisor's loop, read by the threads of its metrics port."""

    places: Sequence[Place]
    looked_at: float = 0.0
    is_stopping: bool = False

    def hear(self, number: int, pulse: Pulse, now: float) -> None:
        self.places[number].pulse = pulse
        self.places[number].turned_at = now - pulse.turned

    def problem(self, now: float) -> str:
        """Why this worker is not well, as of a monotonic instant; empty when it is."""
        if now - self.looked_at > STALLED:
            return "the supervisor does not move"
        if self.is_stopping:
            return "it is stopping"
        for number, place in enumerate(self.places):
            if not place.is_over and place.turned_at is None:
                return f"process {number} has not begun yet"
            if not place.is_over and now - (place.turned_at or 0.0) > STALLED:
                return f"process {number} does not move"
        return ""

    def families(self) -> Iterator[Metric]:
        """`process` is the number of a place, so that a child that is replaced makes no new series."""
        pulses = [(str(number), place.pulse) for number, place in enumerate(self.places) if place.pulse is not None]
        alive = GaugeMetricFamily("flowbit_worker_processes", "Child processes that run", value=len(pulses))
        starts = CounterMetricFamily("flowbit_worker_process_starts", "Child processes started", labels=["process"])
        for number, place in enumerate(self.places):
            starts.add_metric([str(number)], place.starts)
        yield from (alive, starts)
        for name, says, value in _GAUGES:
            gauge = GaugeMetricFamily(f"flowbit_{name}", says, labels=["process"])
            for process, pulse in pulses:
                gauge.add_metric([process], value(pulse))
            yield gauge
        for name, says, value in _COUNTERS:
            counter = CounterMetricFamily(f"flowbit_{name}", says, labels=["process"])
            for process, pulse in pulses:
                counter.add_metric([process], value(pulse))
            yield counter
