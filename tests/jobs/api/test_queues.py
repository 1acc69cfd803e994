from typing import Any

import pytest
from django.test import Client

from jobs.api.schema import controls
from jobs.models import AuditEntry, Queue
from jobs.scheduler.statistics import Depths
from tests.jobs import scenes
from tests.jobs.api.callers import look, ok, refused, send

pytestmark = pytest.mark.django_db(transaction=True)


def entry() -> tuple[str, str, str, str]:
    found = AuditEntry.objects.latest("id")
    return found.actor, found.verb, found.target, found.reason


def queue(client: Client, name: str = "default") -> Any:
    found = ok(look(client, "queues"), controls.Queues)["results"]
    return next(one for one in found if one["name"] == name)


def test_all_queues_with_what_waits_in_them(viewer: Client, django_assert_num_queries: Any) -> None:
    scenes.queued()
    scenes.queued(delay="1h")
    scenes.queued(queue="critical")
    scenes.running(queue="critical")
    scenes.succeeded()
    Depths().run_once()
    # session, user, permissions (2), waiting, running, queues
    with django_assert_num_queries(7):
        answer = ok(look(viewer, "queues"), controls.Queues)
    assert [one["name"] for one in answer["results"]] == ["critical", "default"]
    critical, default = (one["counts"] for one in answer["results"])
    assert critical == {"blocked": 0, "queued": 1, "retrying": 0, "running": 1, "scheduled": 0}
    assert default == {"blocked": 0, "queued": 1, "retrying": 0, "running": 0, "scheduled": 1}


def test_make_one(operator: Client) -> None:
    made = ok(send(operator, "queues", {"name": "critical", "reason": "soon"}), controls.QueueMode, 201)
    assert (made["name"], made["mode"]) == ("critical", "open")
    assert entry() == ("otto", "queue.created", "queue:critical", "soon")
    assert refused(send(operator, "queues", {"name": "critical"}), 409)["code"] == "conflict"
    assert Queue.objects.count() == 1


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "NO"}, {"name": 5}, {"name": "\0"}, {"name": "a\n"}])
def test_names_have_a_form(operator: Client, body: Any) -> None:
    assert list(refused(send(operator, "queues", body), 400)["details"]) == ["name"]
    assert not Queue.objects.exists()


def test_pause_and_resume(operator: Client) -> None:
    scenes.queued()
    until = "2099-01-01T00:00:00Z"
    paused = ok(send(operator, "queues/default/pause", {"until": until, "reason": "down"}), controls.QueueMode)
    assert paused == {"name": "default", "mode": "paused", "until": until, "by": "otto", "reason": "down"}
    assert entry() == ("otto", "queue.paused", "queue:default", "down")
    assert (queue(operator)["mode"], queue(operator)["until"]) == ("paused", until)
    assert ok(send(operator, "queues/default/resume"), controls.QueueMode)["mode"] == "open"
    assert refused(send(operator, "queues/default/resume"), 409)["details"] == {"mode": ["open"]}


def test_a_pause_without_end(operator: Client) -> None:
    scenes.queue("default")
    assert ok(send(operator, "queues/default/pause"), controls.QueueMode)["until"] is None


def test_a_drained_queue_is_one_without_running_jobs(operator: Client) -> None:
    scenes.queued()
    job_id = scenes.running()
    assert ok(send(operator, "queues/default/drain"), controls.QueueMode)["mode"] == "draining"
    assert queue(operator)["drained"] is False
    scenes.end(job_id, 1, "succeeded", "succeeded", result="1")
    assert queue(operator)["drained"] is True


@pytest.mark.parametrize(
    ("body", "field"),
    [({"until": "soon"}, "until"), ({"until": "2020-01-01T00:00:00Z"}, "until"), ({"by": "me"}, "by")],
)
def test_wrong_pauses(operator: Client, body: Any, field: str) -> None:
    scenes.queue("default")
    assert list(refused(send(operator, "queues/default/pause", body), 400)["details"]) == [field]
    assert Queue.objects.get().mode == "open"


@pytest.mark.parametrize("verb", ["pause", "resume", "drain"])
@pytest.mark.parametrize("name", ["nothing", "NO", "%00", "a" * 100, "%20"])
def test_no_such_queue(operator: Client, verb: str, name: str) -> None:
    refused(send(operator, f"queues/{name}/{verb}"), 404)
