"""An operation on many rows, with real processes: at its rate, stopped midway, and carried on after a kill."""

import signal
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User

from jobs import services
from jobs.models import AuditEntry, BulkOperation, DeadLetter, Job
from jobs.services import bulk
from jobs.services.audit import Actor
from jobs.services.bulk import Estimate, Wanted
from tests.acceptance.system import System
from tests.jobs import scenes

pytestmark = pytest.mark.acceptance
MANY = 200


@pytest.fixture
def otto(system: System) -> User:
    return scenes.user("otto", "view_job", "replay_job")


def dead_letters(system: System) -> list[UUID]:
    """Jobs that failed for good in a real worker, and succeed when they are run once more."""
    system.worker()
    wanted = [services.JobRequest(type="test.fails", payload={"times": 1}, max_attempts=1) for _ in range(MANY)]
    ids = [made.id for made in services.enqueue_many(wanted)]
    system.until(lambda: DeadLetter.objects.count() == MANY, f"{MANY} letters", 60)
    return ids


def replay(otto: User, rate: float) -> UUID:
    return bulk.begin(Wanted(verb="dlq.replay", rate=rate), Estimate(MANY, True), otto, Actor(otto.pk, "otto"))


def until_done(system: System, key: UUID, least: int) -> BulkOperation:
    found: Any = system.until(
        lambda: BulkOperation.objects.filter(pk=key, done__gte=least).first(), f"{least} are replayed", 60
    )
    return found


def test_it_replays_at_its_rate_and_stops_midway(system: System, otto: User) -> None:
    ids = dead_letters(system)
    key = replay(otto, rate=20)
    system.scheduler()
    until_done(system, key, 30)
    bulk.stop(key, otto, Actor(otto.pk, "otto"), "enough")
    stopped = BulkOperation.objects.get(pk=key)
    assert stopped.finished_at is not None
    seconds = (stopped.finished_at - stopped.created_at).total_seconds()
    assert stopped.done <= 20 * (seconds + 1)
    assert 30 <= stopped.done < MANY
    replayed = list(DeadLetter.objects.order_by("pk").values_list("job_id", flat=True)[: stopped.done])
    system.until(
        lambda: Job.objects.filter(pk__in=replayed, state="succeeded").count() == len(replayed), "they run again"
    )
    rest = Job.objects.filter(pk__in=ids).exclude(pk__in=replayed)
    assert set(rest.values_list("state", "attempt")) == {("failed", 1)}
    assert DeadLetter.objects.filter(replay_count=1).count() == stopped.done
    assert AuditEntry.objects.filter(verb="job.replayed", reason="").count() == stopped.done


def test_the_next_scheduler_goes_on_after_a_kill(system: System, otto: User) -> None:
    ids = dead_letters(system)
    key = replay(otto, rate=100)
    first = system.scheduler()
    until_done(system, key, 25)
    first.signal(signal.SIGKILL)
    first.wait()
    at_kill = BulkOperation.objects.get(pk=key)
    assert (at_kill.state, at_kill.done < MANY) == ("running", True)
    system.scheduler()
    system.until(lambda: BulkOperation.objects.filter(pk=key, state="finished").exists(), "it finishes", 60)
    jobs = system.until_final(*ids, seconds=60)
    assert {(job.state, job.attempt) for job in jobs} == {("succeeded", 2)}
    found = BulkOperation.objects.get(pk=key)
    assert (found.done, found.refused) == (MANY, 0)
    assert set(DeadLetter.objects.values_list("replay_count", flat=True)) == {1}
    assert AuditEntry.objects.filter(verb="job.replayed").count() == MANY
