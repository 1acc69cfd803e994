"""What happened, as counters and histograms. Pure.

All of it comes from one place, the counts in Redis, and so never goes back but by a reset (a Redis that lost its
data), which Prometheus knows how to take. The same figures are kept by minute in PostgreSQL, but they are not mixed in.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import isinf

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from jobs.states import FINAL, Outcome, State
from jobs.tally import SEPARATOR, Counts, Figures, Histogram

MOST_TYPES = 100
MOST_QUEUES = 50
"""Labels of their own; those that come later by name share `OTHER`."""
OTHER = "other"

Group = dict[str, Figures]
_PLAIN: Sequence[tuple[str, str, Callable[[Figures], int]]] = (
    ("jobs_enqueued", "Jobs that were submitted", lambda one: one.enqueued),
    ("jobs_started", "Attempts that began", lambda one: one.started),
    ("jobs_failed", "Jobs that failed for good", lambda one: one.states.get(State.FAILED, 0)),
    ("jobs_dead_lettered", "Dead letters that were written", lambda one: one.states.get(State.FAILED, 0)),
    ("jobs_retried", "Attempts that failed and are to be tried again", lambda one: one.states.get(State.RETRYING, 0)),
    ("jobs_throttled", "Ready jobs that were held back when their lane was closed", lambda one: one.throttled),
    ("duplicates_suppressed", "Submits that only repeated an earlier one", lambda one: one.suppressed),
    (
        "leases_recovered",
        "Attempts taken from workers whose lease had run out",
        lambda one: one.outcomes.get(Outcome.LEASE_EXPIRED, 0),
    ),
    ("fenced_results", "Late results that were refused", lambda one: one.fenced),
)


def families(counts: Mapping[str, Counts]) -> Iterator[Metric]:
    """Counts by queue, as the broker's `all_totals` gives them. Without any, families have no samples."""
    both, types, queues = _sorted(counts)
    yield from _plain(both)
    yield _labelled(both, "jobs", "Jobs that ended", "state", sorted(FINAL), lambda one: one.states)
    outcomes = [outcome.value for outcome in Outcome]
    yield _labelled(both, "attempts", "Attempts that ended", "outcome", outcomes, lambda one: one.outcomes)
    ran = {type_: figures.run for type_, figures in types.items()}
    waited = {queue: figures.wait for queue, figures in queues.items()}
    yield _histogram("jobs_duration_seconds", "How long attempts ran", "type", ran)
    yield _histogram("job_queue_latency_seconds", "From when a job was due to its start", "queue", waited)


def _sorted(counts: Mapping[str, Counts]) -> tuple[dict[tuple[str, str], Figures], Group, Group]:
    """By queue and type, by type, and by queue, each with a bounded number of names."""
    both: dict[tuple[str, str], Figures] = {}
    types: Group = {}
    queues: Group = {}
    known = bounded({field.partition(SEPARATOR)[0] for fields in counts.values() for field in fields}, MOST_TYPES)
    shown = bounded((queue for queue, fields in counts.items() if fields), MOST_QUEUES)
    for queue, fields in counts.items():
        for field, count in fields.items():
            type_, _, name = field.partition(SEPARATOR)
            labels = shown[queue], known[type_]
            for figures in (
                both.setdefault(labels, Figures()),
                types.setdefault(labels[1], Figures()),
                queues.setdefault(labels[0], Figures()),
            ):
                figures.add(name, count)
    return both, types, queues


def bounded(names: Iterable[str], most: int) -> dict[str, str]:
    """Label by name: the name itself for the first `most` in their order, `OTHER` for the rest.

    It depends on the names alone, so that every process tells the same.
    """
    return {name: name if number < most else OTHER for number, name in enumerate(sorted(names))}


def _plain(both: Mapping[tuple[str, str], Figures]) -> Iterator[Metric]:
    for name, says, value in _PLAIN:
        family = CounterMetricFamily(f"flowbit_{name}", says, labels=["queue", "type"])
        for labels, figures in both.items():
            family.add_metric(labels, value(figures))
        yield family


def _labelled(
    both: Mapping[tuple[str, str], Figures],
    name: str,
    says: str,
    label: str,
    values: Sequence[str],
    counts: Callable[[Figures], Counts],
) -> Metric:
    """One sample for each of `values`, also for those that never came."""
    family = CounterMetricFamily(f"flowbit_{name}", says, labels=["queue", "type", label])
    for labels, figures in both.items():
        for value in values:
            family.add_metric([*labels, value], counts(figures).get(value, 0))
    return family


def _histogram(name: str, says: str, label: str, found: Mapping[str, Histogram]) -> Metric:
    family = HistogramMetricFamily(f"flowbit_{name}", says, labels=[label])
    for value, histogram in found.items():
        buckets = [("+Inf" if isinf(bound) else str(bound), count) for bound, count in histogram.cumulative()]
        family.add_metric([value], buckets, histogram.seconds)
    return family
