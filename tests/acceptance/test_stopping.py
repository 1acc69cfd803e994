"""Cancelling, time-outs, shutting down: what must stop stops, and nobody else pays for it."""

import os
import signal

import psutil
import pytest

from jobs import services
from jobs.models import Attempt, Job, Worker
from jobs.services import steer
from jobs.services.audit import Actor
from tests.acceptance.proxy import Proxy
from tests.acceptance.system import SHORT_GRACE, SHORT_LEASE, System

pytestmark = pytest.mark.acceptance
ME = Actor.shell()


KINDS = ("test.work", "test.work_async")


def test_running_jobs_are_cancelled_but_for_a_success_that_came_first(system: System) -> None:
    worker = system.worker()
    payload = {"seconds": 600, "ledger": system.ledger()}
    ids = {kind: services.enqueue(kind, payload).id for kind in KINDS}
    ids["test.polite"] = services.enqueue("test.polite", {"ledger": system.ledger()}).id
    (pid,) = {system.until_begun(job_id) for job_id in ids.values()}
    steer.cancel(list(ids.values()), ME, "not needed")
    jobs = dict(zip(ids, system.until_final(*ids.values()), strict=True))
    reason = "cancelled by shell: not needed"
    assert {kind: (job.state, system.attempts(job.id)) for kind, job in jobs.items()} == {
        "test.work": ("cancelled", [(1, "cancelled")]),
        "test.work_async": ("cancelled", [(1, "cancelled")]),
        "test.polite": ("succeeded", [(1, "succeeded")]),
    }
    assert [jobs[kind].reason for kind in KINDS] == [reason] * 2
    following = [services.enqueue(kind, {"ledger": system.ledger()}).id for kind in KINDS]
    system.until_final(*following)
    assert {system.until_begun(job_id) for job_id in following} == {pid}
    assert worker.popen.poll() is None


def test_a_job_that_takes_too_long_is_stopped_and_tried_again(system: System) -> None:
    system.scheduler()
    system.worker()
    ids = {kind: services.enqueue(kind, {"seconds": 600}, timeout=0.3, max_attempts=2).id for kind in KINDS}
    jobs = dict(zip(ids, system.until_final(*ids.values()), strict=True))
    assert {
        kind: (job.state, job.tries, job.last_error, system.attempts(job.id)) for kind, job in jobs.items()
    } == dict.fromkeys(KINDS, ("failed", 2, "ran longer than 0.3 s", [(1, "timed_out"), (2, "timed_out")]))


def test_one_that_will_not_stop_is_ended_with_its_process_and_its_neighbour_released(system: System) -> None:
    system.scheduler()
    system.worker(**SHORT_GRACE)
    gate = system.folder / "gate"
    neighbour = services.enqueue("test.holds", {"ledger": system.ledger(), "gate": str(gate)}).id
    pids = [system.until_begun(neighbour)]
    ids = {}
    for number, kind in enumerate(("test.stubborn", "test.stubborn_async"), 1):
        ids[kind] = services.enqueue(kind, {"ledger": system.ledger()}, timeout=0.5, max_attempts=1).id
        system.until_begun(ids[kind])
        begins = (str(neighbour), number + 1)
        system.until(lambda begins=begins: begins in system.said("begin"), f"after {kind} the neighbour begins anew")
        pids.append(system.until_begun(neighbour))
    gate.touch()
    *ended, finished = system.until_final(*ids.values(), neighbour)
    assert {job.type: (job.state, system.attempts(job.id)) for job in ended} == dict.fromkeys(
        ids, ("failed", [(1, "timed_out")])
    )
    assert (finished.state, finished.tries) == ("succeeded", 1)
    assert system.attempts(neighbour) == [(1, "released"), (2, "released"), (3, "succeeded")]
    assert len(set(pids)) == 3
    for job_id in ids.values():
        assert ["refused", str(job_id), "1"] in system.lines()


def test_an_unwilling_job_is_cancelled_all_the_same(system: System) -> None:
    system.worker(**SHORT_GRACE)
    job_id = services.enqueue("test.stubborn", {"ledger": system.ledger()}).id
    system.until_begun(job_id)
    steer.cancel([job_id], ME, "stop it")
    (job,) = system.until_final(job_id)
    assert (job.state, job.reason) == ("cancelled", "cancelled by shell: stop it")


def test_sigterm_lets_running_jobs_finish_and_takes_nothing_new(system: System) -> None:
    worker = system.worker("--concurrency", "2")
    gate = system.folder / "gate"
    payload = {"ledger": system.ledger(), "gate": str(gate)}
    running = [services.enqueue("test.holds", payload).id for _ in range(2)]
    waiting = [services.enqueue("test.holds", payload).id for _ in range(3)]
    for job_id in running:
        system.until_begun(job_id)
    worker.signal(signal.SIGTERM)
    system.until(lambda: "ends: SIGTERM" in worker.text(), "the worker has heard it")
    gate.touch()
    assert worker.wait() == 0
    assert [Job.objects.get(pk=job_id).state for job_id in running] == ["succeeded"] * 2
    assert {Job.objects.get(pk=job_id).state for job_id in waiting} == {"queued"}
    assert Worker.objects.filter(stopped_at__isnull=True).count() == 0


