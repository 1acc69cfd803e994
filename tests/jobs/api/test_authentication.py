import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from pytest_django import Settings

from jobs.broker import Broker
from tests.jobs.api.conftest import Post

pytestmark = pytest.mark.django_db(transaction=True)
roles = import_module("jobs.migrations.0002_roles")


@pytest.fixture
def groups(transactional_db: None) -> None:
    """The roles, which an earlier test's end may have swept away with all rows."""
    with connection.schema_editor() as editor:
        roles.create(apps, editor)


@pytest.mark.parametrize("header", ["Bearer {}", "bearer {}", "Bearer   {}"])
def test_the_token_acts_as_an_admin_who_is_not_staff(post: Post, groups: None, token: str, header: str) -> None:
    answer = post({"type": "test.noop"}, headers={"Authorization": header.format(token)})
    assert (answer.status_code, answer.json()["owner"]) == (201, "admin-token")
    user = User.objects.get(username="admin-token")
    assert (user.is_staff, user.is_superuser, user.has_usable_password()) == (False, False, False)
    assert user.has_perm("jobs.replay_job")


def test_its_own_header(post: Post, groups: None, token: str) -> None:
    assert post({"type": "test.noop"}, headers={"X-Admin-Token": token}).status_code == 201
    assert post({"type": "test.noop"}, headers={"X-Admin-Token": token}).status_code == 201
    assert User.objects.count() == 1


def test_first_requests_at_the_same_moment_all_have_the_role(broker: Broker, groups: None, token: str) -> None:
    barrier = threading.Barrier(8)

    def submit() -> int:
        barrier.wait()
        try:
            headers = {"X-Admin-Token": token}
            answer = Client().post("/api/v1/jobs", {"type": "test.noop"}, "application/json", headers=headers)
            return answer.status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert [end.result() for end in [pool.submit(submit) for _ in range(8)]] == [201] * 8


@pytest.mark.parametrize("wrong", ["Bearer x", "Bearer ", "Bearer", "Bearer ü", "Bearer a-token-of-a-test2", "Basic x"])
def test_others_are_refused(post: Post, groups: None, token: str, wrong: str) -> None:
    assert post({"type": "test.noop"}, headers={"Authorization": wrong}).status_code == 401


@pytest.mark.parametrize("header", [{"Authorization": "Bearer "}, {"X-Admin-Token": ""}, {"Authorization": "Bearer x"}])
def test_a_blank_token_matches_nothing(post: Post, groups: None, settings: Settings, header: dict[str, str]) -> None:
    assert settings.FLOWBIT.admin_token == ""
    assert post({"type": "test.noop"}, headers=header).status_code == 401


def test_a_wrong_token_is_not_helped_by_a_session(ada: Any, post: Post, token: str) -> None:
    assert post({"type": "test.noop"}, headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_the_user_can_be_shut_out(post: Post, groups: None, token: str) -> None:
    User.objects.create(username="admin-token", is_active=False)
    assert post({"type": "test.noop"}, headers={"X-Admin-Token": token}).status_code == 401


def test_it_sees_all_jobs(client: Client, broker: Broker, groups: None, token: str, ada: Any, post: Post) -> None:
    job_id = post({"type": "test.noop"}).json()["id"]
    anybody = Client()
    assert anybody.get(f"/api/v1/jobs/{job_id}").status_code == 401
    answer = anybody.get(f"/api/v1/jobs/{job_id}", headers={"X-Admin-Token": token})
    assert (answer.status_code, answer.json()["payload"]) == (200, {})
