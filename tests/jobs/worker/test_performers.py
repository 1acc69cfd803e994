"""What one attempt leaves to the next one of its thread: nothing."""

import gc
import random
import threading
from collections.abc import Iterator
from queue import SimpleQueue

import pytest
from django.db import connection, connections

from jobs.conf import options
from jobs.settlement import Settlement
from jobs.worker.execution import Execution
from jobs.worker.hand import Hand, Running
from jobs.worker.performers import LoopPerformer, ThreadPerformer
from tests.jobs.worker.test_hand import run
from tests.jobs.worker.test_interrupts import strike

pytestmark = pytest.mark.django_db(transaction=True)
STRIKES = 300


class Seat:
    """One slot for handlers, as a child has them."""

    def __init__(self, performer: type[ThreadPerformer | LoopPerformer]) -> None:
        self._hand = Hand(1, threading.Event())
        self._ended = SimpleQueue[Settlement]()
        self._performer = performer(self._hand, Execution(options()), self._report)

    def begin(self, one: Running) -> None:
        self._hand.take([one])
        self._performer.put([one])

    def end(self) -> Settlement:
        return self._ended.get(timeout=30)

    def stop(self) -> None:
        self._performer.stop()

    def _report(self, one: Running, settlement: Settlement) -> None:
        self._ended.put(settlement)


@pytest.fixture
def seat() -> Iterator[Seat]:
    """A thread that keeps its connection to PostgreSQL from job to job."""
    before = {name: conf["CONN_MAX_AGE"] for name, conf in connections.settings.items()}
    for conf in connections.settings.values():
        conf["CONN_MAX_AGE"] = None
    made = Seat(ThreadPerformer)
    yield made
    made.stop()
    for name, age in before.items():
        connections.settings[name]["CONN_MAX_AGE"] = age


def sessions(state: str = "%") -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_stat_activity where datname = current_database() and state like %s", [state]
        )
        return int(cursor.fetchone()[0])


def test_no_query_that_was_struck_and_no_connection_lies_about(seat: Seat) -> None:
    before, ended = sessions(), []
    for _ in range(STRIKES):
        one = run(type_="test.queries", payload='{"seconds": 2}')
        seat.begin(one)
        strike(one, random.uniform(0.0, 0.002))
        ended.append(seat.end())
    # Python may lose one that it raises where nobody can catch it: then the handler goes on.
    assert {settlement.outcome for settlement in ended} - {"succeeded"} == {"timed_out"}
    assert sessions() - before < STRIKES / 10


def test_no_transaction_that_was_opened_past_django_takes_in_what_the_next_one_writes(seat: Seat) -> None:
    seat.begin(run(type_="test.begins"))
    assert seat.end().outcome == "succeeded"
    assert sessions("idle in transaction%") == 0
    seat.begin(run(type_="test.queries", payload='{"seconds": 0.01}'))
    assert seat.end().outcome == "succeeded"


def test_a_time_zone_is_that_of_who_activated_it_only(seat: Seat) -> None:
    for zone in ("Asia/Tokyo", "Europe/Paris"):
        seat.begin(run(type_="test.travels", payload=f'{{"zone": "{zone}"}}'))
        assert seat.end().result == '"UTC"'


@pytest.mark.parametrize("type_", ["test.witness", "test.witness_async"])
def test_what_a_handler_had_when_it_failed_is_freed_at_once(type_: str) -> None:
    seat = Seat(LoopPerformer if type_.endswith("async") else ThreadPerformer)
    gc.collect()
    gc.disable()
    try:
        for _ in range(10):
            seat.begin(run(type_=type_))
            failed = seat.end()
            assert (failed.error_type, failed.error_message) == ("LookupError", "1")
    finally:
        gc.enable()
        seat.stop()
