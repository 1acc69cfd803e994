"""Two schedulers, and the one that leads is frozen and comes back, or killed: duties go on, and nothing is doubled."""

import signal
from uuid import UUID

import pytest

from jobs import services
from jobs.models import DeadLetter, Duty, Job, SchedulerLease
from tests.acceptance.system import SHORT_LEASE, Process, System

pytestmark = pytest.mark.acceptance


def test_the_standby_goes_on_with_every_duty(system: System) -> None:
    first = system.scheduler(**SHORT_LEASE)
    first_id = _leader(system, other_than="")
    second = system.scheduler(**SHORT_LEASE)
    system.until(lambda: "stands by" in second.text(), "another stands by")
    system.worker("--types", "test.work,test.fails")
    # It dies in mid-job, and must not take the others' jobs along.
    system.worker("--types", "test.die", **SHORT_LEASE)
    delayed = _every_duty_goes_on(system, first, signal.SIGSTOP)
    second_id = _leader(system, other_than=first_id)
    system.until(lambda: "leads no more" in first.text(), "the frozen one hears that it leads no more")
    delayed += _every_duty_goes_on(system, second, signal.SIGKILL)
    assert _leader(system, other_than=second_id) == first_id
    assert sorted(system.said("begin")) == sorted((str(job_id), 1) for job_id in delayed)
    assert DeadLetter.objects.count() == 2


def _every_duty_goes_on(system: System, leader: Process, how: signal.Signals) -> list[UUID]:
    """There is something to do for each duty, before the leader is lost `how` and after; the jobs of `test.work`."""
    lost = _leader(system, other_than="")
    delayed = [services.enqueue("test.work", {"ledger": system.ledger()}, delay=n / 10).id for n in range(10)]
    retrying = [services.enqueue("test.fails", {"times": 2}).id for _ in range(3)]
    failing = services.enqueue("test.fails", max_attempts=2).id
    dying = services.enqueue("test.die", {"times": 1}).id
    expiring = [services.enqueue("test.noop", delay=3600, expires_in=seconds).id for seconds in (0.5, 2)]
    leader.signal(how)
    follower = _leader(system, other_than=lost)
    system.until(lambda: not Duty.objects.exclude(holder=follower).exists(), "it does every duty")
    leader.signal(signal.SIGCONT)
    delayed += [services.enqueue("test.work", {"ledger": system.ledger()}, delay=n / 10).id for n in range(10)]
    system.until_final(*delayed, *retrying, failing, dying, *expiring)
    for ids, state, attempts in [
        (delayed, "succeeded", ["succeeded"]),
        (retrying, "succeeded", ["raised", "raised", "succeeded"]),
        ([failing], "failed", ["raised", "raised"]),
        ([dying], "succeeded", ["lease_expired", "succeeded"]),
        (expiring, "cancelled", []),
    ]:
        assert set(Job.objects.filter(id__in=ids).values_list("state", flat=True)) == {state}
        assert [system.attempts(job_id) for job_id in ids] == [list(enumerate(attempts, 1))] * len(ids)
    return delayed


def _leader(system: System, other_than: str) -> str:
    """Wait until another scheduler leads; its id."""
    found = SchedulerLease.objects.exclude(holder=other_than)
    return system.until(found.first, f"another than {other_than!r} leads").holder
