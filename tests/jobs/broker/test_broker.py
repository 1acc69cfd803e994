from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import redis
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from jobs.broker import Broker, Claim
from jobs.conf import options
from jobs.errors import BrokerUnavailable
from jobs.ids import uuid7, uuid7s
from jobs.ready import BAND, Ready, instant, score
from tests.jobs import builders

HERE = {"a": 1.0, "b": 1.0, "c": 1.0}
FAR_FUTURE = 4_102_444_800_000
"""The year 2100, in milliseconds."""


@pytest.fixture
def queue(broker: Broker) -> str:
    """A queue whose copy in Redis is complete."""
    opened(broker, "q")
    return "q"


def opened(broker: Broker, queue: str) -> None:
    token = broker.begin_rebuild(queue)
    assert token is not None
    assert broker.finish_rebuild(queue, token)


def job(type_: str = "a", at: int = 1000, priority: int = 5, id_: UUID | None = None, queue: str = "q") -> Ready:
    return Ready(id_ or uuid7(), queue, type_, priority, at)


def claim(broker: Broker, **limits: Any) -> Claim:
    return broker.claim(
        limits.pop("queue", "q"),
        limits.pop("costs", HERE),
        **{"most": 100, "budget": 100.0, "seconds": 60.0, **limits},
    )


def ids(broker: Broker, **limits: Any) -> list[UUID]:
    found = claim(broker, **limits)
    assert found.status == "ok"
    return builders.ids(found)


def state(broker: Broker, queue: str = "q") -> tuple[dict[str, int], int]:
    """All that is to be known of a queue: ready jobs per lane, and claims."""
    return broker.lanes(queue), broker.claimed(queue)


class TestOrder:
    def test_the_oldest_of_a_lane_is_first(self, broker: Broker, queue: str) -> None:
        jobs = [job(at=at) for at in (3, 1, 2)]
        broker.push(jobs)
        assert ids(broker) == [jobs[1].id, jobs[2].id, jobs[0].id]

    def test_priority_goes_before_age_and_age_before_all_else_over_every_lane(self, broker: Broker, queue: str) -> None:
        jobs = [
            job("a", at=5, priority=9),
            job("b", at=9, priority=10),
            job("c", at=1, priority=5),
            job("a", at=2, priority=5),
            job("b", at=3, priority=5),
            job("c", at=0, priority=0),
        ]
        broker.push(jobs)
        expected = sorted(jobs, key=lambda one: (-one.priority, one.at))
        assert ids(broker) == [one.id for one in expected]

    def test_equals_go_by_id_within_a_lane_and_between_lanes(self, broker: Broker, queue: str) -> None:
        made = uuid7s(9)
        jobs = [job("abc"[number % 3], id_=one) for number, one in enumerate(made)]
        broker.push(reversed(jobs))
        assert ids(broker) == made

    def test_one_claim_after_another_goes_on_where_the_last_one_ended(self, broker: Broker, queue: str) -> None:
        jobs = [job("abc"[at % 3], at=at) for at in range(10)]
        broker.push(jobs)
        assert [one for _ in range(4) for one in ids(broker, most=3)] == [one.id for one in jobs]

    def test_a_later_push_of_the_same_id_is_its_new_place(self, broker: Broker, queue: str) -> None:
        first, second = job(at=1), job(at=2)
        broker.push([first, second])
        broker.push([second._replace(priority=9)])
        assert ids(broker) == [second.id, first.id]

    @examples(max_examples=300, deadline=None)
    @given(
        first=st.tuples(st.integers(0, 10), st.integers(0, BAND - 1)),
        second=st.tuples(st.integers(0, 10), st.integers(0, BAND - 1)),
    )
    def test_scores_are_exact_in_53_bits_and_order_as_meant(
        self, first: tuple[int, int], second: tuple[int, int]
    ) -> None:
        one, other = score(*first), score(*second)
        assert int(float(one)) == one < 2**53
        assert (one < other) == ((-first[0], first[1]) < (-second[0], second[1]))

    @pytest.mark.parametrize("at", [-1, 0, BAND - 1, BAND, 2**62])
    def test_a_time_beyond_the_band_stays_within_it(self, at: int) -> None:
        assert score(6, BAND - 1) < score(5, at) <= score(5, BAND - 1)

    def test_the_band_outlasts_the_times_that_are_accepted(self) -> None:
        assert instant(BAND - 1).year >= 2109
        assert FAR_FUTURE < BAND

    def test_redis_keeps_a_millisecond_apart_at_the_far_end(self, broker: Broker, queue: str) -> None:
        jobs = [job("abc"[back % 3], at=FAR_FUTURE - back, priority=0) for back in range(6)]
        broker.push(jobs)
        assert ids(broker) == [one.id for one in reversed(jobs)]


