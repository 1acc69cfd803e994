"""Each duty of the scheduler, one round at a time, on real servers."""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from pytest_django import Settings

from jobs import services
from jobs.broker import Broker
from jobs.conf import Options, options
from jobs.models import Attempt, DeadLetter, Dependency, Duty, IdempotencyKey, Job, Queue, SchedulerLease
from jobs.retry import RetryPolicy
from jobs.scheduler import pruner
from jobs.scheduler.duty import Loop
from jobs.scheduler.leader import Leader
from jobs.scheduler.pauses import Pauses
from jobs.scheduler.process import SchedulerProcess
from jobs.scheduler.promoter import Expirer, Promoter, Sweeper
from jobs.scheduler.pruner import Pruner
from jobs.scheduler.reaper import Reaper
from jobs.scheduler.reconciler import Rebuilder, Reconciler
from jobs.services import DependsOn, dead_letters, queues
from jobs.services.audit import Actor
from jobs.services.rebuild import rebuild
from jobs.store import duties, insert, moves
from jobs.worker.execution import load_dependencies
from tests.jobs import builders

pytestmark = pytest.mark.django_db(transaction=True)
ADA = Actor(5, "ada")
TYPES = {builders.TYPE: 1.0}


@pytest.fixture(autouse=True)
def redis(broker: Broker) -> Broker:
    """An empty Redis; the queue `default` has its row, and a complete copy."""
    insert.add_queues(["default"])
    complete(broker)
    return broker


def complete(broker: Broker, queue: str = "default") -> None:
    assert rebuild(broker, queue)


def ready(broker: Broker, queue: str = "default") -> int:
    return sum(broker.lanes(queue).values())


def claim(broker: Broker, queue: str = "default") -> str:
    return broker.claim(queue, TYPES, most=1, budget=1.0, seconds=60.0).status


def claimed(broker: Broker, queue: str = "default", seconds: float = 60.0) -> list[UUID]:
    claim = broker.claim(queue, TYPES, most=100, budget=100.0, seconds=seconds)
    assert claim.status == "ok"
    return builders.ids(claim)


def conf(**changes: Any) -> Options:
    return replace(options(), **{"lease_ttl": 0.01, "reconcile_grace": 0.0, **changes})


class TestPromoter:
    def test_what_is_due_is_queued_and_pushed(self, broker: Broker) -> None:
        scheduled, retrying, later = builders.scheduled(), builders.retrying(), builders.scheduled()
        for job_id in (scheduled, retrying):
            builders.change(job_id, "run_at = now()")
        assert Promoter(0.25).run_once() == 2
        assert [builders.state(one) for one in (scheduled, retrying, later)] == [
            "queued",
            "queued",
            "scheduled",
        ]
        assert set(claimed(broker)) == {scheduled, retrying}
        assert Promoter(0.25).run_once() == 0

    def test_what_it_waited_for_is_over(self, broker: Broker) -> None:
        job_id = builders.ended("snoozed")
        assert builders.row(job_id)["reason"] == "busy"
        builders.change(job_id, "run_at = now()")
        Promoter(0.25).run_once()
        assert builders.row(job_id)["reason"] is None

    def test_a_promoted_job_stands_in_line_since_it_was_due(self, broker: Broker) -> None:
        fresh = services.enqueue(builders.TYPE).id
        overdue = builders.scheduled()
        builders.change(overdue, "run_at = now() - interval '1 hour'")
        Promoter(0.25).run_once()
        assert claimed(broker) == [overdue, fresh]


class TestExpirer:
    def test_what_did_not_start_in_time_is_cancelled_and_leaves_redis(self, broker: Broker) -> None:
        late = services.enqueue(builders.TYPE, expires_in=0).id
        timely = services.enqueue(builders.TYPE, expires_in="1h").id
        assert ready(broker) == 2
        assert Expirer(1.0).run_once() == 1
        row = builders.row(late)
        assert (row["state"], row["reason"]) == ("cancelled", "expired")
        assert claimed(broker) == [timely]

    def test_a_running_job_does_not_expire(self) -> None:
        job_id = builders.running(expires_in=60.0)
        builders.change(job_id, "expires_at = now() - interval '1 second'")
        assert Expirer(1.0).run_once() == 0
        assert builders.state(job_id) == "running"

    def test_those_who_do_not_mind_are_freed_and_pushed(self, broker: Broker) -> None:
        parent = services.enqueue(builders.TYPE, expires_in=0).id
        child = services.enqueue(builders.TYPE, dependencies=[parent], dependency_policy="allow_failed").id
        Expirer(1.0).run_once()
        assert claimed(broker) == [child]


