"""What one attempt leaves to the next one of its thread: nothing."""

import asyncio
import gc
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

import orjson
import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections
from pytest_django import Settings

from jobs.conf import options
from jobs.outcomes import TimedOut
from jobs.settlement import Settlement
from jobs.worker.execution import Execution
from jobs.worker.hand import Hand, Running
from jobs.worker.performers import LoopPerformer, ThreadPerformer
from tests.jobs.worker.test_hand import run
from tests.jobs.worker.test_interrupts import strike
from tests.sample.storages import Hanging

pytestmark = pytest.mark.django_db(transaction=True)
STRIKES = 300


class Seat:
    """One slot for handlers, as a child has them."""

    def __init__(self, performer: type[ThreadPerformer | LoopPerformer], slots: int = 1) -> None:
        self.hand = Hand(slots, threading.Event())
        self._ended = SimpleQueue[Settlement]()
        self._performer = performer(self.hand, Execution(options()), self._report)

    def begin(self, *runs: Running) -> None:
        self.hand.take(list(runs))
        self._performer.put(list(runs))

    def end(self) -> Settlement:
        return self._ended.get(timeout=30)

    def interrupt(self, one: Running) -> None:
        while one.slot is None and one.task is None:
            time.sleep(0.001)
        if one.slot is not None:
            one.slot.interrupt(one, TimedOut)
        elif isinstance(self._performer, LoopPerformer):
            self._performer.interrupt(one, TimedOut)

    def stop(self) -> None:
        self._performer.stop()

    def _report(self, one: Running, settlement: Settlement) -> None:
        self._ended.put(settlement)


@pytest.fixture
def kept() -> Iterator[None]:
    """Connections to PostgreSQL are kept from job to job."""
    before = {name: conf["CONN_MAX_AGE"] for name, conf in connections.settings.items()}
    for conf in connections.settings.values():
        conf["CONN_MAX_AGE"] = None
    yield
    for name, age in before.items():
        connections.settings[name]["CONN_MAX_AGE"] = age


@pytest.fixture
def seat(kept: None) -> Iterator[Seat]:
    """Of sync handlers."""
    made = Seat(ThreadPerformer)
    yield made
    made.stop()


@pytest.fixture
def loop_seat(kept: None) -> Iterator[Seat]:
    """Of async ones."""
    made = Seat(LoopPerformer)
    yield made
    asyncio.run(_close())
    made.stop()


@pytest.fixture(params=["sync", "async"])
def either(request: pytest.FixtureRequest) -> tuple[Seat, str]:
    """A seat, and the end of the names of its handlers."""
    if request.param == "sync":
        return request.getfixturevalue("seat"), ""
    return request.getfixturevalue("loop_seat"), "_async"


async def _close() -> None:
    await sync_to_async(connections.close_all)()


def until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.01)


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


@pytest.mark.parametrize("trouble", ["terminated", "left in a transaction"])
def test_what_async_handlers_ask_of_the_orm_goes_over_a_connection_in_order(loop_seat: Seat, trouble: str) -> None:
    for _ in range(2):
        loop_seat.begin(run(type_="test.counts_async"))
        assert loop_seat.end().outcome == "succeeded"
    if trouble == "terminated":
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
    else:
        loop_seat.begin(run(type_="test.begins_async"))
        assert loop_seat.end().outcome == "succeeded"
        until(lambda: sessions("idle in transaction%") == 0, "the transaction is thrown away")
    loop_seat.begin(run(type_="test.counts_async"))
    assert loop_seat.end().outcome == "succeeded"


def test_a_validator_of_theirs_that_breaks_fails_its_attempt(either: tuple[Seat, str]) -> None:
    seat, end = either
    seat.begin(run(type_=f"test.strict{end}", payload='{"value": "17"}'))
    failed = seat.end()
    assert (failed.outcome, failed.error_type, failed.uses_try) == ("raised", "KeyError", True)


def test_a_storage_that_is_full_fails_the_attempt_whose_result_is_large(
    either: tuple[Seat, str], settings: Settings
) -> None:
    settings.STORAGES = {**settings.STORAGES, "artifacts": {"BACKEND": "tests.sample.storages.Full"}}
    seat, end = either
    seat.begin(run(type_=f"test.large{end}", payload='{"size": 200000}'))
    failed = seat.end()
    assert (failed.outcome, failed.error_type, failed.uses_try) == ("raised", "OSError", True)
    seat.begin(run(type_=f"test.large{end}", payload='{"size": 2}'))
    assert seat.end().outcome == "succeeded"


def test_an_attempt_whose_result_a_storage_does_not_take_can_be_stopped(
    either: tuple[Seat, str], settings: Settings
) -> None:
    settings.STORAGES = {**settings.STORAGES, "artifacts": {"BACKEND": "tests.sample.storages.Hanging"}}
    seat, end = either
    one = run(type_=f"test.large{end}", payload='{"size": 200000}')
    Hanging.asked.clear()
    seat.begin(one)
    assert Hanging.asked.wait(30)
    seat.interrupt(one)
    assert seat.end().outcome == "timed_out"


def test_no_more_async_attempts_run_than_there_are_slots(tmp_path: Path) -> None:
    seat = Seat(LoopPerformer, slots=2)
    payload = orjson.dumps({"ledger": str(tmp_path / "ledger"), "gate": str(tmp_path / "gate")}).decode()
    seat.begin(*[run(type_="test.holds_async", payload=payload) for _ in range(5)])
    until(lambda: seat.hand.busy, "some have begun")
    assert (seat.hand.busy, seat.hand.waiting) == (2, 3)
    (tmp_path / "gate").touch()
    assert [seat.end().outcome for _ in range(5)] == ["succeeded"] * 5
    seat.stop()


def test_a_handler_that_stops_the_loop_stops_nobody(loop_seat: Seat) -> None:
    loop_seat.begin(run(type_="test.stops_loop"))
    assert loop_seat.end().result == '"well"'
    loop_seat.begin(run(type_="test.witness_async"))
    assert loop_seat.end().outcome == "raised"
