from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from jobs.broker import Broker
from tests.jobs import scenes
from tests.jobs.api import callers

Post = Callable[..., HttpResponse]
TOKEN = "a-token-of-a-test"


@pytest.fixture
def ada(client: Client, transactional_db: None) -> Any:
    """A user who may submit, for a tenant and for none, signed in."""
    user = scenes.user("ada", "submit_job", tenants=["", "tenant-a"])
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


@pytest.fixture
def viewer(transactional_db: None, broker: Broker) -> Client:
    """Signed in, may look at all rows, but neither at payloads nor do anything."""
    return callers.signed_in(scenes.user("vera", *callers.VIEW))


@pytest.fixture
def operator(transactional_db: None, broker: Broker) -> Client:
    """Signed in with every right of an operator."""
    return callers.signed_in(scenes.user("otto", *callers.VIEW, *callers.OPERATE))


@pytest.fixture
def eve(transactional_db: None, broker: Broker) -> Client:
    """Signed in, with the verbs' permissions, but without the one to see jobs of others."""
    return callers.signed_in(scenes.user("eve", *callers.OPERATE))