class TestSweeper:
    def test_a_forgotten_job_is_freed_and_pushed(self, broker: Broker) -> None:
        stuck = builders.queued(state="blocked", unmet=1)
        waiting = builders.blocked()
        assert Sweeper(10.0).run_once() == 1
        assert (builders.state(stuck), builders.state(waiting)) == ("queued", "blocked")
        assert claimed(broker) == [stuck]


class TestReaper:
    def reaper(self, steady: float = 1.0, **changes: Any) -> Reaper:
        return Reaper(conf(**changes), steady=lambda: steady)

    def test_a_dead_workers_job_is_tried_again(self) -> None:
        builders.worker(lease=-1)
        job_id = builders.running()
        before = builders.row(job_id)
        earliest = builders.now()
        policy = RetryPolicy(initial_delay=100.0, jitter=0.0)
        assert self.reaper(default_retry=policy).run_once() == 1
        row = builders.row(job_id)
        assert earliest <= row["run_at"] - timedelta(seconds=100) <= builders.now()
        assert abs((row["started_at"] - before["started_at"]).total_seconds()) < 1
        assert row == {
            **before,
            "state": "retrying",
            "tries": 1,
            "run_at": row["run_at"],
            "started_at": row["started_at"],
            "last_error": "worker 'w-1' stopped renewing its lease",
        }
        (attempt,) = builders.attempts(job_id)
        assert (attempt["outcome"], attempt["worker"], attempt["release"]) == ("lease_expired", "w-1", "1.0")
        assert attempt["error_type"] == "LeaseExpired"
        assert not DeadLetter.objects.exists()

    def test_the_jobs_own_policy_counts(self) -> None:
        builders.worker(lease=-1)
        never = builders.running(retry_policy='{"policy": "none"}')
        soon = builders.running(retry_policy='{"policy": "constant", "initial_delay": 7, "jitter": 0}')
        earliest = builders.now()
        assert self.reaper().run_once() == 2
        assert builders.state(never) == "failed"
        assert earliest <= builders.row(soon)["run_at"] - timedelta(seconds=7) <= builders.now()

    def test_the_last_try_is_buried(self) -> None:
        builders.worker(lease=-1)
        job_id = builders.running(max_attempts=1)
        self.reaper().run_once()
        row = builders.row(job_id)
        assert (row["state"], row["tries"]) == ("failed", 1)
        (letter,) = builders.letters(job_id)
        assert (letter["error_type"], letter["tries"]) == ("LeaseExpired", 1)
        assert len(letter["fingerprint"]) == 16

    def test_where_a_cancel_was_asked_the_job_is_cancelled(self) -> None:
        builders.worker(lease=-1)
        job_id = builders.running(max_attempts=1)
        moves.cancel([job_id], "cancelled by ada")
        self.reaper().run_once()
        row = builders.row(job_id)
        assert (row["state"], row["reason"]) == ("cancelled", "cancelled by ada")
        assert [attempt["outcome"] for attempt in builders.attempts(job_id)] == ["lease_expired"]
        assert not DeadLetter.objects.exists()

    def test_a_worker_without_a_row_is_dead(self) -> None:
        job_id = builders.running()
        assert self.reaper().run_once() == 1
        assert builders.state(job_id) == "retrying"

    def test_a_living_workers_jobs_are_left_alone(self) -> None:
        builders.worker("dead", lease=-1)
        builders.worker("alive", lease=60)
        theirs, ours = builders.queued(), builders.queued()
        builders.begin(theirs, "dead")
        builders.begin(ours, "alive")
        before = builders.everything(ours)
        assert self.reaper().run_once() == 1
        assert builders.everything(ours) == before

    @pytest.mark.parametrize("steady", [0.0, 0.49])
    def test_it_judges_only_after_a_whole_lease_time_of_answers(self, steady: float) -> None:
        builders.worker(lease=-1)
        job_id = builders.running()
        assert self.reaper(steady=steady, lease_ttl=0.5).run_once() == 0
        assert builders.state(job_id) == "running"
        assert self.reaper(steady=0.5, lease_ttl=0.5).run_once() == 1

    def test_it_does_not_judge_soon_after_postgresql_was_started(self) -> None:
        builders.worker(lease=-1)
        job_id = builders.running()
        years = 1e9
        assert self.reaper(steady=2 * years, lease_ttl=years).run_once() == 0
        assert builders.state(job_id) == "running"

    def test_the_dead_workers_late_result_is_fenced(self) -> None:
        builders.worker(lease=-1)
        job_id = builders.running()
        self.reaper().run_once()
        settled = builders.end(job_id)
        assert settled.fenced == [job_id]
        assert builders.attempts(job_id)[0]["fenced"] is True

    def test_two_reapers_at_once_use_one_try(self) -> None:
        builders.worker(lease=-1)
        jobs = [builders.running() for _ in range(20)]
        barrier = threading.Barrier(2)
        counts: list[int] = []

        def reap() -> None:
            barrier.wait()
            counts.append(self.reaper().run_once())
            connection.close()

        threads = [threading.Thread(target=reap) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(counts) == 20
        assert set(Job.objects.values_list("state", "tries")) == {("retrying", 1)}
        assert Attempt.objects.count() == len(jobs)

    def test_dependants_follow(self, broker: Broker) -> None:
        builders.worker(lease=-1)
        parent = builders.running(max_attempts=1)
        freed = services.enqueue(builders.TYPE, dependencies=[parent], dependency_policy="allow_failed").id
        gone = services.enqueue(builders.TYPE, dependencies=[parent], dependency_policy="cancel").id
        self.reaper().run_once()
        assert (builders.state(freed), builders.state(gone)) == ("queued", "cancelled")
        assert claimed(broker) == [freed]

    def test_it_works_without_redis(self, settings: Settings) -> None:
        builders.worker(lease=-1)
        parent = builders.running(max_attempts=1)
        child = services.enqueue(builders.TYPE, dependencies=[parent], dependency_policy="allow_failed").id
        with builders.redis_away(settings):
            assert self.reaper().run_once() == 1
        assert (builders.state(parent), builders.state(child)) == ("failed", "queued")


class TestReconciler:
    def test_missing_jobs_are_pushed(self, broker: Broker) -> None:
        missing = {builders.queued(priority=number) for number in range(11)}
        assert Reconciler(conf(), broker).run_once() == 11
        assert set(claimed(broker)) == missing

    def test_a_queue_whose_row_is_gone_gets_one(self, broker: Broker) -> None:
        builders.queued(queue="nameless")
        Queue.objects.filter(name="nameless").delete()
        assert Reconciler(conf(), broker).run_once() == 1
        assert Queue.objects.filter(name="nameless").exists()

    @pytest.mark.parametrize("verb", [queues.pause, queues.drain])
    def test_a_queue_is_as_paused_as_postgresql_has_it(self, broker: Broker, verb: Callable[..., object]) -> None:
        services.enqueue(builders.TYPE)
        verb("default", ADA, reason="look")
        broker.resume("default")
        assert Reconciler(conf(), broker).run_once() == 1
        assert claim(broker) == "paused"
        queues.resume("default", ADA, reason="seen")
        broker.pause("default")
        assert Reconciler(conf(), broker).run_once() == 1
        assert claim(broker) == "ok"
        assert Reconciler(conf(), broker).run_once() == 0

    def test_the_end_of_a_pause_is_told_again(self, broker: Broker) -> None:
        services.enqueue(builders.TYPE)
        until = builders.now() + timedelta(hours=1)
        queues.pause("default", ADA, reason="look", until=until)
        assert Reconciler(conf(), broker).run_once() == 0
        broker.pause("default", 0)
        assert Reconciler(conf(), broker).run_once() == 1
        assert broker.paused_until("default") == int(until.timestamp() * 1000)

    def test_what_is_known_is_not_pushed_again(self, broker: Broker) -> None:
        waiting, in_hand = services.enqueue(builders.TYPE, priority=1).id, services.enqueue(builders.TYPE).id
        claim = broker.claim("default", TYPES, most=1, budget=1.0, seconds=60.0)
        assert builders.ids(claim) == [in_hand]
        assert Reconciler(conf(), broker).run_once() == 0
        assert claimed(broker) == [waiting]

    def test_the_youngest_are_left_to_their_submitters(self, broker: Broker) -> None:
        builders.queued()
        assert Reconciler(conf(reconcile_grace=60.0), broker).run_once() == 0
        assert ready(broker) == 0

    def test_an_old_one_is_found_by_the_walk(self, broker: Broker) -> None:
        old = builders.queued()
        builders.change(old, "run_at = now() - interval '30 days'")
        assert Reconciler(conf(), broker).run_once() == 1
        assert claimed(broker) == [old]

    def test_a_second_round_finds_what_came_since_the_first(self, broker: Broker) -> None:
        reconciler = Reconciler(conf(), broker)
        builders.queued()
        assert [reconciler.run_once(), reconciler.run_once()] == [1, 0]
        builders.queued()
        assert [reconciler.run_once(), reconciler.run_once()] == [1, 0]

    def test_ghosts_are_dropped(self, broker: Broker) -> None:
        alive = services.enqueue(builders.TYPE).id
        gone = services.enqueue(builders.TYPE).id
        ended = services.enqueue(builders.TYPE).id
        Job.objects.filter(pk=gone).delete()
        moves.cancel([ended], "unheard by redis")
        assert ready(broker) == 3
        assert Reconciler(conf(), broker).run_once() == 2
        assert claimed(broker) == [alive]

    def test_a_job_in_the_wrong_lane_is_moved_to_its_own(self, broker: Broker) -> None:
        job_id = services.enqueue(builders.TYPE).id
        builders.change(job_id, "queue = 'other'")
        insert.add_queues(["other"])
        complete(broker, "other")
        Reconciler(conf(), broker).run_once()
        assert (ready(broker), ready(broker, "other")) == (0, 1)

    def test_overdue_claims_are_given_back_or_forgotten(self, broker: Broker) -> None:
        unstarted, started = services.enqueue(builders.TYPE).id, services.enqueue(builders.TYPE).id
        assert claimed(broker, seconds=-1.0) == [unstarted, started]
        builders.begin(started)
        assert Reconciler(conf(), broker).run_once() == 1
        assert broker.claimed("default") == 0
        assert claimed(broker) == [unstarted]

    def test_a_lost_queue_is_left_to_its_rebuild_but_for_the_pushes(self, broker: Broker) -> None:
        services.enqueue(builders.TYPE)
        broker.flush()
        assert Reconciler(conf(), broker).run_once() == 1
        assert not broker.is_complete("default")

    def test_many_are_healed_page_by_page(self, broker: Broker) -> None:
        insert.insert([builders.draft() for _ in range(12_000)])
        reconciler = Reconciler(conf(), broker)
        assert reconciler.run_once() == 12_000
        assert ready(broker) == 12_000
        assert reconciler.run_once() == 0


class TestRebuilder:
    def test_after_a_flush_every_queue_comes_back_with_its_order(self, broker: Broker) -> None:
        insert.add_queues(["other"])
        low, high = services.enqueue(builders.TYPE, priority=1).id, services.enqueue(builders.TYPE, priority=9).id
        there = services.enqueue(builders.TYPE, queue="other").id
        builders.blocked(builders.running())
        builders.scheduled()
        builders.succeeded()
        broker.flush()
        assert broker.claim("default", TYPES, most=1, budget=1.0, seconds=1.0).status == "lost"
        assert Rebuilder(broker).run_once() == 2
        assert Rebuilder(broker).run_once() == 0
        assert claimed(broker) == [high, low]
        assert claimed(broker, "other") == [there]

    @pytest.mark.parametrize("verb", [queues.pause, queues.drain])
    def test_what_was_paused_or_draining_stays_so(self, broker: Broker, verb: Callable[[str, Actor], object]) -> None:
        services.enqueue(builders.TYPE)
        verb("default", ADA)
        broker.flush()
        assert Rebuilder(broker).run_once() == 1
        assert broker.claim("default", TYPES, most=1, budget=1.0, seconds=1.0).status == "paused"
        queues.resume("default", ADA)
        assert len(claimed(broker)) == 1

    def test_a_pause_keeps_its_end(self, broker: Broker) -> None:
        services.enqueue(builders.TYPE)
        queues.pause("default", ADA, until=builders.now() + timedelta(hours=1))
        broker.flush()
        Rebuilder(broker).run_once()
        assert broker.claim("default", TYPES, most=1, budget=1.0, seconds=1.0).status == "paused"
        broker.flush()
        Queue.objects.update(until=builders.now() - timedelta(seconds=1))
        Rebuilder(broker).run_once()
        assert len(claimed(broker)) == 1

    def test_while_another_rebuilds_it_waits(self, broker: Broker) -> None:
        broker.flush()
        token = broker.begin_rebuild("default")
        assert token
        assert Rebuilder(broker).run_once() == 0
        broker.finish_rebuild("default", token)

    def test_many_come_back_page_by_page(self, broker: Broker) -> None:
        insert.insert([builders.draft() for _ in range(11_000)])
        broker.flush()
        assert Rebuilder(broker).run_once() == 1
        assert ready(broker) == 11_000


class TestPauses:
    def test_a_pause_whose_time_has_come_ends(self, broker: Broker) -> None:
        services.enqueue(builders.TYPE)
        queues.pause("default", ADA, until=builders.now() + timedelta(hours=1))
        assert Pauses().run_once() == 0
        Queue.objects.update(until=builders.now())
        assert Pauses().run_once() == 1
        assert Queue.objects.get(name="default").mode == "open"
        assert len(claimed(broker)) == 1


class TestPruner:
    def test_each_outcome_has_its_own_time(self) -> None:
        kept, old = builders.failed(), builders.succeeded(idempotency_key="k")
        for number, job_id in enumerate((kept, old)):
            builders.change(
                job_id,
                f"finished_at = now() - interval '2 days', id = '0180000{number}-0000-7000-8000-000000000000'",
            )
        IdempotencyKey.objects.create(
            type="t", key="k", request_hash="h", job_id=old, expires_at=builders.now() - timedelta(days=1)
        )
        retention = {
            "succeeded": 86_400.0,
            "cancelled": 86_400.0,
            "failed": 10 * 86_400.0,
            "audit": 1.0,
            "statistics": 1.0,
        }
        assert Pruner(conf(retention=retention)).run_once() == 2
        assert [job.state for job in Job.objects.all()] == ["failed"]

    def test_a_replay_reads_what_was_older_than_its_retention(self) -> None:
        parent = builders.succeeded()
        child = services.enqueue(builders.TYPE, dependencies=[DependsOn(parent, label="sum")]).id
        builders.begin(child)
        builders.end(child, "failed")
        old = "0" * 8 + str(parent)[8:]
        builders.change(parent, f"id = '{old}', finished_at = now() - interval '8 days'")
        Dependency.objects.update(parent_id=old)
        duty = Pruner(conf())
        assert duty.run_once() == 0
        dead_letters.replay([builders.letters(child)[0]["id"]], ADA)
        assert load_dependencies(child) == {"sum": 42}
        builders.begin(child)
        builders.end(child, number=2)
        assert duty.run_once() == 1
        assert [job.id for job in Job.objects.all()] == [child]

    def test_those_behind_many_that_stay_go_round_by_round(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pruner, "_BATCH", 2)
        monkeypatch.setattr(pruner, "_LOOKS", 2)
        child = builders.failed()
        old = [builders.succeeded() for _ in range(9)]
        for number, job_id in enumerate(old):
            aged = f"0180000{number}-0000-7000-8000-000000000000"
            builders.change(job_id, f"id = '{aged}', finished_at = now() - interval '8 days'")
            if number < 5:
                Dependency.objects.create(parent_id=aged, child_id=child, met_at=builders.now())
        duty = Pruner(conf())
        assert [duty.run_once() for _ in range(4)] == [0, 3, 1, 0]


class TestLeader:
    def test_the_first_leads_and_renews_and_the_second_cannot(self) -> None:
        assert duties.lead("first", 60.0)
        acquired, until = SchedulerLease.objects.values_list("acquired_at", "until").get()
        assert not duties.lead("second", 60.0)
        assert duties.lead("first", 60.0)
        lease = SchedulerLease.objects.get()
        assert (lease.holder, lease.acquired_at) == ("first", acquired)
        assert lease.until > until

    def test_a_standby_takes_over_when_the_lease_has_run_out(self) -> None:
        duties.lead("first", -1.0)
        assert duties.lead("second", 60.0)
        assert not duties.lead("first", 60.0)
        assert SchedulerLease.objects.get().holder == "second"

    def test_or_as_soon_as_the_leader_resigns(self) -> None:
        duties.lead("first", 60.0)
        duties.resign("second")
        assert not duties.lead("second", 60.0)
        duties.resign("first")
        assert duties.lead("second", 60.0)

    def test_of_two_at_once_one_leads(self) -> None:
        barrier = threading.Barrier(8)
        found: list[bool] = []

        def ask(name: str) -> None:
            barrier.wait()
            found.append(duties.lead(name, 60.0))
            connection.close()

        threads = [threading.Thread(target=ask, args=[f"s{number}"]) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(found) == [False] * 7 + [True]


class Once:
    """A duty that tells when it runs."""

    name = "once"
    interval = 60.0

    def __init__(self, ran: threading.Event) -> None:
        self._ran = ran

    def run_once(self) -> int:
        self._ran.set()
        return 3 if not Duty.objects.exists() else 0


class TestLeadingThreads:
    @pytest.fixture
    def stopping(self) -> Iterator[threading.Event]:
        event = threading.Event()
        yield event
        event.set()

    def test_a_leader_says_so_and_resigns_at_its_end(self, stopping: threading.Event) -> None:
        leading = threading.Event()
        leader = Leader("first", 60.0, leading, stopping)
        assert leader.steady() == 0.0
        leader.start()
        assert leading.wait(30)
        assert not duties.lead("second", 60.0)
        assert leader.steady() > 0.0
        stopping.set()
        leader.finish()
        assert not leading.is_set()
        assert duties.lead("second", 60.0)

    def test_a_standby_leads_when_the_leader_ends(self, stopping: threading.Event) -> None:
        duties.lead("first", 60.0)
        leading = threading.Event()
        standby = Leader("second", 0.06, leading, stopping)
        standby.start()
        duties.resign("first")
        assert leading.wait(30)
        stopping.set()
        standby.finish()

    def test_who_was_overtaken_leads_no_more(self, stopping: threading.Event) -> None:
        leading = threading.Event()
        leader = Leader("first", 0.3, leading, stopping)
        leader.start()
        assert leading.wait(30)
        SchedulerLease.objects.update(holder="second", until=builders.now() + timedelta(hours=1))
        while leading.is_set():
            SchedulerLease.objects.filter(holder="first").update(
                holder="second", until=builders.now() + timedelta(hours=1)
            )
        stopping.set()
        leader.finish()
        assert SchedulerLease.objects.get().holder == "second"

    def test_a_duty_runs_only_while_its_process_leads_and_keeps_what_it_did(self, stopping: threading.Event) -> None:
        leading, ran = threading.Event(), threading.Event()
        loop = Loop(Once(ran), "first", leading, stopping)
        loop.start()
        assert not ran.wait(0.05)
        leading.set()
        assert ran.wait(30)
        while not Duty.objects.exists():
            pass
        stopping.set()
        loop.join(30)
        row = Duty.objects.get(name="once")
        assert (row.total, row.last_count, row.holder, row.last_error) == (3, 3, "first", "")
        assert row.last_work_at is not None

    def test_an_absent_redis_ends_no_duty(self, stopping: threading.Event, caplog: pytest.LogCaptureFixture) -> None:
        away = Broker("redis://127.0.0.1:1/0", "flowbit", timeout=0.2)
        leading, said = threading.Event(), threading.Event()
        handler = _Tells(said, "waits for Redis")
        logging.getLogger("jobs.scheduler.duty").addHandler(handler)
        loop = Loop(Rebuilder(away), "first", leading, stopping)
        loop.start()
        leading.set()
        assert said.wait(30)
        logging.getLogger("jobs.scheduler.duty").removeHandler(handler)
        stopping.set()
        loop.join(30)
        away.close()


class _Tells(logging.Handler):
    """Sets an event when a message with some words is logged."""

    def __init__(self, event: threading.Event, words: str) -> None:
        super().__init__()
        self._event = event
        self._words = words

    def emit(self, record: logging.LogRecord) -> None:
        if self._words in record.getMessage():
            self._event.set()


def test_every_duty_of_the_process_has_a_name_of_its_own() -> None:
    process = SchedulerProcess(options())
    names = [loop._duty.name for loop in process._loops]
    assert len(set(names)) == len(names)
    assert {"promoter", "expirer", "sweeper", "reaper", "reconciler", "rebuilder", "pruner"} <= set(names)
