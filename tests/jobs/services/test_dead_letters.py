from typing import Any
from uuid import UUID

import pytest

from jobs.broker import Broker
from jobs.errors import Conflict, Invalid, NotFound
from jobs.models import AuditEntry, DeadLetter, Job
from jobs.services import dead_letters, steer
from jobs.services.audit import Actor
from jobs.services.dead_letters import Overrides
from tests.jobs import scenes

pytestmark = pytest.mark.django_db(transaction=True)
ADA = Actor(5, "ada")


def letter(job_id: UUID) -> DeadLetter:
    return DeadLetter.objects.get(job_id=job_id)


def test_a_replay_queues_the_job_and_is_counted(broker: Broker) -> None:
    job_id = scenes.failed()
    key = letter(job_id).id
    assert dead_letters.replay([key], ADA, reason="mended").moved == [key]
    job = Job.objects.get(pk=job_id)
    assert (job.state, job.tries, job.finished_at) == ("queued", 0, None)
    assert letter(job_id).replay_count == 1
    assert letter(job_id).last_replayed_at is not None
    assert broker.lanes("default") == {"test.anything": 1}
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.target, entry.reason) == ("job.replayed", f"job:{job_id}", "mended")
    assert entry.after == {"state": "queued", "replay": 1}


def test_a_letter_whose_job_moved_on_is_refused(broker: Broker) -> None:
    job_id = scenes.failed()
    key = letter(job_id).id
    steer.retry([job_id], ADA)
    with pytest.raises(Conflict):
        dead_letters.replay([key], ADA).only()
    assert letter(job_id).replay_count == 0


def test_a_second_failure_keeps_the_letter_and_its_count(broker: Broker) -> None:
    job_id = scenes.failed()
    key = letter(job_id).id
    dead_letters.replay([key], ADA)
    scenes.fail(job_id, scenes.begin(job_id), "again")
    found = letter(job_id)
    assert (found.id, found.replay_count, found.error_message) == (key, 1, "again")
    assert dead_letters.replay([key], ADA).moved == [key]


def test_overrides_change_the_job(broker: Broker) -> None:
    job_id = scenes.failed("test.anything", {"old": True})
    key = letter(job_id).id
    overrides = Overrides(queue="elsewhere", priority=8, type="test.noop", payload={"n": 3})
    dead_letters.replay([key], ADA, overrides)
    job = Job.objects.get(pk=job_id)
    assert (job.queue, job.priority, job.type, job.payload) == ("elsewhere", 8, "test.noop", {"n": 3})
    assert broker.lanes("elsewhere") == {"test.noop": 1}
    before = AuditEntry.objects.get().before
    assert before == {
        "state": "failed",
        "queue": "default",
        "priority": 5,
        "type": "test.anything",
        "payload": {"old": True},
    }


def test_an_override_of_the_type_must_fit_the_payload_that_is_there(broker: Broker) -> None:
    fits, does_not = scenes.failed("test.anything", {"n": 1}), scenes.failed("test.anything", {"n": "x"})
    keys = [letter(fits).id, letter(does_not).id]
    result = dead_letters.replay(keys, ADA, Overrides(type="test.noop"))
    assert result.moved == keys[:1]
    assert isinstance(result.refused[keys[1]], Invalid)
    assert Job.objects.get(pk=does_not).state == "failed"


@pytest.mark.parametrize(
    ("overrides", "field"),
    [
        (Overrides(queue="NO"), "queue"),
        (Overrides(priority=-1), "priority"),
        (Overrides(type="no.such"), "type"),
    ],
)
def test_wrong_overrides_are_named(broker: Broker, overrides: Overrides, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        dead_letters.replay([letter(scenes.failed()).id], ADA, overrides)
    assert field in refusal.value.details


def test_deleting_leaves_the_job_failed(broker: Broker) -> None:
    job_id = scenes.failed()
    key = letter(job_id).id
    assert dead_letters.delete([key, 999_999], ADA).moved == [key]
    assert Job.objects.get(pk=job_id).state == "failed"
    assert not DeadLetter.objects.exists()
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.target) == ("job.dead_letter_deleted", f"job:{job_id}")


def test_unknown_letters(broker: Broker) -> None:
    with pytest.raises(NotFound):
        dead_letters.replay([1], ADA).only()
    with pytest.raises(NotFound):
        dead_letters.delete([1], ADA).only()


def test_a_rate_spreads_them_in_the_order_asked(broker: Broker) -> None:
    jobs = [scenes.failed() for _ in range(3)]
    broker.flush()
    keys = [letter(job_id).id for job_id in reversed(jobs)]
    assert dead_letters.replay(keys, ADA, rate=2).moved == keys
    assert [Job.objects.get(pk=job_id).state for job_id in jobs] == ["scheduled", "scheduled", "queued"]
    times = [Job.objects.get(pk=job_id).run_at.timestamp() for job_id in jobs]
    assert [round(time - times[2], 1) for time in times] == [1.0, 0.5, 0.0]
    assert broker.lanes("default") == {"test.anything": 1}
    states = AuditEntry.objects.order_by("id").values_list("after__state", flat=True)
    assert sorted(states) == ["queued", "scheduled", "scheduled"]


@pytest.mark.parametrize("rate", [0, -1, 0.0001, 10_001, float("nan"), "fast", True])
def test_a_rate_has_bounds(broker: Broker, rate: Any) -> None:
    key = letter(scenes.failed()).id
    with pytest.raises(Invalid) as refusal:
        dead_letters.replay([key], ADA, rate=rate)
    assert list(refusal.value.details) == ["rate"]
    assert Job.objects.get().state == "failed"
