import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from jobs.broker import Broker
from tests.jobs import scenes

Send = Callable[..., Any]


@pytest.fixture
def ada(client: Client, transactional_db: None) -> User:
    """A user who may submit, signed in."""
    user = scenes.user("ada", "submit_job")
    client.force_login(user)
    return user


@pytest.fixture
def bob(transactional_db: None) -> User:
    return scenes.user("bob", "submit_job")


@pytest.fixture
def send(client: Client, broker: Broker) -> Send:
    """`send("POST", "/dispatch", {...})`: the status and the JSON that comes back."""

    def ask(method: str, path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        content = "" if body is None else json.dumps(body)
        reply: HttpResponse = client.generic(method, path, content, "application/json", **options)  # type: ignore[assignment]
        return reply.status_code, json.loads(reply.content)

    return ask


@pytest.fixture
def configure(settings: Settings) -> Callable[..., None]:
    """`configure(provider="none")`: other options of the dispatcher for this test."""

    def change(**options: Any) -> None:
        settings.DISPATCHER = replace(settings.DISPATCHER, **options)

    return change
