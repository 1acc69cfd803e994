"""How often a request asks PostgreSQL, by whatever way: each time costs as much as the job's row."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs.broker import Broker
from jobs.services import api_keys
from jobs.services.api_keys import Wanted
from jobs.services.audit import Actor
from tests.jobs import scenes
from tests.jobs.api.callers import send

pytestmark = pytest.mark.django_db(transaction=True)
JOB = {"type": "test.noop", "payload": {"n": 1}}


@pytest.fixture
def program(transactional_db: None, broker: Broker) -> Client:
    """Comes by a key, which was used a moment ago; the rows of its queue and tenant are known."""
    user = scenes.user("program", "submit_job", tenants=[""])
    token = api_keys.make(user, Wanted(name="a key", scopes=["jobs:read", "jobs:write"]), Actor.shell(), None).token
    found = Client(headers={"Authorization": f"Bearer {token}"})
    assert send(found, "jobs", JOB).status_code == 201
    return found


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is executed from here on, in capitals or not. The ORM's own count leaves out what the store does."""
    heard: list[str] = []
    execute: Callable[..., Any] = psycopg.Cursor.execute

    def listening(cursor: Any, query: Any, *arguments: Any, **options: Any) -> Any:
        heard.append(" ".join(str(query).lower().split()))
        return execute(cursor, query, *arguments, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", listening)
    return heard


def test_a_submit_asks_for_the_key_the_row_and_the_answer(program: Client, said: list[str]) -> None:
    assert send(program, "jobs", JOB).status_code == 201
    key, row, answer = said
    assert 'from "jobs_apikey"' in key
    assert "insert into jobs_job" in row
    assert "from jobs_job where id" in answer


def test_a_look_asks_for_the_key_the_row_and_the_workers(program: Client, said: list[str]) -> None:
    job_id = send(program, "jobs", JOB).json()["id"]
    said.clear()
    assert program.get(f"/api/v1/jobs/{job_id}").json()["owner"] == "program"
    key, row, workers = said
    assert 'from "jobs_apikey"' in key
    assert "from jobs_job where id" in row
    assert "from jobs_worker" in workers


def test_what_a_key_may_is_asked_anew_each_time(program: Client) -> None:
    user = User.objects.get(username="program")
    user.user_permissions.clear()
    assert send(program, "jobs", JOB).status_code == 403
    user.is_active = False
    user.save()
    assert send(program, "jobs", JOB).status_code == 401
