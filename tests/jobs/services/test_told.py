"""What each verb and each move tells those who listen."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import transaction

from jobs import services
from jobs.broker import Broker
from jobs.conf import options
from jobs.envelope import JobRequest
from jobs.models import DeadLetter
from jobs.news import Told
from jobs.scheduler.leader import Leader
from jobs.scheduler.promoter import Expirer, Promoter, Sweeper
from jobs.scheduler.reaper import Reaper
from jobs.services import dead_letters, queues, steer, workers
from jobs.services.audit import Actor
from tests.jobs import builders, real_worker

pytestmark = pytest.mark.django_db(transaction=True)
ADA = Actor(5, "ada")
MINE = {"owner_id": 7, "tenant_id": "t"}


class Feed:
    """Says what was told since it was last asked."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._place = broker.feed.begin()

    def told(self) -> list[Told]:
        found = self._broker.feed.read(self._place, 0.01, 1000)
        assert found.whole
        self._place = found.entries[-1].id if found.entries else self._place
        return [one for entry in found.entries for one in entry.told]

    def kinds(self) -> list[str]:
        return sorted(one.kind for one in self.told())


@pytest.fixture
def feed(transactional_db: None, broker: Broker) -> Feed:
    return Feed(broker)


def letter(**fields: object) -> int:
    return DeadLetter.objects.get(job_id=builders.failed(**{**MINE, **fields})).pk


@pytest.mark.parametrize(
    ("kind", "verb"),
    [
        ("job.cancelled", lambda: steer.cancel([builders.queued(**MINE)], ADA)),
        ("job.cancel_requested", lambda: steer.cancel([builders.running(**MINE)], ADA)),
        ("job.retried", lambda: steer.retry([builders.cancelled(**MINE)], ADA)),
        ("job.priority_changed", lambda: steer.edit([builders.queued(**MINE)], ADA, steer.Changes(priority=9))),
        ("job.edited", lambda: steer.edit([builders.queued(**MINE)], ADA, steer.Changes(queue="other"))),
        ("job.replayed", lambda: dead_letters.replay([letter()], ADA)),
        ("job.dead_letter_deleted", lambda: dead_letters.delete([letter()], ADA)),
    ],
)
def test_a_verb_on_a_job_tells_whose_it_was_and_who_did_it(feed: Feed, kind: str, verb: Callable[[], object]) -> None:
    verb()
    [told] = feed.told()
    assert (told.kind, told.tenant_id, told.owner_id, told.actor) == (kind, "t", 7, "ada")
    assert told.job_id


@pytest.mark.parametrize("verb", [queues.create, queues.pause, queues.drain])
def test_a_verb_on_a_queue(feed: Feed, verb: Callable[..., object]) -> None:
    if verb is not queues.create:
        builders.insert.add_queues(["bulk"])
    verb("bulk", ADA)
    [told] = feed.told()
    words = {queues.create: "created", queues.pause: "paused", queues.drain: "drained"}
    assert told == Told(f"queue.{words[verb]}", queue="bulk", actor="ada")


def test_a_verb_on_a_worker(feed: Feed) -> None:
    name = builders.worker()
    for verb in (workers.cordon, workers.resume, workers.drain):
        verb(name, ADA)
    assert [one.kind for one in feed.told()] == ["worker.cordoned", "worker.resumed", "worker.drained"]


def test_nothing_is_told_of_what_was_refused_or_rolled_back(feed: Feed) -> None:
    steer.cancel([builders.succeeded()], ADA)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        services.enqueue("test.noop")
        raise ZeroDivisionError
    assert feed.told() == []


