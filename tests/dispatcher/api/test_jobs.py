"""The short form of jobs."""

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dispatcher import categories
from jobs.models import Job
from tests.dispatcher.conftest import Send
from tests.jobs import scenes


@pytest.fixture
def labels(ada: User) -> None:
    categories.replace(ada.pk, ["general", "Email", {"label": "broken", "type": "fail"}])


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_a_label_and_parameters_make_a_job(labels: None, send: Send, prefix: str) -> None:
    asked = {"job_type": " eMAIL ", "parameters": {"to": "a@b.co"}, "priority": 8}
    status, body = send("POST", f"{prefix}/jobs", asked)
    assert (status, body["type"], body["priority"]) == (201, "email.send", 8)
    short = {name: body[name] for name in ("job_type", "parameters", "status", "attempts", "last_error")}
    assert short == {
        "job_type": "Email",
        "parameters": {"recipient": "a@b.co"},
        "status": "pending",
        "attempts": 0,
        "last_error": None,
    }
    again = send("GET", f"{prefix}/jobs/{body['id']}")
    assert again[0] == 200 and again[1] | {"warnings": []} == body | {"warnings": []}


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"job_type": "webhook"},
        {"job_type": 3},
        {"job_type": "email", "parameters": []},
        {"job_type": "email", "parameters": {}},
        {"job_type": "general", "type": "fail"},
        {"job_type": "general", "parameters": {}, "colour": 1},
    ],
)
def test_what_is_wrong_is_refused(labels: None, send: Send, body: Any) -> None:
    assert send("POST", "/jobs", body)[0] == 400
    assert not Job.objects.exists()


def test_a_key_makes_a_repeat_harmless(labels: None, send: Send) -> None:
    asked = {"jobType": "general", "parameters": {"a": 1}, "idempotencyKey": "k"}
    first, second = send("POST", "/jobs", asked), send("POST", "/jobs", asked)
    assert (first[0], second[0], second[1]["duplicate_suppressed"]) == (201, 200, True)


def test_states_have_short_names(ada: User, send: Send) -> None:
    scenes.worker()
    made = {
        "pending": scenes.queued(owner_id=ada.pk, delay="1h"),
        "running": scenes.running(owner_id=ada.pk),
        "succeeded": scenes.succeeded(owner_id=ada.pk),
        "failed": scenes.failed(owner_id=ada.pk),
    }
    for status, job_id in made.items():
        assert send("GET", f"/jobs/{job_id}")[1]["status"] == status
    assert send("GET", f"/jobs/{made['failed']}")[1]["last_error"]


def test_somebody_elses_job_is_not_there(labels: None, send: Send, bob: User, client: Client) -> None:
    _, body = send("POST", "/jobs", {"job_type": "general"})
    client.force_login(bob)
    assert send("GET", f"/jobs/{body['id']}")[0] == 404
    assert send("GET", f"/jobs/{uuid.uuid4()}")[0] == send("GET", "/jobs/7")[0] == 404


def test_a_label_gives_no_permission(ada: User, send: Send) -> None:
    categories.replace(ada.pk, ["generic"])
    assert send("POST", "/jobs", {"job_type": "generic", "parameters": {"command": "echo"}})[0] == 403
