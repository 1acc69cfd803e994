"""The short routes for callers of the demo, for tenants, and for those who ask too often."""

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from dispatcher.models import Dispatch
from jobs.broker import Broker
from jobs.models import Job
from jobs.rates import Rate
from jobs.services import api_keys
from jobs.services.api_keys import Wanted
from jobs.services.audit import Actor
from tests.jobs import scenes

pytestmark = pytest.mark.django_db(transaction=True)
PROMPT = {"prompt": "say hello to the world"}


@pytest.fixture(autouse=True)
def here(settings: Settings, broker: Broker) -> None:
    settings.FLOWBIT = replace(settings.FLOWBIT, trust_user_header="loopback", demo=True)


def send(path: str, body: Any, method: str = "post", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return getattr(Client(), method)(path, body, content_type="application/json", headers=named)


def test_a_header_names_the_user(transactional_db: None) -> None:
    body = {"categories": ["echo", "email"]}
    assert send("/settings/dispatch-categories", body, "put", X_User_Id="demo").status_code == 200
    answer = send("/jobs", {"job_type": "echo", "parameters": {"message": "hello"}}, X_User_Id="demo")
    assert (answer.status_code, answer.json()["owner"]) == (201, "demo")


@pytest.mark.parametrize("path", ["/dispatch", "/api/dispatch", "/api/v1/dispatch"])
def test_without_a_credential_it_is_the_user_demo(transactional_db: None, path: str) -> None:
    answer = send(path, PROMPT)
    assert (answer.status_code, answer.json()["owner"]) == (201, "demo")
    assert send(path, PROMPT, Origin="https://evil.example.com").status_code == 401


def test_plain_english_is_limited_more_strictly(transactional_db: None, settings: Settings) -> None:
    settings.FLOWBIT = replace(settings.FLOWBIT, dispatch_rate=Rate(2, 3600))
    answers = [send("/dispatch", PROMPT, X_User_Id="grace") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert (answers[0]["X-RateLimit-Limit"], answers[0]["X-RateLimit-Remaining"]) == ("2", "1")
    assert 0 < int(answers[2]["Retry-After"]) <= 3600
    assert Job.objects.count() == 2
    assert send("/dispatch", PROMPT, X_User_Id="hopper").status_code == 201


def test_a_sentence_becomes_a_job_of_ones_own_tenant(client: Client, transactional_db: None) -> None:
    client.force_login(scenes.user("ada", "submit_job", tenants=["tenant-b", "tenant-a"]))
    answer = client.post("/dispatch", PROMPT, content_type="application/json")
    assert (answer.status_code, answer.json()["tenant_id"]) == (201, "tenant-b")
    short = {"job_type": "general", "parameters": {"message": "x"}}
    assert client.post("/jobs", short, content_type="application/json").status_code == 403


def test_a_key_that_only_looks_changes_no_categories(transactional_db: None) -> None:
    ada: User = scenes.user("ada", "submit_job")
    token = api_keys.make(ada, Wanted(name="x", scopes=["jobs:read"]), Actor.shell(), None).token
    body = {"categories": ["email"]}
    assert send("/settings/dispatch-categories", body, "put", X_API_Key=token).status_code == 403
    assert send("/dispatch", PROMPT, X_API_Key=token).status_code == 403


class TestLimitedKeys:
    """A key of a tenant or of queues sees of its user's sentences what became a job there."""

    @pytest.fixture
    def said(self, transactional_db: None) -> dict[str, int]:
        """Tenant -> the id of a dispatch of ada's there."""
        ada = scenes.user("ada", "submit_job", tenants=["", "tenant-a"])
        found = {}
        for tenant in ("", "tenant-a"):
            job = scenes.queued(owner_id=ada.pk, tenant_id=tenant, queue="mail" if tenant else "default")
            found[tenant] = Dispatch.objects.create(user=ada, prompt=f"of {tenant!r}", job_id=job).pk
        found["dry"] = Dispatch.objects.create(user=ada, prompt="only read", dry_run=True).pk
        return found

    def key(self, *scopes: str, **limits: Any) -> str:
        ada = User.objects.get(username="ada")
        return api_keys.make(ada, Wanted(name="program", scopes=scopes, **limits), Actor.system(), None).token

    @pytest.mark.parametrize("limits", [{"tenant_id": "tenant-a"}, {"queues": ["mail"]}], ids=["tenant", "queues"])
    def test_what_became_a_job_elsewhere_is_not_there(self, said: dict[str, int], limits: dict[str, Any]) -> None:
        token = self.key("jobs:read", "jobs:write", **limits)
        listed = Client().get("/dispatch", headers={"X-API-Key": token}).json()["results"]
        assert [one["id"] for one in listed] == [said["tenant-a"]]
        statuses = [Client().get(f"/dispatch/{one}", headers={"X-API-Key": token}).status_code for one in said.values()]
        assert statuses == [404, 200, 404]

    def test_without_such_a_limit_all_are_there(self, said: dict[str, int]) -> None:
        token = self.key("jobs:read", "jobs:write")
        assert len(Client().get("/dispatch", headers={"X-API-Key": token}).json()["results"]) == 3

    def test_a_worker_sees_none(self, said: dict[str, int]) -> None:
        token = self.key("worker")
        assert {
            Client().get(f"/dispatch/{one}", headers={"X-API-Key": token}).status_code for one in said.values()
        } == {404}
