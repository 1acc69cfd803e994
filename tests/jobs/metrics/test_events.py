from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest
from prometheus_client.registry import Collector

from jobs.metrics import events
from jobs.tally import BOUNDS, Tally
from tests.jobs.metrics.reading import Series, labels, series, value

names = st.sampled_from(["a", "b.c", "email.send"])
seconds = st.floats(0, 10_000, allow_nan=False)
ends = st.tuples(
    st.sampled_from(["default", "critical"]),
    names,
    st.sampled_from(["succeeded", "raised", "timed_out", "lease_expired"]),
    st.sampled_from(["succeeded", "failed", "retrying"]),
    seconds,
    seconds,
)


@dataclass
class Of(Collector):
    counts: Mapping[str, Mapping[str, int]]

    def collect(self) -> Iterator[Any]:
        return events.families(self.counts)


def told(tally: Tally) -> Series:
    return series(generate_latest(Of(dict(tally))).decode())


@given(st.lists(ends, min_size=1, max_size=40))
def test_whatever_happened_is_counted_once(several: list[tuple[str, str, str, str, float, float]]) -> None:
    tally = Tally()
    for one in several:
        tally.end(*one)
    found = told(tally)
    for queue, type_ in {one[:2] for one in several}:
        here = [one for one in several if one[:2] == (queue, type_)]
        where = {"queue": queue, "type": type_}
        failed = sum(one[3] == "failed" for one in here)
        assert value(found, "jobs_total", **where, state="failed") == failed
        assert value(found, "jobs_failed_total", **where) == failed
        assert value(found, "jobs_dead_lettered_total", **where) == failed
        assert value(found, "jobs_retried_total", **where) == sum(one[3] == "retrying" for one in here)
        recovered = sum(one[2] == "lease_expired" for one in here)
        assert value(found, "leases_recovered_total", **where) == recovered
        assert value(found, "attempts_total", **where, outcome="lease_expired") == recovered


@given(st.lists(ends, min_size=1, max_size=40))
def test_buckets_hold_all_that_did_not_exceed_them(several: list[tuple[str, str, str, str, float, float]]) -> None:
    tally = Tally()
    for one in several:
        tally.end(*one)
    found = told(tally)
    for type_ in {one[1] for one in several}:
        ran = [one[4] for one in several if one[1] == type_]
        for bound in BOUNDS:
            at_most = value(found, "jobs_duration_seconds_bucket", type=type_, le=str(bound))
            assert at_most == sum(one <= bound for one in ran)
        assert value(found, "jobs_duration_seconds_bucket", type=type_, le="+Inf") == len(ran)
        assert value(found, "jobs_duration_seconds_count", type=type_) == len(ran)
        assert value(found, "jobs_duration_seconds_sum", type=type_) == pytest.approx(sum(ran), abs=1e-5 * len(ran))
    for queue in {one[0] for one in several}:
        waited = [one[5] for one in several if one[0] == queue]
        assert value(found, "job_queue_latency_seconds_count", queue=queue) == len(waited)


def test_what_never_happened_is_told_as_none() -> None:
    tally = Tally()
    tally.add("default", "a", "enqueued")
    found = told(tally)
    assert value(found, "jobs_enqueued_total", queue="default", type="a") == 1
    for name in ("jobs_started", "jobs_retried", "jobs_throttled", "duplicates_suppressed", "fenced_results"):
        assert value(found, f"{name}_total", queue="default", type="a") == 0
    assert labels(found, "jobs_total", "state") == {"succeeded", "failed", "cancelled"}


def test_the_number_of_series_has_a_bound_and_nothing_is_lost_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_QUEUES", 10)
    monkeypatch.setattr(events, "MOST_TYPES", 20)
    tally = Tally()
    for queue in range(events.MOST_QUEUES + 7):
        for type_ in range(events.MOST_TYPES + 9):
            tally.add(f"q{queue:03}", f"t{type_:03}", "enqueued", 2)
    found = told(tally)
    assert len(labels(found, "jobs_enqueued_total", "queue")) == events.MOST_QUEUES + 1
    assert len(labels(found, "jobs_enqueued_total", "type")) == events.MOST_TYPES + 1
    assert value(found, "jobs_enqueued_total", queue="other", type="other") == 2 * 7 * 9
    total = sum(count for (name, _), count in found.items() if name == "flowbit_jobs_enqueued_total")
    assert total == 2 * (events.MOST_QUEUES + 7) * (events.MOST_TYPES + 9)


def test_a_name_that_would_break_the_format_is_escaped() -> None:
    tally = Tally()
    tally.add("default", 'a"} 1\nflowbit_up 7\\', "enqueued")
    found = told(tally)
    assert labels(found, "jobs_enqueued_total", "type") == {'a"} 1\nflowbit_up 7\\'}
    assert ("flowbit_up", frozenset()) not in found
