from typing import Any

import pytest
from django.test import Client

from jobs.api.schema import controls
from jobs.models import AuditEntry, Worker
from jobs.store import workers
from jobs.store.workers import Vitals
from tests.jobs import scenes
from tests.jobs.api.callers import look, ok, refused, send

pytestmark = pytest.mark.django_db(transaction=True)


def test_workers_with_their_vitals(viewer: Client, django_assert_num_queries: Any) -> None:
    scenes.worker("dead", lease=-1)
    scenes.worker("w-1")
    workers.renew("w-1", 60, Vitals(busy=3, memory=1024, settled=7, fenced=1))
    scenes.worker("ended")
    workers.stop("ended")
    # session, user, permissions (2), workers
    with django_assert_num_queries(5):
        found = ok(look(viewer, "workers"), controls.Workers)["results"]
    assert [(one["id"], one["alive"]) for one in found] == [("w-1", True), ("dead", False)]
    assert (found[0]["saturation"], found[0]["settled"], found[0]["version"]) == (0.75, 7, "1")
    assert 0 <= found[0]["heartbeat_age_seconds"] < 60
    everybody = ok(look(viewer, "workers", all="true"), controls.Workers)["results"]
    assert {one["id"] for one in everybody} == {"w-1", "dead", "ended"}


@pytest.mark.parametrize(("verb", "mode"), [("cordon", "cordoned"), ("drain", "draining")])
def test_steering_one(operator: Client, verb: str, mode: str) -> None:
    scenes.worker()
    worker = ok(send(operator, f"workers/w-1/{verb}", {"reason": "the machine is moved"}), controls.Worker)
    assert (worker["id"], worker["mode"]) == ("w-1", mode)
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.target, entry.reason) == ("otto", "worker:w-1", "the machine is moved")
    assert refused(send(operator, f"workers/w-1/{verb}"), 409)["details"] == {"mode": [mode]}
    assert ok(send(operator, "workers/w-1/resume"), controls.Worker)["mode"] == "active"


def test_one_that_has_ended(operator: Client) -> None:
    scenes.worker(lease=-1)
    assert refused(send(operator, "workers/w-1/cordon"), 409)["details"] == {"mode": ["ended"]}
    assert Worker.objects.get().mode == "active"


@pytest.mark.parametrize("verb", ["cordon", "resume", "drain"])
@pytest.mark.parametrize("name", ["nothing", "%00", "a" * 1000, "%ED%A0%80"])
def test_no_such_worker(operator: Client, verb: str, name: str) -> None:
    refused(send(operator, f"workers/{name}/{verb}"), 404)


def test_wrong_bodies(operator: Client) -> None:
    scenes.worker()
    assert list(refused(send(operator, "workers/w-1/cordon", {"until": 5}), 400)["details"]) == ["until"]
    assert Worker.objects.get().mode == "active"