class TestLimits:
    def test_at_most_so_many(self, broker: Broker, queue: str) -> None:
        broker.push([job() for _ in range(5)])
        assert len(ids(broker, most=3)) == 3
        assert state(broker) == ({"a": 2}, 3)

    @pytest.mark.parametrize(("budget", "taken"), [(0.5, 1), (1.0, 2), (1.2, 3), (2.0, 4), (0.01, 1)])
    def test_until_the_costs_reach_the_budget(self, broker: Broker, queue: str, budget: float, taken: int) -> None:
        broker.push([job() for _ in range(10)])
        assert len(ids(broker, costs={"a": 0.5}, budget=budget)) == taken

    def test_each_type_costs_its_own_share(self, broker: Broker, queue: str) -> None:
        long, short = [job("a", at=at) for at in (0, 2)], [job("b", at=at) for at in (1, 3, 4, 5)]
        broker.push([*long, *short])
        claimed = ids(broker, costs={"a": 1.0, "b": 0.25}, budget=2.5)
        assert claimed == [long[0].id, short[0].id, long[1].id, short[1].id]

    def test_many_short_ones_for_one_slot(self, broker: Broker, queue: str) -> None:
        broker.push([job() for _ in range(600)])
        assert len(ids(broker, costs={"a": 0.0001}, budget=1.0, most=500)) == 500
        assert state(broker) == ({"a": 100}, 500)

    @pytest.mark.parametrize("limits", [{"most": 0}, {"budget": 0.0}, {"budget": -1.0}, {"most": -1}])
    def test_nothing_is_taken_for_nothing_and_nobodys_wake_is_lost(
        self, broker: Broker, queue: str, limits: dict[str, float]
    ) -> None:
        broker.push([job() for _ in range(3)])
        assert ids(broker, **limits) == []
        assert state(broker) == ({"a": 3}, 0)
        assert broker.wait(queue, 0.01)

    def test_types_that_the_worker_does_not_know_stay_in_their_lane(self, broker: Broker, queue: str) -> None:
        known, unknown = job("a", at=2), job("b", at=1)
        broker.push([known, unknown])
        assert ids(broker, costs={"a": 1.0}) == [known.id]
        assert ids(broker, costs={}) == []
        assert state(broker)[0]["b"] == 1
        assert ids(broker, costs={"b": 1.0}) == [unknown.id]

    def test_a_lane_may_be_finer_than_a_type(self, broker: Broker, queue: str) -> None:
        one, other = job("a|tenant-1", at=1), job("a|tenant-2", at=2)
        broker.push([one, other])
        assert ids(broker, costs={"a": 1.0}) == [one.id, other.id]

    def test_another_queue_is_another_matter(self, broker: Broker, queue: str) -> None:
        opened(broker, "other")
        there = job(queue="other")
        broker.push([there])
        assert ids(broker) == []
        assert ids(broker, queue="other") == [there.id]


class TestSteering:
    def test_a_closed_lane_waits_and_its_neighbours_do_not(self, broker: Broker, queue: str) -> None:
        closed, open_ = job("a", at=1), job("b", at=2)
        broker.push([closed, open_])
        broker.close_lane(queue, "a", FAR_FUTURE)
        assert ids(broker) == [open_.id]
        broker.open_lane(queue, "a")
        assert ids(broker) == [closed.id]

    def test_a_gate_opens_by_itself(self, broker: Broker, queue: str) -> None:
        waiting = job()
        broker.push([waiting])
        broker.close_lane(queue, "a", 1000)
        assert ids(broker) == [waiting.id]

    def test_what_a_closing_holds_back_is_counted_once(self, broker: Broker, queue: str) -> None:
        broker.push([job(), job(), job("b")])
        for until in (FAR_FUTURE, FAR_FUTURE, 1000):
            broker.close_lane(queue, "a", until)
        assert broker.totals(queue) == {"a|throttled": 2}
        broker.close_lane(queue, "a", FAR_FUTURE)
        broker.close_lane(queue, "c", FAR_FUTURE)
        assert broker.totals(queue) == {"a|throttled": 4}

    def test_a_paused_queue_gives_nothing_until_it_is_resumed(self, broker: Broker, queue: str) -> None:
        waiting = job()
        broker.push([waiting])
        broker.pause(queue)
        assert claim(broker) == Claim("paused", [])
        assert state(broker) == ({"a": 1}, 0)
        broker.resume(queue)
        assert ids(broker) == [waiting.id]

    @pytest.mark.parametrize(("until", "status"), [(FAR_FUTURE, "paused"), (1000, "ok")])
    def test_a_pause_lasts_until_its_time(self, broker: Broker, queue: str, until: int, status: str) -> None:
        broker.push([job()])
        broker.pause(queue, until)
        assert claim(broker).status == status

    def test_a_resume_wakes_who_sleeps(self, broker: Broker, queue: str) -> None:
        broker.pause(queue)
        while broker.wait(queue, 0.01):
            pass
        broker.resume(queue)
        assert broker.wait(queue, 0.01)


