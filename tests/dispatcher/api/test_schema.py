"""What the OpenAPI document says of plain English, the short jobs and the categories, against real answers."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from drf_spectacular.generators import SchemaGenerator
from pydantic import BaseModel

from dispatcher import categories
from dispatcher.api import shapes
from dispatcher.errors import STATUSES
from dispatcher.models import Dispatch
from jobs import requests
from tests.dispatcher.conftest import Send
from tests.jobs import scenes

MAIL = {"prompt": "send an email to bob@example.com about lunch"}
SHORT = {"job_type": "email", "parameters": {"to": "a@b.co"}, "idempotency_key": "k"}


@pytest.fixture
def told(ada: User, send: Send) -> Callable[..., Any]:
    """`told(shape, status, "GET", "/dispatch")`: a body that has this status and exactly this shape."""
    categories.replace(ada.pk, ["general", "email"])

    def ask(shape: type[BaseModel], status: int, method: str, path: str, body: Any = None) -> Any:
        got, found = send(method, path, body)
        assert got == status, found
        shape.model_validate_json(json.dumps(found))
        return found

    return ask


def test_a_dispatch_has_its_shapes(told: Callable[..., Any]) -> None:
    made = told(shapes.DispatchedJob, 201, "POST", "/dispatch", MAIL)
    told(shapes.Reading, 200, "POST", "/dispatch?dry_run=true", MAIL)
    told(shapes.Dispatch, 200, "GET", f"/dispatch/{made['dispatch']['id']}")
    assert len(told(shapes.Dispatches, 200, "GET", "/dispatch")["results"]) == 2


def test_a_failed_dispatch_has_its_shape(told: Callable[..., Any], send: Send) -> None:
    assert send("POST", "/dispatch", {"prompt": "send an email"})[0] == 422
    found = told(shapes.Dispatch, 200, "GET", f"/dispatch/{Dispatch.objects.get().pk}")
    assert (found["error"], found["payload"], found["job_id"]) == ("unfit_answer", None, None)


def test_a_short_job_has_its_shapes(told: Callable[..., Any], ada: User) -> None:
    made = told(shapes.SubmittedShortJob, 201, "POST", "/jobs", SHORT)
    told(shapes.SubmittedShortJob, 200, "POST", "/jobs", SHORT)
    told(shapes.ShortJob, 200, "GET", f"/jobs/{made['id']}")
    scenes.worker()
    for job_id in (scenes.running(owner_id=ada.pk), scenes.succeeded(owner_id=ada.pk), scenes.failed(owner_id=ada.pk)):
        told(shapes.ShortJob, 200, "GET", f"/jobs/{job_id}")


def test_categories_have_their_shape(told: Callable[..., Any]) -> None:
    told(shapes.Categories, 200, "GET", "/settings/dispatch-categories")
    body = {"categories": ["email", {"label": "news", "type": "email.send"}]}
    told(shapes.Categories, 200, "PUT", "/settings/dispatch-categories", body)


def test_the_documented_fields_of_a_short_job_are_those_that_are_taken() -> None:
    long = requests.NAMES - requests.LATER - {"type", "payload"}
    assert set(shapes.ShortJobBody.model_fields) == long | {"job_type", "parameters"}


@pytest.mark.django_db
def test_every_failure_of_the_dispatcher_is_told() -> None:
    document = json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True)))
    answers = document["paths"]["/api/v1/dispatch"]["post"]["responses"]
    for kind, status in STATUSES.items():
        examples = answers[str(status)]["content"]["application/json"]["examples"].values()
        assert kind.code in [one["value"]["code"] for one in examples], kind


@pytest.mark.parametrize("wrong", ["dry_run=maybe", "dry-run=1", "colour=1"])
def test_what_is_almost_a_dry_run_is_refused(told: Callable[..., Any], send: Send, wrong: str) -> None:
    """It must not become a job."""
    assert send("POST", f"/dispatch?{wrong}", MAIL)[0] == 400
    assert not Dispatch.objects.exists()
