from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from jobs.broker import Broker
from tests.jobs import scenes

Post = Callable[..., HttpResponse]
TOKEN = "a-token-of-a-test"


@pytest.fixture
def ada(client: Client, transactional_db: None) -> Any:
    """A user who may submit, signed in."""
    user = scenes.user("ada", "submit_job")
    client.force_login(user)
    return user


@pytest.fixture
def post(client: Client, broker: Broker) -> Post:
    """`POST /api/v1/jobs` with a body."""

    def send(body: Any, **options: Any) -> HttpResponse:
        return client.post("/api/v1/jobs", body, content_type="application/json", **options)  # type: ignore[return-value]

    return send


@pytest.fixture
def token(settings: Settings) -> str:
    """The admin token that is in force."""
    settings.FLOWBIT = replace(settings.FLOWBIT, admin_token=TOKEN)
    return TOKEN
