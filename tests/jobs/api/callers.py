"""Who calls, and how answers are held against the shapes of the OpenAPI document."""

import json
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from pydantic import BaseModel

from tests.jobs import scenes

VIEW = ["view_job", "view_deadletter", "view_queue", "view_worker"]
OPERATE = [
    "view_payload",
    "submit_job",
    "cancel_job",
    "retry_job",
    "replay_job",
    "edit_queued_job",
    "delete_deadletter",
    "operate_queue",
    "operate_worker",
]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def somebody(*permissions: str) -> Client:
    """Signed in, with these permissions of the app `jobs` only."""
    return signed_in(scenes.user(f"somebody{User.objects.count()}", *permissions))


def send(client: Client, path: str, body: Any = None, method: str = "post") -> Any:
    """A request with a JSON body below `/api/v1/`; without one when it is None."""
    text = "" if body is None else json.dumps(body)
    return getattr(client, method)(f"/api/v1/{path}", text, content_type="application/json")


def look(client: Client, path: str, **parameters: Any) -> Any:
    return client.get(f"/api/v1/{path}", parameters)


def ok(answer: Any, shape: type[BaseModel], status: int = 200) -> Any:
    """The body of an answer that has this status and exactly the documented shape."""
    assert answer.status_code == status, answer.content
    shape.model_validate_json(answer.content)
    return answer.json()


def refused(answer: Any, status: int) -> Any:
    """The body of a refusal."""
    assert answer.status_code == status, answer.content
    body = answer.json()
    assert sorted(body) == ["code", "details", "error"]
    return body