def test_a_submit_tells_what_waits_what_is_blocked_and_what_was_there_already(feed: Feed) -> None:
    first = services.enqueue("test.noop", idempotency_key="k", **MINE).id
    services.enqueue("test.noop", delay=60)
    services.enqueue("test.noop", dependencies=[first], tenant_id="t", owner_id=7)
    assert feed.kinds() == ["job.blocked", "job.enqueued", "job.enqueued"]

    services.enqueue("test.noop", idempotency_key="k", **MINE)

    [told] = feed.told()
    assert (told.kind, told.job_id) == ("job.duplicate_suppressed", str(first))


def test_what_ends_tells_of_what_waited_for_it(feed: Feed) -> None:
    parent = builders.queued()
    for policy in ("block", "cancel", "allow_failed"):
        builders.blocked(parent, policy)
    steer.cancel([parent], ADA)
    expected = ["job.cancelled", "job.cancelled", "job.dependency_failed", "job.unblocked"]
    assert feed.kinds() == expected


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ("succeeded", "job.succeeded"),
        ("failed", "job.failed"),
        ("retrying", "job.retrying"),
        ("cancelled", "job.cancelled"),
        ("released", "job.released"),
        ("snoozed", "job.snoozed"),
    ],
)
def test_the_end_of_an_attempt_tells_its_number(how: str, kind: str) -> None:
    one = builders.settlement(builders.running(**MINE), how, queue="default", **MINE)
    [told] = builders.settle(builders.WORKER, "1", [one]).news([one]).told()
    assert (told.kind, told.attempt, told.job_id, told.owner_id) == (kind, 1, str(one.id), 7)


def test_a_late_end_is_not_told() -> None:
    one = builders.settlement(builders.running(), claim=8)
    assert not builders.settle("other", "1", [one]).news([one])


def test_the_scheduler_tells_what_it_moved(feed: Feed) -> None:
    builders.change(builders.scheduled(), "run_at = now() - interval '1 second'")
    Promoter(1.0).run_once()
    builders.change(builders.scheduled(), "expires_at = now() - interval '1 second'")
    Expirer(1.0).run_once()
    builders.change(builders.queued(state="blocked", unmet=1), "unmet = 1")
    Sweeper(1.0).run_once()
    assert feed.kinds() == ["job.activated", "job.cancelled", "job.unblocked"]


def test_a_dead_worker_and_its_jobs_are_told_once(feed: Feed) -> None:
    builders.worker(lease=-1.0)
    job_id = builders.running(**MINE)
    reaper = Reaper(replace(options(), lease_ttl=0.0), lambda: 100.0)
    reaper.run_once()
    reaper.run_once()
    found = feed.told()
    assert sorted(one.kind for one in found) == ["job.recovered", "job.retrying", "worker.lost"]
    assert {one.job_id for one in found if one.kind.startswith("job.")} == {str(job_id)}


def test_a_leader_tells_when_it_begins_and_ends(feed: Feed) -> None:
    stopping = threading.Event()
    leading = threading.Event()
    leader = Leader("me", 10.0, leading, stopping)
    leader.start()
    assert leading.wait(10)
    stopping.set()
    leader.finish()
    assert [(one.kind, one.name) for one in feed.told()][:1] == [("scheduler.leader_acquired", "me")]


def test_a_worker_tells_of_its_jobs_and_itself(feed: Feed) -> None:
    wanted = [JobRequest(type="test.noop", **MINE) for _ in range(3)]  # type: ignore[arg-type]
    services.enqueue_many(wanted)
    real_worker.burst()
    found = feed.told()
    times: Counter[str] = Counter()
    for one in found:
        times[one.kind] += one.times
    assert times["job.enqueued"] == times["job.started"] == times["job.succeeded"] == 3
    assert {"worker.started", "worker.stopped"} <= set(times)
    assert {one.owner_id for one in found if one.kind.startswith("job.")} == {7}


def test_many_at_once_keep_whose_they_are(feed: Feed) -> None:
    services.enqueue_many([JobRequest(type="test.noop", owner_id=number % 2 + 1) for number in range(200)])
    assert {(one.owner_id, one.times) for one in feed.told()} == {(1, 100), (2, 100)}