class TestClaims:
    def test_a_claimed_id_is_skipped_when_it_is_pushed_again(self, broker: Broker, queue: str) -> None:
        first, second = job(at=1), job(at=2)
        broker.push([first])
        assert ids(broker) == [first.id]
        broker.push([first, second])
        assert ids(broker) == [second.id]
        assert state(broker)[1] == 2

    def test_a_claim_that_is_done_may_be_pushed_and_claimed_again(self, broker: Broker, queue: str) -> None:
        one = job()
        broker.push([one])
        ids(broker)
        broker.done(queue, [one.id.bytes])
        broker.done(queue, [])
        assert state(broker)[1] == 0
        broker.push([one])
        assert ids(broker) == [one.id]

    def test_overdue_are_those_past_their_deadline(self, broker: Broker, queue: str) -> None:
        late, timely = job(at=1), job(at=2)
        broker.push([late, timely])
        claim(broker, most=1, seconds=-1.0)
        claim(broker, most=1, seconds=60.0)
        assert broker.overdue(queue, 10) == [late.id]
        assert broker.overdue(queue, 0) == []

    def test_restore_pushes_only_what_neither_lanes_nor_claims_know(self, broker: Broker, queue: str) -> None:
        waiting, claimed, overdue, missing = (job(at=at) for at in range(4))
        broker.push([claimed, overdue])
        claim(broker, most=1, seconds=60.0)
        claim(broker, most=1, seconds=-1.0)
        broker.push([waiting])
        everyone = [waiting, claimed, overdue, missing]
        assert broker.restore(everyone) == 1
        assert state(broker) == ({"a": 2}, 2)
        assert broker.restore(everyone, overdue=True) == 1
        assert state(broker) == ({"a": 3}, 1)
        assert broker.restore(everyone, overdue=True) == 0
        assert ids(broker) == [waiting.id, overdue.id, missing.id]

    def test_restore_leaves_the_place_of_what_waits(self, broker: Broker, queue: str) -> None:
        first, second = job(at=1), job(at=2)
        broker.push([first, second])
        broker.restore([first._replace(at=3)])
        assert ids(broker) == [first.id, second.id]

    def test_restore_takes_many_lanes_and_queues_at_once(self, broker: Broker, queue: str) -> None:
        jobs = [job("abc"[number % 3], queue=("q", "r")[number % 2]) for number in range(3000)]
        assert broker.restore(jobs) == 3000
        assert sum(broker.lanes("q").values()) == sum(broker.lanes("r").values()) == 1500


class TestTakingOut:
    def test_remove_takes_jobs_out_of_their_lanes(self, broker: Broker, queue: str) -> None:
        jobs = [job("ab"[number % 2], queue=("q", "r")[number % 2]) for number in range(2500)]
        broker.push(jobs)
        assert broker.remove([*jobs[1:], job()]) == 2499
        assert (broker.lanes("q"), broker.lanes("r")) == ({"a": 1}, {"b": 0})

    def test_drop_takes_ids_out_of_one_lane(self, broker: Broker, queue: str) -> None:
        here, there = job("a"), job("b")
        broker.push([here, there])
        assert broker.drop(queue, "a", [here.id, there.id]) == 1
        assert broker.drop(queue, "a", []) == 0
        assert broker.lanes(queue) == {"a": 0, "b": 1}

    def test_an_empty_lane_is_forgotten_at_the_next_claim(self, broker: Broker, queue: str) -> None:
        one = job()
        broker.push([one])
        broker.remove([one])
        assert broker.lanes(queue) == {"a": 0}
        ids(broker)
        assert broker.lanes(queue) == {}

    def test_a_lane_is_walked_with_a_cursor(self, broker: Broker, queue: str) -> None:
        jobs = [job() for _ in range(1500)]
        broker.push(jobs)
        found: set[UUID] = set()
        cursor, page = broker.scan(queue, "a", 0, 100)
        found.update(page)
        while cursor:
            cursor, page = broker.scan(queue, "a", cursor, 100)
            found.update(page)
        assert found == {one.id for one in jobs}


