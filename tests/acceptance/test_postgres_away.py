"""PostgreSQL is killed, refuses, or hangs: nothing accepted is lost, and nothing is done twice."""

import pytest

from flowbit.embedded.postgres import Postgres
from jobs import services
from jobs.broker import Broker
from jobs.models import Attempt, Job
from tests.acceptance import own
from tests.acceptance.crowd import Crowd
from tests.acceptance.proxy import Proxy
from tests.acceptance.system import System

pytestmark = pytest.mark.acceptance
CALM = {"LEASE_TTL": "10m", "HEARTBEAT_INTERVAL": "1s"}
"""Leases that no outage of a test outlasts."""
LOST = {"LEASE_TTL": "4s"}
"""Leases that end in an outage, and not before."""
KINDS = ("test.holds", "test.holds_async")


def test_it_is_killed_under_load_and_everything_accepted_runs_once(system: System, own_postgres: Postgres) -> None:
    system.scheduler(**CALM)
    worker = system.worker(**CALM)
    web = system.web()
    gate = system.folder / "gate"
    held = [services.enqueue(kind, {"ledger": system.ledger(), "gate": str(gate)}).id for kind in KINDS]
    for job_id in held:
        system.until_begun(job_id)
    crowd = Crowd(web, {"type": "test.work", "payload": {"ledger": system.ledger()}})
    with crowd.at_work(clients=3):
        system.until(lambda: len(crowd.accepted) >= 20, "20 are accepted")
        own.kill(own_postgres)
        system.until(lambda: len(crowd.refused) >= 6, "6 are refused")
        gate.touch()
        ended = {(str(job_id), 1) for job_id in held}
        system.until(lambda: ended <= set(system.said("end")) and "outcomes wait" in worker.text(), "results wait")
        before = len(crowd.accepted)
        own_postgres.start()
        system.until(lambda: len(crowd.accepted) >= before + 20, "20 more are accepted")
    assert {answer.json()["code"] for answer in crowd.refused} == {"store_unavailable"}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in crowd.refused)
    ids = sorted([str(job_id) for job_id in held] + crowd.accepted)
    system.until(lambda: Job.objects.final().count() == len(ids), "all jobs end")
    assert sorted(str(job_id) for job_id in Job.objects.values_list("id", flat=True)) == ids
    assert set(Job.objects.values_list("state", "attempt", "tries")) == {("succeeded", 1, 1)}
    assert sorted(system.said("begin")) == sorted(system.said("end")) == [(job_id, 1) for job_id in ids]
    assert Attempt.objects.count() == len(ids)


@pytest.mark.parametrize("afterwards", ["answers late", "has forgotten"])
def test_a_worker_that_hears_nothing_of_it_stops_its_handlers_and_another_takes_over(
    system: System, broker: Broker, postgres: Proxy, afterwards: str
) -> None:
    system.scheduler(**LOST)
    cut_off = system.worker(**LOST, **postgres.environment)
    gate = system.folder / "gate"
    held = [services.enqueue(kind, {"ledger": system.ledger(), "gate": str(gate)}).id for kind in KINDS]
    for job_id in held:
        system.until_begun(job_id)
    postgres.hang()
    claimed = services.enqueue("test.work", {"ledger": system.ledger()}).id
    system.until(lambda: broker.claimed("default") == 1, "its main thread waits for the start of one more")
    first = {(str(job_id), 1) for job_id in held}
    system.until(lambda: first == set(system.said("stopped")), f"it stops what it runs, {first}")
    system.worker()
    system.until(lambda: set(system.said("begin")) >= {(str(job_id), 2) for job_id in held}, "the other takes over")
    gate.touch()
    jobs = system.until_final(*held, claimed)
    if afterwards == "has forgotten":
        postgres.cut()
    postgres.restore()
    system.until(lambda: Attempt.objects.filter(fenced=True).count() == 2, "its late results are fenced")
    assert [(job.state, job.attempt, job.tries) for job in jobs] == [("succeeded", 2, 2)] * 2 + [("succeeded", 1, 1)]
    assert system.attempts(held[0]) == system.attempts(held[1]) == [(1, "lease_expired"), (2, "succeeded")]
    assert system.attempts(claimed) == [(1, "succeeded")]
    assert sorted(system.said("end")) == sorted((str(job.id), job.attempt) for job in jobs)
    system.until(lambda: cut_off.text().count(" slots, ") == 2, "a new process takes its place")


def test_when_it_hangs_for_all_jobs_are_released_and_no_living_worker_is_reaped(
    system: System, postgres: Proxy
) -> None:
    scheduler = system.scheduler(**LOST, **postgres.environment)
    system.worker(**LOST, **postgres.environment)
    gate = system.folder / "gate"
    held = [services.enqueue(kind, {"ledger": system.ledger(), "gate": str(gate)}).id for kind in KINDS]
    for job_id in held:
        system.until_begun(job_id)
    postgres.hang()
    first = {(str(job_id), 1) for job_id in held}
    system.until(lambda: first == set(system.said("stopped")), "the worker stops what it runs")
    gate.touch()
    postgres.restore()
    jobs = system.until_final(*held)
    assert [system.attempts(job_id) for job_id in held] == [[(1, "released"), (2, "succeeded")]] * 2
    assert [(job.state, job.attempt, job.tries) for job in jobs] == [("succeeded", 2, 1)] * 2
    assert "is dead" not in scheduler.text()


def test_a_worker_outlives_the_loss_of_both_servers(system: System, broker: Broker, postgres: Proxy) -> None:
    worker = system.worker(**postgres.environment, **CALM)
    gate = system.folder / "gate"
    held = services.enqueue("test.holds", {"ledger": system.ledger(), "gate": str(gate)}).id
    system.until_begun(held)
    postgres.refuse()
    broker.flush()
    system.until(lambda: "not rebuilt" in worker.text(), "the worker finds the queue lost, and no PostgreSQL")
    gate.touch()
    system.until(lambda: "outcomes wait" in worker.text(), "the result waits")
    waiting = services.enqueue("test.work", {"ledger": system.ledger()}).id
    postgres.restore()
    jobs = system.until_final(held, waiting)
    assert [(job.state, job.attempt, job.tries) for job in jobs] == [("succeeded", 1, 1)] * 2
    assert worker.text().count(" slots, ") == 1


def test_a_scheduler_outlives_the_loss_of_both_servers(system: System, postgres: Proxy, redis: Proxy) -> None:
    services.enqueue("test.noop")
    redis.refuse()
    # It looks into PostgreSQL, finds no Redis, and no PostgreSQL any more when it wants to note that.
    fault = postgres.lose("request", b"jobs_duty", times=20)
    scheduler = system.scheduler(**postgres.environment, **redis.environment)
    system.until(lambda: fault.happened, "20 notes are lost")
    redis.restore()
    system.worker()
    job_id = services.enqueue("test.noop", delay=0.1).id
    system.until_final(job_id)
    assert scheduler.popen.poll() is None
