"""Figures come from Redis to PostgreSQL, survive its loss, and are never counted twice."""

import pytest

from jobs import services
from jobs.broker import Broker
from jobs.models import Depth, Statistic
from jobs.queries import statistics
from jobs.scheduler.statistics import Depths, Statistics
from jobs.services import steer
from jobs.services.audit import Actor
from jobs.services.rebuild import rebuild
from jobs.store import insert
from jobs.tally import Tally
from tests.jobs import builders
from tests.jobs.tallies import by_type

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _open(broker: Broker) -> None:
    insert.add_queues(["default"])
    assert rebuild(broker, "default")


def enqueue(count: int) -> None:
    services.enqueue_many([services.JobRequest(type=builders.TYPE, payload={"n": n}) for n in range(count)])


def test_what_was_submitted_is_kept_by_the_minute(broker: Broker) -> None:
    enqueue(3)
    services.enqueue(builders.TYPE, {"n": 1}, delay=60)
    duty = Statistics(broker)
    assert [duty.run_once(), duty.run_once()] == [0, 0]
    found = statistics.window(5)
    assert found.total.enqueued == 4
    assert {name: figures.enqueued for name, figures in found.by_type.items()} == {builders.TYPE: 4}
    assert {name: figures.enqueued for name, figures in found.by_queue.items()} == {"default": 4}
    assert [figures.enqueued for _, figures in found.trend(5)][-2:] in ([0, 4], [4, 0], [3, 1])
    assert len(found.trend(5)) == 5


def test_a_minute_that_grows_is_written_again(broker: Broker) -> None:
    duty = Statistics(broker)
    enqueue(1)
    duty.run_once()
    enqueue(2)
    duty.run_once()
    assert statistics.window(5).total.enqueued == 3


def test_another_leader_counts_nothing_twice(broker: Broker) -> None:
    enqueue(2)
    Statistics(broker).run_once()
    enqueue(1)
    Statistics(broker).run_once()
    assert statistics.window(5).total.enqueued == 3


def test_what_was_kept_stays_when_redis_forgets_and_is_added_to(broker: Broker) -> None:
    duty = Statistics(broker)
    enqueue(2)
    duty.run_once()
    broker.flush()
    duty.run_once()
    assert statistics.window(5).total.enqueued == 2
    enqueue(3)
    duty.run_once()
    assert statistics.window(5).total.enqueued == 5


def test_a_suppressed_repeat_and_a_cancelled_job_are_counted(broker: Broker) -> None:
    kept = [services.enqueue(builders.TYPE, {"n": 1}, idempotency_key="once").id for _ in range(3)]
    steer.cancel(kept[:1], Actor.system())
    figures = by_type([broker.totals("default")])[builders.TYPE]
    assert (figures.enqueued, figures.suppressed, figures.states) == (1, 2, {"cancelled": 1})


def test_many_counts_of_many_queues_go_in_one_push(broker: Broker) -> None:
    tally = Tally()
    for queue in ("default", "critical"):
        tally.add(queue, "a", "suppressed", 7)
    broker.push([], tally=tally)
    broker.push([], tally=tally)
    assert broker.totals("critical") == broker.totals("default") == {"a|suppressed": 14}
    assert broker.totals("nowhere") == {}


def test_live_jobs_are_counted_by_queue_type_and_state() -> None:
    waiting = builders.queued()
    builders.queued()
    builders.running(queue="critical")
    builders.ended("succeeded")
    duty = Depths()
    assert duty.run_once() == 0
    shown = {(row.queue, row.state): (row.count, row.type) for row in statistics.depths()}
    assert shown == {("default", "queued"): (2, builders.TYPE), ("critical", "running"): (1, builders.TYPE)}
    assert Depth.objects.get(state="queued").oldest == builders.row(waiting)["run_at"]


def test_what_is_live_no_more_is_counted_no_more() -> None:
    duty = Depths()
    job_id = builders.running()
    duty.run_once()
    assert [row.state for row in statistics.depths()] == ["running"]
    builders.end(job_id)
    duty.run_once()
    assert statistics.depths() == []


def test_a_minute_without_a_row_is_empty(broker: Broker) -> None:
    assert not Statistic.objects.exists()
    assert [figures.ended for _, figures in statistics.window(3).trend(3)] == [0, 0, 0]