class TestAgreement:
    def test_without_an_epoch_a_queue_is_lost_and_keeps_what_it_has(self, broker: Broker) -> None:
        broker.push([job()])
        assert claim(broker) == Claim("lost", [])
        assert not broker.is_complete("q")
        opened(broker, "q")
        assert broker.is_complete("q")
        assert len(ids(broker)) == 1

    def test_a_lost_queue_is_not_called_paused(self, broker: Broker) -> None:
        broker.pause("q")
        assert claim(broker).status == "lost"

    def test_only_one_rebuilds(self, broker: Broker) -> None:
        token = broker.begin_rebuild("q")
        assert token
        assert broker.begin_rebuild("q") is None
        assert broker.begin_rebuild("another")
        assert broker.finish_rebuild("q", token)
        assert broker.begin_rebuild("q")

    def test_a_rebuild_that_was_overtaken_by_a_flush_does_not_open_the_queue(self, broker: Broker) -> None:
        token = broker.begin_rebuild("q")
        assert token
        broker.push([job()])
        broker.flush()
        broker.continue_rebuild("q")
        assert not broker.finish_rebuild("q", token)
        assert claim(broker).status == "lost"

    def test_a_rebuild_whose_lock_another_took_does_not_open_the_queue(self, broker: Broker) -> None:
        slow = broker.begin_rebuild("q")
        broker.flush()
        quick = broker.begin_rebuild("q")
        assert slow
        assert quick
        assert not broker.finish_rebuild("q", slow)
        assert not broker.is_complete("q")
        assert broker.finish_rebuild("q", quick)

    def test_a_rebuild_goes_on_longer_than_its_lock_lasts_at_first(self, broker: Broker, raw: redis.Redis) -> None:
        broker.begin_rebuild("q")
        (name,) = raw.scan_iter("flowbit:1:{q}:rebuild")
        raw.pexpire(name, 50)
        broker.continue_rebuild("q")
        assert raw.pttl(name) > 10_000

    def test_a_flush_deletes_our_keys_and_no_others(self, broker: Broker, raw: redis.Redis, queue: str) -> None:
        foreign = ["flowbit", "flowbit:channels:x", "flowbit:2:{q}:lanes", "flowbit:11:x", "xflowbit:1:x", "other"]
        for name in foreign:
            raw.set(name, 1)
        broker.push([job("abc"[number % 3], queue=f"q{number}") for number in range(2000)])
        assert broker.flush() > 2000
        assert {name.decode() for name in raw.scan_iter()} == set(foreign)
        raw.delete(*foreign)
        assert broker.flush() == 0

    def test_odd_names_of_types_are_lanes_like_any_other(self, broker: Broker, queue: str) -> None:
        names = ["a:b", "{q}", "a b", "ünï", "*", "%", "lanes"]
        jobs = {name: job(name) for name in names}
        broker.push(jobs.values())
        assert broker.lanes(queue) == dict.fromkeys(names, 1)
        for name, one in jobs.items():
            assert ids(broker, costs={name: 1.0}) == [one.id]


