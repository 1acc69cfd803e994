"""What an operator is told is wrong."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from jobs.broker import Broker
from jobs.models import Duty, Queue, SchedulerLease, Statistic, Worker
from jobs.queries.attention import Concern, attention
from jobs.store import statistics
from tests.jobs import scenes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _all_well(broker: Broker) -> None:
    """A worker that knows the type of the scenes, and a leader."""
    scenes.worker()
    SchedulerLease.objects.create(holder="s-1", until=timezone.now() + timedelta(minutes=1))


def about(kind: str) -> list[Concern]:
    return [one for one in attention() if one.about == kind]


def count(minute: datetime, **counts: int) -> None:
    fields = {name.replace("__", "|state."): number for name, number in counts.items()}
    Statistic.objects.create(queue="default", minute=minute, source="a", counts=fields)


def test_nothing_is_said_while_all_is_well() -> None:
    scenes.queued()
    count(timezone.now(), mail__succeeded=1000, mail__failed=2)
    assert attention() == []


def test_a_type_that_fails_is_named_with_its_share() -> None:
    count(timezone.now(), mail__succeeded=10, mail__failed=30, other__succeeded=5)
    (one,) = attention()
    assert (one.level, one.about, one.key) == ("bad", "type", "mail")
    assert one.sentence == "mail fails: 30 of 40 in the last 15 minutes."


def test_failures_of_long_ago_are_no_concern() -> None:
    count(timezone.now() - timedelta(hours=1), mail__failed=30)
    assert attention() == []


def test_a_pause_says_by_whom_and_why() -> None:
    scenes.queue("mail")
    Queue.objects.filter(name="mail").update(mode="paused", by="ada", why="the <b>provider</b> is down")
    (one,) = about("queue")
    assert one.sentence == "Queue mail is paused by ada."
    assert one.said == "the <b>provider</b> is down"


def test_without_a_leader_nothing_comes_due() -> None:
    SchedulerLease.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert [one.sentence for one in about("scheduler")] == ["No scheduler leads."]


def test_a_lost_worker_is_named_and_the_last_one_is_missed() -> None:
    Worker.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert [one.sentence for one in about("worker")] == [
        "No worker is alive: no job begins.",
        "Worker w-1 on here was lost.",
    ]


def test_a_cordoned_worker_is_said_to_begin_nothing() -> None:
    Worker.objects.update(mode="cordoned")
    assert [one.sentence for one in about("worker")] == ["Worker w-1 is cordoned: it begins no job."]


def test_types_that_nobody_runs_are_counted() -> None:
    for _ in range(3):
        scenes.queued("echo")
    statistics.count_live()
    assert [one.sentence for one in about("parked")] == [
        "Jobs of type echo wait (3), and no living worker runs this type."
    ]


def test_a_duty_that_does_not_get_on_is_said() -> None:
    Duty.objects.create(name="reaper", last_error="boom")
    assert [(one.sentence, one.said) for one in about("duty")] == [("The scheduler's reaper does not get on.", "boom")]


def test_what_is_bad_comes_first() -> None:
    Worker.objects.update(mode="cordoned")
    count(timezone.now(), mail__failed=30)
    assert [one.level for one in attention()] == ["bad", "odd"]