def test_a_thread_that_a_handler_left_keeps_no_worker_from_ending(system: System) -> None:
    worker = system.worker("--processes", "2")
    job_id = services.enqueue("test.works_on", {"seconds": 600}).id
    system.until_state(job_id, "running")
    steer.cancel([job_id], ME, "not needed")
    system.until_state(job_id, "cancelled")
    worker.signal(signal.SIGTERM)
    assert worker.wait() == 0
    assert "hangs" not in worker.text() and "died" not in worker.text()


def test_what_does_not_finish_within_the_grace_is_released_without_using_a_try(system: System) -> None:
    worker = system.worker("--grace", "300ms")
    ids = [services.enqueue(kind, {"seconds": 600, "ledger": system.ledger()}).id for kind in KINDS]
    for job_id in ids:
        system.until_begun(job_id)
    worker.signal(signal.SIGTERM)
    assert worker.wait() == 0
    for job_id in ids:
        job = Job.objects.get(pk=job_id)
        assert (job.state, job.attempt, job.tries) == ("queued", 1, 0)
        assert system.attempts(job_id) == [(1, "released")]


def test_children_end_when_their_supervisor_is_killed(system: System) -> None:
    worker = system.worker("--grace", "1s")
    job_id = services.enqueue("test.work", {"seconds": 0.2, "ledger": system.ledger()}).id
    pid = system.until_begun(job_id)
    worker.signal(signal.SIGKILL)
    system.until_final(job_id)
    _until_gone(system, pid)
    assert Worker.objects.filter(stopped_at__isnull=True).count() == 0


@pytest.mark.parametrize("how", ["refuses", "hangs"])
def test_an_orphan_whose_servers_are_gone_ends_all_the_same_and_its_job_is_handed_on(
    system: System, postgres: Proxy, redis: Proxy, how: str
) -> None:
    away = {**postgres.environment, **redis.environment}
    worker = system.worker("--grace", "1s", ORPHAN_PATIENCE="3s", **SHORT_LEASE, **away)
    gate = system.folder / "gate"
    job_id = services.enqueue("test.holds", {"ledger": system.ledger(), "gate": str(gate)}).id
    pid = system.until_begun(job_id)
    redis.refuse()
    postgres.refuse() if how == "refuses" else postgres.hang()
    system.until(lambda: system.said("stopped") == [(str(job_id), 1)], "its lease is lost, and it stops what it runs")
    worker.signal(signal.SIGKILL)
    _until_gone(system, pid)
    gate.touch()
    system.scheduler(**SHORT_LEASE)
    system.worker()
    (job,) = system.until_final(job_id)
    assert (job.state, system.attempts(job_id)) == ("succeeded", [(1, "lease_expired"), (2, "succeeded")])


def test_a_killed_child_is_replaced_and_who_kills_every_one_is_dead_lettered(system: System) -> None:
    system.scheduler(**SHORT_LEASE)
    system.worker(**SHORT_LEASE)
    job_id = services.enqueue("test.die", {"times": 1}).id
    bystander = services.enqueue("test.work", {"seconds": 0.05}).id
    job, other = system.until_final(job_id, bystander)
    assert (job.state, job.tries, job.result) == ("succeeded", 2, 2)
    assert system.attempts(job_id) == [(1, "lease_expired"), (2, "succeeded")]
    assert other.state == "succeeded"
    job_id = services.enqueue("test.die", {"times": 99}, max_attempts=2).id
    (job,) = system.until_final(job_id)
    assert (job.state, system.attempts(job_id)) == ("failed", [(1, "lease_expired"), (2, "lease_expired")])
    assert Attempt.objects.get(job_id=job_id, number=2).error_type == "LeaseExpired"


def test_a_frozen_worker_loses_its_jobs_and_its_late_result_is_fenced(system: System) -> None:
    system.scheduler(**SHORT_LEASE)
    frozen = system.worker("--concurrency", "1", **SHORT_LEASE)
    gate = system.folder / "gate"
    job_id = services.enqueue("test.holds", {"ledger": system.ledger(), "gate": str(gate)}).id
    pid = system.until_begun(job_id)
    os.kill(pid, signal.SIGSTOP)
    frozen.signal(signal.SIGSTOP)
    system.worker()
    system.until(lambda: (str(job_id), 2) in system.said("begin"), "another takes over")
    gate.touch()
    (job,) = system.until_final(job_id)
    assert (job.state, job.result) == ("succeeded", {"attempt": 2})
    os.kill(pid, signal.SIGCONT)
    frozen.signal(signal.SIGCONT)
    system.until(
        lambda: Attempt.objects.filter(job_id=job_id, number=1, fenced=True).exists(),
        "the late result is fenced",
    )
    assert system.attempts(job_id) == [(1, "lease_expired"), (2, "succeeded")]
    assert Job.objects.get(pk=job_id).result == {"attempt": 2}


def _until_gone(system: System, pid: int) -> None:
    """Wait for the end of a process that nobody looks after."""
    try:
        system.until(lambda: not _alive(pid), f"process {pid} is gone")
    except AssertionError:
        os.kill(pid, signal.SIGKILL)
        raise


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
