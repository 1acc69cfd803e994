from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.registry import Collector

from jobs.worker.figures import STALLED, Place, Report
from jobs.worker.pulse import Pulse
from tests.jobs.metrics.reading import labels, series, value

PULSE = Pulse(turned=0.0, beat=1.5, slots=10, busy=3, waiting=2, settled=70, fenced=1, unsettled=4)
NOW = 1000.0


class Of(Collector):
    def __init__(self, report: Report) -> None:
        self.report = report

    def collect(self) -> Iterator[Any]:
        return self.report.families()


@pytest.fixture
def report() -> Report:
    """Of two processes that both move."""
    made = Report([Place(), Place()], looked_at=NOW)
    for number in (0, 1):
        made.hear(number, PULSE, NOW)
    return made


def test_all_is_well_while_all_move(report: Report) -> None:
    assert report.problem(NOW) == ""


def test_it_is_not_before_the_first_turn_of_each() -> None:
    report = Report([Place(), Place()], looked_at=NOW)
    report.hear(0, PULSE, NOW)
    assert report.problem(NOW) == "process 1 has not begun yet"


def test_nor_when_one_breathes_and_its_loop_does_not_turn(report: Report) -> None:
    report.hear(1, PULSE._replace(turned=STALLED + 1), NOW)
    assert report.problem(NOW) == "process 1 does not move"
    report.hear(1, PULSE, NOW)
    assert report.problem(NOW) == ""


def test_nor_when_one_falls_silent(report: Report) -> None:
    report.looked_at = NOW + STALLED + 1
    assert report.problem(NOW + STALLED + 1) == "process 0 does not move"


def test_nor_when_the_supervisor_itself_does(report: Report) -> None:
    assert report.problem(NOW + STALLED + 1) == "the supervisor does not move"


def test_nor_when_it_stops(report: Report) -> None:
    report.is_stopping = True
    assert report.problem(NOW) == "it is stopping"


def test_one_that_was_drained_is_not_missed(report: Report) -> None:
    report.places[0].is_over = True
    report.looked_at = NOW + STALLED + 1
    report.hear(1, PULSE, NOW + STALLED + 1)
    assert report.problem(NOW + STALLED + 1) == ""


def test_figures_are_told_by_place(report: Report) -> None:
    report.places[0].starts = 3
    report.places[1].pulse = None
    found = series(generate_latest(Of(report)).decode())
    assert value(found, "worker_processes") == 1
    assert value(found, "worker_process_starts_total", process="0") == 3
    assert labels(found, "worker_slots", "process") == {"0"}
    told = {name: value(found, name, process="0") for name in ("worker_slots", "worker_slots_busy", "worker_line")}
    assert told == {"worker_slots": 10, "worker_slots_busy": 3, "worker_line": 2}
    assert value(found, "worker_settled_total", process="0") == 70
    assert value(found, "worker_fenced_total", process="0") == 1
    assert value(found, "worker_unsettled_results", process="0") == 4
    assert value(found, "worker_heartbeat_age_seconds", process="0") == 1.5
