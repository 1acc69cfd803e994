"""Redis is away for a while, or comes back empty: no job is lost, none runs twice, and nobody is reaped for it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from pytest_django import Settings

from flowbit.embedded import addresses
from flowbit.embedded.redis import Redis
from jobs import services
from jobs.broker import Broker
from jobs.broker import broker as hot_path
from jobs.conf import options
from jobs.models import Job, Worker
from jobs.services import queues
from jobs.services.audit import Actor
from tests.acceptance import own
from tests.acceptance.proxy import Proxy
from tests.acceptance.system import System

pytestmark = pytest.mark.acceptance
ME = Actor.shell()
LEASE = {"LEASE_TTL": "5s"}
TWO_LEASES = timedelta(seconds=10)


@pytest.fixture
def _forgetful() -> Iterator[None]:
    """Afterwards this process does not remember that it found no Redis."""
    yield
    hot_path._shared_breaker.cache_clear()
    hot_path._submit_broker.cache_clear()


@pytest.fixture
def own_redis(settings: Settings, _forgetful: None) -> Iterator[Redis]:
    """A Redis that may be killed; this process submits by no other."""
    with own.folder() as folder:
        server = Redis(folder)
        server.start()
        settings.FLOWBIT = replace(settings.FLOWBIT, redis_url=addresses.redis_url(folder))
        yield server
        server.stop()


def _work(system: System, queue: str = "default", delay: float | None = None) -> UUID:
    return services.enqueue("test.work", {"ledger": system.ledger()}, queue=queue, delay=delay).id


def _hold(system: System) -> UUID:
    """A job that runs until the file `gate` is there."""
    payload = {"ledger": system.ledger(), "gate": str(system.folder / "gate")}
    job_id = services.enqueue("test.holds", payload).id
    system.until_begun(job_id)
    return job_id


@pytest.mark.usefixtures("_forgetful")
def test_while_it_is_down_submits_succeed_and_workers_wait_and_say_so(
    system: System, redis: Proxy, settings: Settings
) -> None:
    settings.FLOWBIT = replace(settings.FLOWBIT, redis_url=redis.environment["REDIS_URL"])
    scheduler = system.scheduler(**LEASE, **redis.environment)
    worker = system.worker(**LEASE, **redis.environment)
    web = system.web(**redis.environment)
    ids = [_hold(system)]
    assert web.get("/health").json()["status"] == "ok"
    redis.refuse()
    ids.append(_work(system, delay=1))
    answer = web.post("/api/v1/jobs", json={"type": "test.work", "payload": {"ledger": system.ledger()}})
    assert answer.status_code == 201
    ids += [UUID(answer.json()["id"]), *[_work(system) for _ in range(20)]]
    health = web.get("/health")
    assert (health.status_code, health.json()["status"]) == (200, "degraded")
    system.until(lambda: "waiting for Redis" in worker.text(), "the worker says that it waits")
    (row,) = Worker.objects.all()
    later = row.lease_until + TWO_LEASES
    system.until(lambda: Worker.objects.filter(lease_until__gt=later).exists(), "its lease is renewed for some time")
    system.until_state(ids[1], "queued")
    assert Job.objects.filter(state="queued").count() == 22
    redis.restore()
    (system.folder / "gate").touch()
    jobs = system.until_final(*ids)
    assert {(job.state, job.attempt, job.tries) for job in jobs} == {("succeeded", 1, 1)}
    assert sorted(system.said("begin")) == sorted((str(job_id), 1) for job_id in ids)
    system.until(lambda: "Redis is back" in worker.text(), "the worker says that it is back")
    assert worker.text().count("waiting for Redis") == 1
    assert "is dead" not in scheduler.text()
    system.until(lambda: web.get("/health").json()["status"] == "ok", "the web process finds Redis again")


@pytest.mark.usefixtures("_forgetful")
def test_a_queue_that_is_resumed_meanwhile_is_open_when_it_is_back(
    system: System, redis: Proxy, settings: Settings
) -> None:
    settings.FLOWBIT = replace(settings.FLOWBIT, redis_url=redis.environment["REDIS_URL"])
    job_id = _work(system)
    queues.pause("default", ME, reason="look")
    redis.refuse()
    queues.resume("default", ME, reason="seen")
    redis.restore()
    system.scheduler()
    system.worker()
    (job,) = system.until_final(job_id)
    assert (job.state, job.attempt) == ("succeeded", 1)


def test_it_is_killed_and_comes_back_empty(system: System, own_redis: Redis) -> None:
    url = {"REDIS_URL": options().redis_url}
    scheduler = system.scheduler(**url)
    worker = system.worker("--concurrency", "2", **url)
    running = [_hold(system), _hold(system)]
    queued = [_work(system) for _ in range(50)]
    scheduled = [_work(system, delay=1), _work(system, delay=3)]
    paused = [_work(system, "night") for _ in range(5)]
    queues.pause("night", ME, reason="later")
    own.kill(own_redis)
    queued += [_work(system) for _ in range(5)]
    paused += [_work(system, "night")]
    own_redis.start()
    (system.folder / "gate").touch()
    open_ = running + queued + scheduled
    jobs = system.until_final(*open_)
    broker = Broker(url["REDIS_URL"], options().key_prefix, timeout=5.0)
    system.until(lambda: broker.is_complete("night"), "the paused queue is rebuilt")
    assert broker.claim("night", {"test.work": 1.0}, most=1, budget=1, seconds=5).status == "paused"
    assert set(Job.objects.filter(queue="night").values_list("state", "attempt")) == {("queued", 0)}
    queues.resume("night", ME, reason="")
    jobs += system.until_final(*paused)
    assert {(job.state, job.attempt, job.tries) for job in jobs} == {("succeeded", 1, 1)}
    assert sorted(system.said("begin")) == sorted((str(job_id), 1) for job_id in open_ + paused)
    assert "is dead" not in scheduler.text()
    assert worker.text().count(" slots, ") == 1