class TestWaking:
    def test_waiting_ends_in_time_when_nothing_comes(self, broker: Broker, queue: str) -> None:
        assert broker.wait("silent", 0.01) is False

    @pytest.mark.parametrize(
        "wake", [lambda broker, one: broker.push([one]), lambda broker, one: broker.restore([one])]
    )
    def test_a_push_wakes_who_waits(self, broker: Broker, queue: str, wake: Callable[[Broker, Ready], object]) -> None:
        while broker.wait(queue, 0.01):
            pass
        with ThreadPoolExecutor(1) as pool:
            waiter = Broker(options().redis_url, options().key_prefix, timeout=60.0)
            woken = pool.submit(waiter.wait, queue, 30.0)
            wake(broker, job())
            assert woken.result(20.0) is True
            waiter.close()

    @pytest.mark.parametrize("verb", [Broker.push, Broker.restore])
    def test_tokens_are_bounded_however_much_is_pushed(
        self, broker: Broker, verb: Callable[[Broker, list[Ready]], object]
    ) -> None:
        for _ in range(20):
            verb(broker, [job() for _ in range(200)])
        assert [broker.wait("q", 0.01) for _ in range(9)] == [True] * 8 + [False]

    def test_a_single_push_wakes_one(self, broker: Broker) -> None:
        broker.push([job()])
        assert [broker.wait("q", 0.01) for _ in range(2)] == [True, False]

    def test_a_claim_that_finds_nothing_takes_the_tokens_with_it(self, broker: Broker, queue: str) -> None:
        jobs = [job() for _ in range(5)]
        broker.push(jobs)
        broker.remove(jobs)
        assert ids(broker) == []
        assert broker.wait(queue, 0.01) is False

    def test_a_signal_reaches_its_worker_only(self, broker: Broker) -> None:
        mine, other = broker.listen("w-1", 5.0), broker.listen("w-2", 0.01)
        # The first silence says that the subscription stands.
        assert (next(mine), next(other)) == (None, None)
        broker.signal("w-1", "cancel 7")
        assert next(mine) == "cancel 7"
        assert next(other) is None
        mine.close()
        other.close()


class TestCounts:
    def test_those_of_several_queues_come_together(self, broker: Broker, queue: str) -> None:
        broker.push([job(), job("b"), job(queue="other")], counted="enqueued")
        assert broker.all_totals(["q", "other", "unheard-of"]) == {
            "q": {"a|enqueued": 1, "b|enqueued": 1},
            "other": {"a|enqueued": 1},
            "unheard-of": {},
        }
        assert broker.all_totals([]) == {}


class TestAbsence:
    @pytest.mark.parametrize(
        "url", ["redis://127.0.0.1:1/0", "redis+cluster://127.0.0.1:1", "redis+sentinel://127.0.0.1:1/mymaster"]
    )
    @pytest.mark.timeout(30, func_only=True)
    def test_every_verb_says_that_redis_does_not_answer(self, url: str) -> None:
        away = Broker(url, "flowbit", timeout=0.2)
        verbs: list[Callable[[], object]] = [
            lambda: away.push([job()]),
            lambda: claim(away),
            lambda: away.done("q", [uuid7().bytes]),
            lambda: away.remove([job()]),
            lambda: away.drop("q", "a", [uuid7()]),
            lambda: away.wait("q", 0.01),
            lambda: away.signal("w", "x"),
            lambda: next(away.listen("w", 0.01)),
            lambda: away.pause("q"),
            lambda: away.resume("q"),
            lambda: away.close_lane("q", "a", 1),
            lambda: away.open_lane("q", "a"),
            lambda: away.restore([job()]),
            lambda: away.overdue("q", 1),
            lambda: away.lanes("q"),
            lambda: away.claimed("q"),
            lambda: away.all_totals(["q"]),
            lambda: away.scan("q", "a", 0, 1),
            lambda: away.is_complete("q"),
            lambda: away.begin_rebuild("q"),
            lambda: away.continue_rebuild("q"),
            lambda: away.finish_rebuild("q", "token"),
            away.flush,
            away.ping,
            away.eviction_policy,
        ]
        for verb in verbs:
            with pytest.raises(BrokerUnavailable):
                verb()
        away.close()

    def test_a_script_is_sent_again_after_redis_forgot_it(self, broker: Broker, raw: redis.Redis, queue: str) -> None:
        one = job()
        broker.push([one])
        raw.script_flush()
        assert ids(broker) == [one.id]

    def test_redis_that_keeps_everything_is_called_so(self, broker: Broker) -> None:
        assert broker.eviction_policy() == "noeviction"

    def test_another_prefix_is_another_world(self, broker: Broker, queue: str) -> None:
        conf = replace(options(), key_prefix="elsewhere")
        other = Broker(conf.redis_url, conf.key_prefix, timeout=5.0)
        other.push([job()])
        assert broker.lanes(queue) == {}
        assert other.flush() > 0
        assert broker.is_complete(queue)
        other.close()
