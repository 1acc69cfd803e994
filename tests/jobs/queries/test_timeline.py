import pytest

from jobs import services
from jobs.broker import Broker
from jobs.models import DeadLetter, Job
from jobs.queries.timeline import timeline
from jobs.services import dead_letters, steer
from jobs.services.audit import Actor
from jobs.services.steer import Changes
from tests.jobs import scenes

pytestmark = pytest.mark.django_db(transaction=True)
ADA = Actor(5, "ada")


def kinds(job_id: object, *, payloads: bool = True) -> list[str]:
    return [event.kind for event in timeline(Job.objects.get(pk=job_id), payloads=payloads)]


def test_the_whole_way_of_a_job_that_was_replayed(broker: Broker) -> None:
    ada = scenes.user("ada")
    job_id = scenes.queued(owner_id=ada.pk)
    steer.edit([job_id], ADA, Changes(priority=9))
    number = scenes.begin(job_id)
    scenes.end(job_id, number, "queued", "released", uses_try=False)
    scenes.fail(job_id, scenes.begin(job_id))
    dead_letters.replay([DeadLetter.objects.get().id], ADA)
    scenes.end(job_id, scenes.begin(job_id), "succeeded", "succeeded")
    found = kinds(job_id)
    assert sorted(found) == sorted(
        [
            "job.enqueued",
            "job.priority_changed",
            *["job.started"] * 3,
            "attempt.released",
            "attempt.raised",
            "job.failed",
            "job.replayed",
            "attempt.succeeded",
            "job.succeeded",
        ]
    )
    events = timeline(Job.objects.get(pk=job_id), payloads=True)
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert len({event.id for event in events}) == len(events)
    assert next(event.actor for event in events if event.kind == "job.enqueued") == "ada"


def test_a_running_attempt_and_its_cancel_request(broker: Broker) -> None:
    job_id = scenes.running()
    steer.cancel([job_id], ADA)
    assert kinds(job_id) == ["job.enqueued", "job.started", "job.cancel_requested"]


def test_dependencies_that_were_met(broker: Broker) -> None:
    parent = scenes.queued()
    child = services.enqueue("test.noop", dependencies=[parent]).id
    scenes.end(parent, scenes.begin(parent), "succeeded", "succeeded")
    assert kinds(child) == ["job.enqueued", "job.dependency_met"]


def test_changed_payloads_are_hidden(broker: Broker) -> None:
    job_id = scenes.queued()
    steer.edit([job_id], ADA, Changes(payload={"secret": "hunter2"}))
    job = Job.objects.get(pk=job_id)
    assert "hunter2" in str(timeline(job, payloads=True))
    assert "hunter2" not in str(timeline(job, payloads=False))
