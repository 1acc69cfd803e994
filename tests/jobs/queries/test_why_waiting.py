"""Why a job does not run: each reason from a seeded state, and their order."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from jobs.broker import Broker
from jobs.models import Job, SchedulerLease, Worker
from jobs.queries.why_waiting import why_waiting
from jobs.services import queues
from jobs.services.audit import Actor
from jobs.services.rebuild import rebuild
from jobs.store import control, duties, insert, lookout, workers
from jobs.waits import Reason, Target
from tests.jobs import builders, scenes

pytestmark = pytest.mark.django_db(transaction=True)
ADA = Actor(5, "ada")
LATER = 4_102_444_800_000
"""The year 2100, in milliseconds."""


@pytest.fixture(autouse=True)
def redis(broker: Broker) -> Broker:
    """An empty Redis with a complete copy of the queue `default`; a scheduler leads and a worker lives."""
    insert.add_queues(["default"])
    assert rebuild(broker, "default")
    duties.lead("s-1", 60.0)
    builders.worker()
    return broker


@pytest.fixture
def operator() -> User:
    return scenes.user("otto", "view_job", "view_queue", "view_worker")


def told(broker: Broker, **fields: Any) -> UUID:
    """A queued job that Redis knows."""
    job_id = builders.queued(**fields)
    broker.push(lookout.still_queued([job_id]))
    return job_id


def why(job_id: UUID, user: User) -> list[Reason]:
    return why_waiting(Job.objects.get(pk=job_id), user)


def codes(job_id: UUID, user: User) -> list[str]:
    return [reason.code for reason in why(job_id, user)]


class TestOfItself:
    def test_one_that_does_not_wait_has_no_reasons(self, operator: User) -> None:
        found = [builders.running(), builders.succeeded(), builders.failed(), builders.cancelled()]
        assert [why(job_id, operator) for job_id in found] == [[], [], [], []]

    def test_one_that_is_not_due_says_until_when(self, operator: User) -> None:
        job_id = builders.scheduled()
        [reason] = why(job_id, operator)
        assert (reason.code, reason.until) == ("not_due", Job.objects.get(pk=job_id).run_at)
        assert reason.target == Target("job", str(job_id))

    def test_one_that_its_handler_put_off_says_why(self, operator: User) -> None:
        [reason] = why(builders.ended("snoozed"), operator)
        assert (reason.code, reason.text) == ("not_due", "Its handler put it off: busy")

    def test_one_between_two_tries_says_what_failed(self, operator: User) -> None:
        job_id = builders.retrying()
        [reason] = why(job_id, operator)
        assert (reason.code, reason.until) == ("retry_delay", Job.objects.get(pk=job_id).run_at)
        assert reason.text.startswith("Try 1 of 3 failed (")
        assert "not yet" in reason.text

    @pytest.mark.parametrize("state", ["scheduled", "retrying"])
    def test_one_that_is_due_is_made_ready_by_the_scheduler(self, operator: User, state: str) -> None:
        job_id = getattr(builders, state)()
        builders.change(job_id, "run_at = now() - interval '1 second'")
        assert codes(job_id, operator) == ["becoming_ready"]
        SchedulerLease.objects.all().delete()
        assert codes(job_id, operator) == ["no_scheduler"]

    def test_without_a_scheduler_its_time_will_not_help(self, operator: User) -> None:
        duties.resign("s-1")
        assert codes(builders.scheduled(), operator) == ["not_due", "no_scheduler"]

    def test_one_whose_time_is_over_is_told_so_first(self, operator: User, broker: Broker) -> None:
        job_id = told(broker, expires_in=0.0)
        assert codes(job_id, operator)[0] == "expired"

    def test_one_that_expires_soon_says_when(self, operator: User, broker: Broker) -> None:
        job_id = told(broker, expires_in=60.0)
        reason = why(job_id, operator)[0]
        assert (reason.code, reason.holds) == ("expires_soon", False)
        assert reason.until == Job.objects.get(pk=job_id).expires_at
        assert codes(told(broker, expires_in=3600.0), operator) == ["position"]


class TestDependencies:
    def test_each_is_named_with_its_state(self, operator: User) -> None:
        parent = builders.running()
        [reason] = why(builders.blocked(parent), operator)
        assert (reason.code, reason.target) == ("dependency", Target("job", str(parent)))
        assert reason.text == f"It waits for test.noop {parent} to succeed, which is running."

    def test_one_that_failed_is_said_to_hold_it_until_it_is_replayed(self, operator: User) -> None:
        parent = builders.running()
        child = builders.blocked(parent)
        builders.end(parent, "failed")
        [reason] = why(child, operator)
        assert reason.code == "dependency_failed"
        assert reason.help.startswith("Replay that job")

    def test_of_many_the_first_are_named_and_the_others_counted(self, operator: User) -> None:
        child = builders.blocked()
        builders.change(child, "unmet = 4")
        found = why(child, operator)
        assert [reason.text for reason in found[1:]] == ["It waits for 3 further jobs."]

    def test_the_state_of_a_job_of_somebody_else_is_not_told(self) -> None:
        ada = scenes.user("ada")
        child = builders.blocked(builders.running(owner_id=ada.pk + 1), owner_id=ada.pk)
        [reason] = why(child, ada)
        assert "running" not in reason.text
        assert reason.target is None


class TestRedis:
    def test_one_that_redis_was_not_told_of_comes_with_the_reconciler(self, operator: User) -> None:
        job_id = builders.queued()
        [reason] = why(job_id, operator)
        assert (reason.code, reason.target) == ("not_in_redis", Target("stores"))
        assert reason.until == Job.objects.get(pk=job_id).run_at + timedelta(seconds=12)

    def test_and_without_a_scheduler_never(self, operator: User) -> None:
        duties.resign("s-1")
        [reason] = why(builders.queued(), operator)
        assert (reason.code, reason.help) == ("not_in_redis", "Start a scheduler: manage.py runscheduler.")

    def test_a_queue_whose_copy_is_lost_is_being_rebuilt(self, operator: User, broker: Broker) -> None:
        job_id = told(broker)
        broker.flush()
        assert codes(job_id, operator) == ["rebuilding"]

    def test_redis_away_is_said(self, operator: User, settings: Settings) -> None:
        job_id = builders.queued()
        with builders.redis_away(settings):
            assert codes(job_id, operator) == ["redis_away"]

    def test_one_that_was_just_claimed_begins_now(self, operator: User, broker: Broker) -> None:
        job_id = told(broker)
        broker.claim("default", {builders.TYPE: 1.0}, most=1, budget=1.0, seconds=60.0)
        assert codes(job_id, operator) == ["claimed"]

    def test_a_closed_lane_says_until_when(self, operator: User, broker: Broker) -> None:
        job_id = told(broker)
        broker.close_lane("default", builders.TYPE, LATER)
        reason = why(job_id, operator)[0]
        assert (reason.code, reason.until and reason.until.year) == ("lane_closed", 2100)


class TestQueue:
    def test_a_pause_says_by_whom_why_and_until_when(self, operator: User, broker: Broker) -> None:
        until = builders.now() + timedelta(hours=1)
        queues.pause("default", ADA, until, "mail server down")
        reason = why(told(broker), operator)[0]
        assert (reason.code, reason.until, reason.target) == ("queue_paused", until, Target("queue", "default"))
        assert reason.text == "The queue default is paused by ada: mail server down"

    def test_by_whom_and_why_is_not_for_those_who_may_not_look_at_queues(self, broker: Broker) -> None:
        ada = scenes.user("ada")
        queues.pause("default", ADA, None, "mail server down")
        assert why(told(broker, owner_id=ada.pk), ada)[0].text == "The queue default is paused."

    def test_a_pause_that_is_over_holds_nothing(self, operator: User, broker: Broker) -> None:
        over = builders.now() - timedelta(seconds=1)
        control.steer_queue("default", queues.QueueMode("paused", over, "ada", ""))
        assert codes(told(broker), operator) == ["position"]

    def test_a_drain_is_said_and_holds_a_job_of_the_future_too(self, operator: User) -> None:
        queues.drain("default", ADA, "moving")
        assert codes(builders.scheduled(), operator) == ["not_due", "queue_draining"]


class TestWorkers:
    def test_no_worker_at_all(self, operator: User, broker: Broker) -> None:
        Worker.objects.all().delete()
        builders.worker("w-dead", lease=-1.0)
        assert codes(told(broker), operator) == ["no_worker", "position"]

    def test_none_for_the_queue(self, operator: User, broker: Broker) -> None:
        Worker.objects.update(queues=["mail"])
        assert codes(told(broker), operator) == ["no_worker_for_queue", "position"]

    def test_none_that_knows_the_type(self, operator: User, broker: Broker) -> None:
        job_id = told(broker, type="test.unheard")
        assert codes(job_id, operator) == ["parked", "position"]

    def test_one_that_knows_the_type_but_serves_other_queues_does_not_count(
        self, operator: User, broker: Broker
    ) -> None:
        Worker.objects.update(types=["other"])
        workers.register(
            id="w-2", host="h", pid=2, release="1", queues=["mail"], types=[builders.TYPE], slots=1, lease=60.0
        )
        assert codes(told(broker), operator) == ["parked", "position"]

    @pytest.mark.parametrize("mode", ["cordoned", "draining"])
    def test_only_those_that_take_no_more(self, operator: User, broker: Broker, mode: str) -> None:
        Worker.objects.update(mode=mode)
        assert codes(told(broker), operator) == ["workers_cordoned", "position"]

    def test_all_slots_busy(self, operator: User, broker: Broker) -> None:
        Worker.objects.update(busy=4)
        found = why(told(broker), operator)
        assert [reason.code for reason in found] == ["workers_busy", "position"]
        assert found[0].text == "The workers that could run it are busy: 4 of 4 slots."


class TestPosition:
    def test_it_is_exact_over_all_lanes_by_priority_age_and_id(self, operator: User, broker: Broker) -> None:
        Worker.objects.update(types=["a", "b"])
        made = [told(broker, type="ab"[number % 2]) for number in range(7)]
        urgent = told(broker, type="b", priority=9)
        late = told(broker, type="a", priority=1)
        texts = {job_id: why(job_id, operator)[-1].text for job_id in (urgent, made[0], made[6], late)}
        assert texts == {
            urgent: "It is the next.",
            made[0]: "1 job is before it in the queue.",
            made[6]: "7 jobs are before it in the queue.",
            late: "8 jobs are before it in the queue.",
        }

    def test_jobs_that_nothing_takes_are_not_before_it(self, operator: User, broker: Broker) -> None:
        told(broker, type="test.unheard", priority=9)
        told(broker, type="test.closed", priority=9)
        Worker.objects.update(types=[builders.TYPE, "test.closed"])
        broker.close_lane("default", "test.closed", LATER)
        assert why(told(broker), operator)[-1].text == "It is the next."


def test_the_queries_are_few_however_much_waits(operator: User, broker: Broker) -> None:
    for number in range(20):
        builders.worker(f"w-{number + 2}")
        told(broker)
    waiting, child = Job.objects.get(pk=told(broker)), Job.objects.get(pk=builders.blocked(builders.running()))
    operator.get_all_permissions()
    # the queue, the leader, the workers; and of a blocked one its edges and its parents
    for job, queries in ((waiting, 3), (child, 5)):
        with CaptureQueriesContext(connection) as seen:
            why_waiting(job, operator)
        assert len(seen) == queries


def test_every_reason_says_what_would_help(operator: User, broker: Broker) -> None:
    queues.drain("default", ADA)
    Worker.objects.all().delete()
    found = why(told(broker, expires_in=60.0), operator)
    assert [reason.code for reason in found] == ["expires_soon", "queue_draining", "no_worker", "position"]
    assert all(reason.help for reason in found)
