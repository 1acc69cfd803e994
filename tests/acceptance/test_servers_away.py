"""Redis is disposable, and steering is real."""

import pytest

from jobs import services
from jobs.broker import Broker
from jobs.models import Job, Worker
from jobs.services import queues, workers
from jobs.services.audit import Actor
from tests.acceptance.system import System

pytestmark = pytest.mark.acceptance
ME = Actor.shell()


def test_nothing_is_lost_when_redis_forgets_everything(system: System, broker: Broker) -> None:
    system.scheduler()
    system.worker("--queues", "default", "--concurrency", "2")
    running = services.enqueue("test.work", {"seconds": 1.0, "ledger": system.ledger()}).id
    system.until_begun(running)
    ids = [services.enqueue("test.work", {"ledger": system.ledger()}).id for _ in range(200)]
    later = services.enqueue("test.work", {"ledger": system.ledger()}, delay=1).id
    queues.pause("default", ME, reason="look")
    broker.flush()
    kept = services.enqueue("test.work", {"ledger": system.ledger()}).id
    system.until(lambda: broker.is_complete("default"), "the queue is rebuilt")
    (first,) = system.until_final(running)
    assert (first.state, first.attempt) == ("succeeded", 1)
    before = Job.objects.filter(state="succeeded").count()
    assert Job.objects.get(pk=kept).state == "queued"
    assert Job.objects.filter(state="queued").count() >= 1
    queues.resume("default", ME, reason="seen")
    jobs = system.until_final(*ids, later, kept)
    assert before < 203
    assert {(job.state, job.attempt) for job in jobs} == {("succeeded", 1)}
    ends = [line[1] for line in system.lines() if line[0] == "end"]
    assert len(ends) == len(set(ends)) == 203


def test_a_paused_queue_waits_and_a_drained_one_finishes_what_runs(system: System) -> None:
    system.worker("--concurrency", "1")
    running = services.enqueue("test.work", {"seconds": 1.0, "ledger": system.ledger()}).id
    system.until_begun(running)
    queues.drain("default", ME, reason="deploy")
    waiting = services.enqueue("test.work", {"ledger": system.ledger()}).id
    (job,) = system.until_final(running)
    assert job.state == "succeeded"
    assert Job.objects.get(pk=waiting).state == "queued"
    queues.resume("default", ME, reason="")
    system.until_final(waiting)


def test_a_cordoned_worker_takes_nothing_and_a_drained_one_ends(system: System) -> None:
    process = system.worker()
    (worker,) = Worker.objects.all()
    workers.cordon(worker.id, ME, reason="hot")
    system.until(lambda: "cordoned" in process.text(), "the worker has heard it")
    job_id = services.enqueue("test.work", {"ledger": system.ledger()}).id
    system.worker()
    system.until_final(job_id)
    assert Worker.objects.get(pk=worker.id).settled == 0
    workers.drain(worker.id, ME, reason="bye")
    assert process.wait() == 0


def test_an_unknown_type_waits_in_its_lane_until_a_worker_knows_it(system: System) -> None:
    system.worker("--types", "test.noop")
    parked = services.enqueue("test.work", {}).id
    known = services.enqueue("test.noop", {"n": 1}).id
    system.until_final(known)
    job = Job.objects.get(pk=parked)
    assert (job.state, job.attempt) == ("queued", 0)
    system.worker("--types", "test.work")
    system.until_final(parked)
