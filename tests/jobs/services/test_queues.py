from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from jobs.broker import Broker
from jobs.errors import Conflict, Invalid, NotFound
from jobs.models import AuditEntry, Queue
from jobs.services import queues
from jobs.services.audit import Actor
from tests.jobs import scenes

pytestmark = pytest.mark.django_db(transaction=True)
ADA = Actor(5, "ada")


def claims(broker: Broker, queue: str) -> str:
    token = broker.begin_rebuild(queue)
    if token:
        broker.finish_rebuild(queue, token)
    return broker.claim(queue, {"test.anything": 1.0}, most=1, budget=1, seconds=5).status


def test_pause_and_resume_are_felt_where_jobs_are_claimed(broker: Broker) -> None:
    scenes.queued()
    assert claims(broker, "default") == "ok"
    queues.pause("default", ADA, reason="the mail server is down")
    assert claims(broker, "default") == "paused"
    row = Queue.objects.get(name="default")
    assert (row.mode, row.by, row.why, row.until) == ("paused", "ada", "the mail server is down", None)
    queues.resume("default", ADA)
    assert claims(broker, "default") == "ok"
    entries = AuditEntry.objects.order_by("id").values_list("verb", "target", "before", "after", "reason")
    assert list(entries) == [
        ("queue.paused", "queue:default", {"mode": "open"}, {"mode": "paused"}, "the mail server is down"),
        ("queue.resumed", "queue:default", {"mode": "paused"}, {"mode": "open"}, ""),
    ]


def test_a_drained_queue_claims_nothing(broker: Broker) -> None:
    name = scenes.queue("default")
    queues.drain(name, ADA)
    assert claims(broker, name) == "paused"
    with pytest.raises(Conflict):
        queues.drain(name, ADA)


def test_an_open_queue_cannot_be_resumed(broker: Broker) -> None:
    with pytest.raises(Conflict):
        queues.resume(scenes.queue("default"), ADA)


@pytest.mark.parametrize("name", ["nowhere", "No Such", "\0", "x" * 100])
def test_unknown_queues(broker: Broker, name: str) -> None:
    for verb in (queues.pause, queues.resume, queues.drain):
        with pytest.raises(NotFound):
            verb(name, ADA)


def test_a_pause_needs_a_time_that_is_ahead(broker: Broker) -> None:
    name = scenes.queue("default")
    with pytest.raises(Invalid):
        queues.pause(name, ADA, until=datetime.now(UTC) - timedelta(seconds=1))


def test_pauses_whose_time_has_passed_end(broker: Broker) -> None:
    scenes.queue("over")
    scenes.queue("still")
    later = datetime.now(UTC) + timedelta(hours=1)
    queues.pause("over", ADA, until=later)
    queues.pause("still", ADA, until=later)
    with connection.cursor() as cursor:
        cursor.execute("update jobs_queue set until = now() - interval '1 second' where name = 'over'")
    assert queues.resume_due() == ["over"]
    assert queues.resume_due() == []
    assert dict(Queue.objects.values_list("name", "mode")) == {"over": "open", "still": "paused"}
    assert claims(broker, "over") == "ok"
    entry = AuditEntry.objects.latest("id")
    assert (entry.verb, entry.actor, entry.target) == ("queue.resumed", "system", "queue:over")


def test_redis_hears_the_truth_and_not_the_order_of_messages(broker: Broker) -> None:
    scenes.queue("default")
    queues.pause("default", ADA)
    broker.resume("default")  # as a message that came late would
    queues.tell(broker, "default")
    assert claims(broker, "default") == "paused"


def test_a_queue_can_be_made_before_its_first_job(broker: Broker) -> None:
    assert queues.create("critical", ADA, "soon").mode == "open"
    queues.pause("critical", ADA)
    with pytest.raises(Conflict):
        queues.create("critical", ADA)
    with pytest.raises(Invalid):
        queues.create("NO", ADA)
    assert list(Queue.objects.values_list("name", "mode")) == [("critical", "paused")]
    assert list(AuditEntry.objects.order_by("id").values_list("verb", flat=True)) == ["queue.created", "queue.paused"]
