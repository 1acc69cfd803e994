"""What people ask of the hot path."""

from collections.abc import Callable
from typing import Any

import pytest

from jobs.broker import Broker, Census
from jobs.broker.inspection import Lane, Standing
from jobs.broker.keys import Keys
from jobs.conf import options
from jobs.ids import uuid7, uuid7s
from jobs.ready import Ready, instant
from tests.jobs import builders

LATER = 4_102_444_800_000
"""The year 2100, in milliseconds."""
COSTS = {"a": 1.0, "b": 1.0, "c": 1.0}


@pytest.fixture(autouse=True)
def queue(broker: Broker) -> str:
    token = broker.begin_rebuild("q")
    assert token is not None
    assert broker.finish_rebuild("q", token)
    return "q"


def job(type_: str = "a", at: int = 1000, priority: int = 5, **fields: Any) -> Ready:
    return Ready(fields.get("id", uuid7()), "q", type_, priority, at)


def place(broker: Broker, one: Ready) -> int:
    found = broker.standing("q", one.type, one.id)
    assert found.where == "lane"
    return sum(found.ahead.values())


class TestStanding:
    def test_the_place_is_the_order_of_claims_over_all_lanes_equals_too(self, broker: Broker) -> None:
        ids = uuid7s(60)
        jobs = [
            job("abc"[number % 3], at=1000 + number // 20, priority=5 + number % 2, id=ids[-number])
            for number in range(60)
        ]
        broker.push(jobs)
        places = {one.id: place(broker, one) for one in jobs}
        claimed = builders.ids(broker.claim("q", COSTS, most=100, budget=100.0, seconds=60.0))
        assert [places[one] for one in claimed] == list(range(60))

    def test_it_says_how_many_are_before_it_in_each_open_lane(self, broker: Broker) -> None:
        broker.push([job("a", at=1), job("a", at=2), job("b", at=1), job("c", at=1)])
        broker.close_lane("q", "c", LATER)
        last = job("b", at=5)
        broker.push([last])
        assert broker.standing("q", "b", last.id) == Standing("lane", True, None, {"a": 2, "b": 1})

    def test_its_own_lane_may_be_closed(self, broker: Broker) -> None:
        one = job()
        broker.push([one])
        broker.close_lane("q", "a", LATER)
        assert broker.standing("q", "a", one.id) == Standing("lane", True, instant(LATER), {"a": 0})
        broker.close_lane("q", "a", 1000)
        assert broker.standing("q", "a", one.id).closed_until is None

    def test_one_that_is_claimed_or_unknown_has_no_place(self, broker: Broker) -> None:
        one = job()
        assert broker.standing("q", "a", one.id) == Standing("unknown", True, None, {})
        broker.push([one])
        broker.claim("q", COSTS, most=1, budget=1.0, seconds=60.0)
        assert broker.standing("q", "a", one.id) == Standing("claimed", True, None, {})

    def test_a_copy_that_was_lost_is_incomplete(self, broker: Broker) -> None:
        broker.flush()
        assert broker.standing("q", "a", uuid7()) == Standing("unknown", False, None, {})


class TestCensus:
    def test_it_counts_each_lane_and_the_claims_of_every_queue(self, broker: Broker) -> None:
        broker.push([job("a"), job("a"), job("b", at=2000)])
        broker.claim("q", {"a": 1.0}, most=1, budget=1.0, seconds=60.0)
        broker.close_lane("q", "b", LATER)
        found = broker.census(["q", "other"])
        assert found == {
            "q": Census(True, 1, [Lane("a", 1, None), Lane("b", 1, instant(LATER))]),
            "other": Census(False, 0, []),
        }
        assert found["q"].held == 3

    def test_of_no_queues_it_is_empty(self, broker: Broker) -> None:
        assert broker.census([]) == {}


class TestComparing:
    def test_a_sample_is_bounded_and_whole_when_it_may_be(self, broker: Broker) -> None:
        jobs = [job() for _ in range(50)]
        broker.push(jobs)
        broker.push([other := job("b")])
        whole, nothing, single = broker.samples([("q", "a"), ("q", "nothing"), ("q", "b")], 50)
        assert (set(whole), nothing, single) == ({one.id for one in jobs}, [], [other.id])
        [some] = broker.samples([("q", "a")], 10)
        assert len(set(some)) == 10
        assert set(some) <= {one.id for one in jobs}
        assert broker.samples([], 10) == []

    def test_unknown_is_what_neither_its_lane_nor_the_claims_hold(self, broker: Broker) -> None:
        waiting, claimed, absent, elsewhere = job(at=2), job(at=1), job(), job("b")
        broker.push([waiting, claimed, elsewhere._replace(type="a")])
        broker.claim("q", COSTS, most=1, budget=1.0, seconds=60.0)
        assert broker.unknown([waiting, claimed, absent, elsewhere]) == [absent, elsewhere]
        assert broker.unknown([]) == []

    def test_it_asks_for_many_in_parts(self, broker: Broker) -> None:
        jobs = [job() for _ in range(2500)]
        broker.push(jobs[:2400])
        assert broker.unknown(jobs) == jobs[2400:]

    def test_within_is_what_the_lane_itself_holds(self, broker: Broker) -> None:
        waiting, claimed = job(at=2), job(at=1)
        broker.push([waiting, claimed])
        broker.claim("q", COSTS, most=1, budget=1.0, seconds=60.0)
        assert broker.within("q", "a", [claimed.id, waiting.id]) == [waiting.id]
        assert broker.within("q", "a", []) == []


class TestAnswers:
    def test_an_answer_reaches_who_asked(self, broker: Broker) -> None:
        broker.answer("t-1", "all well")
        assert broker.await_answer("t-1", 1.0) == "all well"

    def test_without_one_the_wait_ends(self, broker: Broker) -> None:
        assert broker.await_answer("t-2", 0.05) is None

    def test_a_stack_is_kept_for_a_while(self, broker: Broker, raw: Any) -> None:
        one = uuid7()
        assert broker.kept_stack(one) is None
        broker.keep_stack(one, "frames", 600)
        assert broker.kept_stack(one) == "frames"
        assert 0 < raw.ttl(Keys(options().key_prefix).stack(str(one))) <= 600


def test_a_rebuild_that_comes_in_the_middle_of_a_flush_is_not_taken_for_complete(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker finds the queue lost and rebuilds it, while the flush goes on with what it saw before."""
    broker.push([job(at=at) for at in range(5)])
    unlink: Callable[[bytes], int] = broker._client.unlink

    def then_a_worker_rebuilds(name: bytes) -> int:
        gone = unlink(name)
        if not broker.is_complete("q") and (token := broker.begin_rebuild("q")):
            broker.push([job(at=at) for at in range(5)])
            broker.finish_rebuild("q", token)
        return gone

    names = sorted(broker._client.scan_iter(match="*{q}*"), key=lambda name: b":epoch" not in name)
    monkeypatch.setattr(broker._client, "scan_iter", lambda **_: iter(names))
    monkeypatch.setattr(broker._client, "unlink", then_a_worker_rebuilds)
    broker.flush()
    assert not broker.is_complete("q")
