from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.registry import Collector

from jobs.scheduler.figures import LONGEST_ROUND, Report, Rounds
from tests.jobs.metrics.reading import series, value

NOW = 1000.0


class Of(Collector):
    def __init__(self, report: Report) -> None:
        self.report = report

    def collect(self) -> Iterator[Any]:
        return self.report.families()


@pytest.fixture
def duty() -> Rounds:
    return Rounds("promoter", lambda: 5.0, turned_at=NOW)


@pytest.fixture
def state() -> dict[str, bool]:
    return {"leading": True, "stopping": False}


@pytest.fixture
def report(duty: Rounds, state: dict[str, bool]) -> Report:
    leader = Rounds("leader", lambda: 1.0, turned_at=NOW)
    return Report(leader, 15.0, [duty], lambda: state["leading"], lambda: state["stopping"])


def test_all_is_well_while_all_loops_turn(report: Report) -> None:
    assert report.problem(NOW) == report.problem(NOW + 15) == ""


def test_it_is_not_when_nobody_looks_after_the_lease(report: Report) -> None:
    assert report.problem(NOW + 16) == "the leader's lease is not looked after"


def test_nor_when_a_duty_does_not_come_back(report: Report) -> None:
    late = NOW + LONGEST_ROUND + 5
    report.leader.turned_at = late
    assert report.problem(late) == ""
    assert report.problem(late + 1) == "the duty promoter does not move"


def test_nor_when_it_stops(report: Report, state: dict[str, bool]) -> None:
    state["stopping"] = True
    assert report.problem(NOW) == "it is stopping"


def test_rounds_are_told_by_duty(report: Report, duty: Rounds, state: dict[str, bool]) -> None:
    duty.ran(3, 0.5, well=True)
    duty.ran(0, 1.0, well=False)
    found = series(generate_latest(Of(report)).decode())
    assert value(found, "scheduler_leader") == 1
    assert value(found, "scheduler_duty_runs_total", duty="promoter") == 2
    assert value(found, "scheduler_duty_errors_total", duty="promoter") == 1
    assert value(found, "scheduler_duty_rows_total", duty="promoter") == 3
    assert value(found, "scheduler_duty_seconds_sum", duty="promoter") == 1.5
    assert value(found, "scheduler_duty_seconds_count", duty="promoter") == 2
    state["leading"] = False
    assert value(series(generate_latest(Of(report)).decode()), "scheduler_leader") == 0
