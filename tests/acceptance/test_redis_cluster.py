"""The whole engine on a Redis Cluster: queues on different nodes, one of which forgets everything."""

from dataclasses import replace

import pytest
from pytest_django import Settings

from jobs import services
from jobs.broker import Broker
from jobs.models import Job
from jobs.services import queues, steer
from jobs.services.audit import Actor
from tests.acceptance.system import System
from tests.redis_cluster import RedisCluster

pytestmark = [pytest.mark.acceptance, pytest.mark.cluster]
ME = Actor.shell()


@pytest.fixture
def cluster(redis_cluster: RedisCluster, settings: Settings) -> RedisCluster:
    """The options name it, before anything else is made of them."""
    settings.FLOWBIT = replace(settings.FLOWBIT, redis_url=redis_cluster.url)
    return redis_cluster


def test_jobs_run_on_every_node_through_a_pause_and_a_loss(
    cluster: RedisCluster, broker: Broker, system: System
) -> None:
    names = cluster.queues()
    system.scheduler(REDIS_URL=cluster.url)
    system.worker(REDIS_URL=cluster.url)
    work = {"ledger": system.ledger()}
    before = [services.enqueue("test.work", work, queue=names[number % 3]).id for number in range(24)]
    system.until_final(*before)
    queues.pause(names[0], ME, reason="look")
    after = [services.enqueue("test.work", work, queue=names[number % 3]).id for number in range(26)]
    broker.flush()
    system.until(lambda: all(broker.is_complete(name) for name in names), "the queues are rebuilt")
    system.until_final(*Job.objects.filter(pk__in=after).exclude(queue=names[0]).values_list("pk", flat=True))
    assert set(Job.objects.filter(queue=names[0]).exclude(pk__in=before).values_list("state", flat=True)) == {"queued"}
    queues.resume(names[0], ME, reason="seen")
    jobs = system.until_final(*before, *after)
    assert {(job.state, job.attempt) for job in jobs} == {("succeeded", 1)}
    ends = [line[1] for line in system.lines() if line[0] == "end"]
    assert len(ends) == len(set(ends)) == 50


def test_a_running_job_is_cancelled_by_a_signal_over_the_cluster(
    cluster: RedisCluster, broker: Broker, system: System
) -> None:
    system.worker(REDIS_URL=cluster.url, HEARTBEAT_INTERVAL="10m", LEASE_TTL="30m")
    running = services.enqueue("test.work_async", {"seconds": 600.0, "ledger": system.ledger()}).id
    system.until_begun(running)
    steer.cancel([running], ME, "not needed")
    (job,) = system.until_final(running)
    assert job.state == "cancelled"
