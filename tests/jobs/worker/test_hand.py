"""What a child has in hand: load, line, and who waits for whom."""

import threading
import time

import pytest

from jobs.ids import uuid7
from jobs.registry import registry
from jobs.store.start import Started
from jobs.worker.hand import Hand, Running


def run(cost: float = 1.0, type_: str = "test.noop", payload: str = "{}") -> Running:
    job = Started(uuid7(), type_, payload, 1, 0, 3, None, 300.0, "default", "", None, False, False, 0.0)
    return Running(job, registry.get(type_), 1, cost)


def next_attempt(earlier: Running) -> Running:
    return Running(earlier.job._replace(attempt=earlier.job.attempt + 1), earlier.definition, 2, earlier.cost)


def hand(slots: int = 2) -> Hand:
    return Hand(slots, threading.Event())


def test_what_is_taken_uses_slots_until_it_is_finished() -> None:
    held, first, second = hand(), run(), run(0.25)
    held.take([first, second])
    assert (held.budget, held.waiting, held.busy) == (0.75, 2, 0)
    assert held.begin(first)
    assert (held.budget, held.waiting, held.busy) == (0.75, 1, 1)
    held.finish(first)
    assert (held.budget, held.waiting, held.busy) == (1.75, 1, 0)
    assert held.changed.is_set()


def test_what_runs_longer_than_thought_takes_up_its_whole_slot() -> None:
    held, long, short = hand(), run(0.01), run(0.01)
    held.take([long, short])
    held.begin(long)
    held.begin(short)
    long.began -= 60.0
    assert held.outgrown(30.0) == [long]
    assert held.budget == pytest.approx(0.99)
    assert held.outgrown(30.0) == [long]
    assert held.budget == pytest.approx(0.99)
    held.finish(long)
    assert held.budget == pytest.approx(1.99)


def test_what_was_given_back_cannot_begin() -> None:
    held, first = hand(), run()
    held.take([first])
    assert held.give_back() == [first]
    assert not held.begin(first)
    assert (held.budget, held.is_empty) == (2.0, True)


def test_what_was_given_back_does_not_begin_in_place_of_the_next_attempt_of_its_job() -> None:
    held, first = hand(), run()
    held.take([first])
    held.give_back()
    second = next_attempt(first)
    held.take([second])
    assert not held.begin(first)
    assert held.begin(second)
    held.finish(second)
    assert (held.budget, held.is_empty) == (2.0, True)


def test_an_attempt_whose_lease_was_lost_does_not_hide_the_next_one_of_its_job() -> None:
    held, lost = hand(), run()
    held.take([lost])
    held.begin(lost)
    second = next_attempt(lost)
    held.take([second])
    assert held.find(lost.job.id) is second
    held.begin(second)
    held.finish(lost)
    assert held.running() == [second]
    assert held.find(lost.job.id) is second


def test_a_job_that_comes_to_an_idle_worker_has_waited_for_nobody() -> None:
    held = hand()
    held.last_begin = time.monotonic() - 3600
    held.take([run()])
    assert held.waiting_since_begin(time.monotonic()) < 60


def test_a_line_that_does_not_move_is_noticed() -> None:
    held, long = hand(1), run()
    held.take([long])
    held.begin(long)
    held.take([run()])
    assert held.waiting_since_begin(time.monotonic() + 10) >= 9


def test_what_waits_while_a_slot_is_free_only_waits_for_the_processor() -> None:
    held, long = hand(2), run()
    held.take([run(), long])
    later = time.monotonic() + 10
    assert held.waiting_since_begin(later) == 0
    held.begin(long)
    assert held.waiting_since_begin(later) == 0


def test_a_task_may_hold_up_all_others_of_its_loop() -> None:
    held, task = hand(2), run(type_="test.work_async")
    held.take([task])
    held.begin(task)
    held.take([run(type_="test.work_async")])
    assert held.waiting_since_begin(time.monotonic() + 10) >= 9
