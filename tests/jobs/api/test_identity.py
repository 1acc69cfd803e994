"""Every credential over HTTP, and what an attacker tries with it."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from jobs.broker import Broker
from jobs.models import AuditEntry, DeadLetter, Job, Profile
from jobs.rates import Rate
from jobs.services import api_keys, known_keys
from jobs.services.api_keys import Wanted
from jobs.services.audit import Actor
from tests.jobs import scenes

pytestmark = pytest.mark.django_db(transaction=True)
JOB = {"type": "test.noop"}
Send = Callable[..., Any]


@pytest.fixture
def send(broker: Broker) -> Send:
    """`POST /api/v1/jobs` of a client without a session; keyword arguments are headers."""

    def post(body: Any = JOB, path: str = "/api/v1/jobs", address: str = "127.0.0.1", **headers: str) -> HttpResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Client().post(path, body, content_type="application/json", headers=named, REMOTE_ADDR=address)  # type: ignore[return-value]

    return post


@pytest.fixture
def ada(transactional_db: None) -> User:
    return scenes.user("ada", "submit_job", "view_job")


def token(user: User, *scopes: str, **options: Any) -> str:
    wanted = Wanted(name="x", scopes=scopes, **options)
    return api_keys.make(user, wanted, Actor.shell(), None).token


def trust(settings: Settings, mode: str) -> None:
    settings.FLOWBIT = replace(settings.FLOWBIT, trust_user_header=mode, demo=True)


class TestKeys:
    @pytest.mark.parametrize("header", ["Authorization", "X_API_Key", "X_Admin_Token"])
    def test_the_headers_that_carry_one(self, ada: User, send: Send, header: str) -> None:
        value = token(ada, "jobs:write")
        shown = f"Bearer {value}" if header == "Authorization" else value
        answer = send(**{header: shown})
        assert (answer.status_code, answer.json()["owner"]) == (201, "ada")

    def test_an_address_carries_none(self, ada: User, send: Send) -> None:
        assert send(path=f"/api/v1/jobs?token={token(ada, 'jobs:write')}").status_code == 401

    def test_a_scope_that_is_missing(self, ada: User, send: Send) -> None:
        answer = send(X_API_Key=token(ada, "jobs:read"))
        assert (answer.status_code, Job.objects.exists()) == (403, False)

    def test_another_tenant_or_queue(self, ada: User, send: Send) -> None:
        key = token(ada, "jobs:write", tenant_id="tenant-a", queues=["mail"])
        assert send({**JOB, "tenant_id": "tenant-b", "queue": "mail"}, X_API_Key=key).status_code == 403
        assert send({**JOB, "tenant_id": "tenant-a", "queue": "other"}, X_API_Key=key).status_code == 403
        assert send({**JOB, "queue": "mail"}, X_API_Key=key).status_code == 403
        assert not Job.objects.exists()
        assert send({**JOB, "tenant_id": "tenant-a", "queue": "mail"}, X_API_Key=key).status_code == 201

    def test_jobs_of_another_tenant_do_not_exist(self, ada: User, broker: Broker) -> None:
        theirs, ours = scenes.queued(tenant_id="tenant-b"), scenes.queued(tenant_id="tenant-a")
        headers = {"X-API-Key": token(ada, "jobs:read", tenant_id="tenant-a")}
        assert Client().get(f"/api/v1/jobs/{theirs}", headers=headers).status_code == 404
        assert Client().get(f"/api/v1/jobs/{ours}", headers=headers).status_code == 200

    def test_what_moves_elsewhere_or_is_about_everybody(self, broker: Broker, transactional_db: None) -> None:
        """A key of one queue neither moves jobs to another, nor steers another, nor sees what all share."""
        root = User.objects.create_superuser("root")
        headers = {"X-API-Key": token(root, "admin", queues=["mail"])}
        inside, outside = scenes.queued(queue="mail"), scenes.queued()
        letter = scenes.failed(queue="mail")
        client = Client(headers=headers)

        def status(method: str, path: str, body: Any = None) -> int:
            return client.generic(method, f"/api/v1/{path}", json.dumps(body or {}), "application/json").status_code

        assert status("PATCH", f"jobs/{inside}", {"queue": "default"}) == 403
        assert status("PATCH", f"jobs/{inside}", {"priority": 9}) == 200
        assert status("POST", f"jobs/{outside}/cancel") == 404
        assert status("POST", "dlq/replay", {"ids": [str(letter)], "queue": "default"}) == 403
        assert status("POST", "jobs/batch", {"jobs": [{**JOB, "queue": "mail"}, JOB]}) == 403
        assert status("POST", "jobs/batch", {"jobs": [{**JOB, "queue": "mail"}]}) == 201
        for verb in ("pause", "drain", "resume"):
            assert status("POST", f"queues/default/{verb}") == 403
            assert status("POST", f"queues/mail/{verb}") == 200
        assert status("POST", "queues", {"name": "new"}) == 403
        assert [row["name"] for row in client.get("/api/v1/queues").json()["results"]] == ["mail"]
        assert client.get("/api/v1/workers").status_code == 403
        assert [row["id"] for row in client.get("/api/v1/dlq").json()["results"]] == [
            row.pk for row in DeadLetter.objects.filter(queue="mail")
        ]

    def test_a_key_opens_no_page_of_the_admin(self, send: Send, transactional_db: None) -> None:
        key = token(User.objects.create_superuser("root"), "admin")
        for header in ({"Authorization": f"Bearer {key}"}, {"X-API-Key": key}):
            answer = Client().get("/admin/", headers=header)
            assert (answer.status_code, "/login/" in answer["Location"]) == (302, True)

    def test_why_it_is_refused_is_not_told(self, ada: User, send: Send) -> None:
        revoked = api_keys.make(ada, Wanted(name="x", scopes=["admin"]), Actor.shell(), None)
        api_keys.revoke(revoked.key.pk, Actor.shell())
        inactive = token(User.objects.create(username="gone", is_active=False), "admin")
        unknown = f"fb_{'0' * 12}_{'x' * 43}"
        answers = [send(X_API_Key=one) for one in (revoked.token, inactive, unknown, "nonsense", "a.b.c", "")]
        assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}

    def test_a_wrong_one_is_not_helped_by_another_credential(self, ada: User, broker: Broker) -> None:
        client = Client()
        client.force_login(ada)
        headers = {"Authorization": "Bearer wrong", "X-API-Key": token(ada, "jobs:write")}
        answer = client.post("/api/v1/jobs", JOB, content_type="application/json", headers=headers)
        assert answer.status_code == 401

    def test_nobody_guesses_for_long(self, send: Send, ada: User) -> None:
        answers = [401]
        while answers[-1] == 401 and len(answers) < 150:  # twice as many where a minute ends meanwhile
            answers.append(send(X_API_Key=f"guess-{len(answers)}").status_code)
        assert answers[-1] == 429 and len(answers) > 60
        assert send(X_API_Key=token(ada, "jobs:write")).status_code == 201
        assert send(X_API_Key="guess", address="10.0.0.9").status_code == 401

    def test_secrets_are_neither_logged_nor_answered(
        self, ada: User, send: Send, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        key = token(ada, "jobs:read")
        forged = key[:-3] + "xyz"
        sign_in = {"username": "ada", "password": "hunter2-of-a-test", "hunter3": "x"}
        answers = [
            send(X_API_Key=key),
            send(X_API_Key=forged),
            send(Authorization=f"Bearer {forged}"),
            send(sign_in, "/api/v1/auth/token"),
            send({**sign_in, "password": ["hunter2-of-a-test"]}, "/api/v1/auth/token"),
            send({"refresh": forged}, "/api/v1/auth/refresh"),
        ]
        said = caplog.text + "".join(answer.content.decode() for answer in answers)
        assert {answer.status_code for answer in answers} == {400, 401, 403}
        for secret in (key[20:], forged[20:], "hunter2"):
            assert secret not in said


class TestSignIn:
    def pair(self, send: Send, password: str = "secret-of-a-test", name: str = "ada", **options: Any) -> Any:
        return send({"username": name, "password": password}, "/api/v1/auth/token", **options)

    def test_a_password_for_tokens(self, ada: User, send: Send) -> None:
        answer = self.pair(send)
        body = answer.json()
        assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
        assert sorted(body) == ["access", "expires_in", "refresh", "token_type"]
        assert send(Authorization=f"Bearer {body['access']}").json()["owner"] == "ada"
        again = send({"refresh": body["refresh"]}, "/api/v1/auth/refresh")
        assert send(Authorization=f"Bearer {again.json()['access']}").status_code == 201
        assert send({"refresh": body["refresh"]}, "/api/v1/auth/refresh").status_code == 401

    def test_it_is_not_told_which_names_there_are(self, ada: User, send: Send) -> None:
        User.objects.create_user("gone", password="secret-of-a-test", is_active=False)
        answers = [
            self.pair(send, "wrong"),
            self.pair(send, name="nobody"),
            self.pair(send, name="gone"),
            self.pair(send, name="x" * 500),
        ]
        assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "username"),
            ({"username": "ada", "password": None}, "password"),
            ({"username": {"$ne": 1}, "password": "x"}, "username"),
            ({"username": "ada", "password": "x" * 5000}, "password"),
            ({"username": "a\0", "password": "x"}, "username"),
            ({"username": "\ud800", "password": "x"}, "username"),
            ({"username": "ada", "password": "\ud800"}, "password"),
            ({"username": "ada", "password": "x", "is_staff": True}, "is_staff"),
        ],
    )
    def test_bodies_that_are_refused(self, send: Send, db: None, body: Any, field: str) -> None:
        answer = send(body, "/api/v1/auth/token")
        assert (answer.status_code, list(answer.json()["details"])[0]) == (400, field)

    def test_too_many_wrong_ones(self, ada: User, send: Send, settings: Settings) -> None:
        settings.FLOWBIT = replace(settings.FLOWBIT, login_rate=Rate(2, 600))
        assert [self.pair(send, "wrong").status_code for _ in range(2)] == [401, 401]
        answer = self.pair(send)
        assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
        assert 0 < int(answer["Retry-After"]) <= 600

    def test_the_form_of_the_admin_is_limited_too(self, ada: User, settings: Settings) -> None:
        settings.FLOWBIT = replace(settings.FLOWBIT, login_rate=Rate(2, 600))
        client = Client()
        form = {"username": "ada", "password": "wrong"}
        assert [client.post("/admin/login/", form).status_code for _ in range(2)] == [200, 200]
        answer = client.post("/admin/login/", {**form, "password": "secret-of-a-test"})
        assert answer.status_code == 429
        assert 0 < int(answer["Retry-After"]) <= 600
        assert "wait" in answer.content.decode()


class TestTrustedHeader:
    def test_while_it_is_off_it_is_a_header_like_any_other(self, send: Send, db: None) -> None:
        answer = send(X_User_Id="ada")
        assert (answer.status_code, User.objects.exists()) == (401, False)

    def test_on_this_machine_a_user_is_made(self, send: Send, settings: Settings, db: None) -> None:
        trust(settings, "loopback")
        answer = send(X_User_Id="grace")
        assert (answer.status_code, answer.json()["owner"]) == (201, "grace")
        assert send(X_User_Id="grace", address="10.0.0.1").status_code == 401

    def test_a_request_without_a_credential_submits_as_demo(self, send: Send, settings: Settings, db: None) -> None:
        trust(settings, "loopback")
        answer = send()
        assert (answer.status_code, answer.json()["owner"]) == (201, "demo")
        assert send(address="10.0.0.1").status_code == 401
        assert send(Origin="https://evil.example.com").status_code == 401
        assert send(Authorization="Basic eDp5").status_code == 401
        assert Client().get(answer.json()["links"]["self"]).status_code == 401

    def test_nobody_special_is_acted_for(self, send: Send, settings: Settings, ada: User) -> None:
        trust(settings, "loopback")
        User.objects.create_superuser("root")
        settings.FLOWBIT = replace(settings.FLOWBIT, admin_token="a-token-of-a-test")
        known_keys.ensure_admin_key()
        for name in ("root", "ada", "admin-token", "a b"):
            assert send(X_User_Id=name).status_code == 401, name
        assert not Job.objects.exists()

    def test_the_cookie_acts_too_and_a_session_goes_first(self, settings: Settings, ada: User, broker: Broker) -> None:
        trust(settings, "loopback")
        client = Client()
        client.cookies["flowbit_session"] = "grace"
        answer = client.post("/api/v1/jobs", JOB, content_type="application/json")
        assert (answer.status_code, answer.json()["owner"]) == (201, "grace")
        evil = client.post("/api/v1/jobs", JOB, content_type="application/json", headers={"Origin": "https://evil.com"})
        assert evil.status_code == 401
        client.force_login(ada)
        answer = client.post("/api/v1/jobs", JOB, content_type="application/json")
        assert answer.json()["owner"] == "ada"

    def test_a_form_of_another_site_cannot_submit(self, settings: Settings, db: None, broker: Broker) -> None:
        trust(settings, "loopback")
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            answer = Client().post("/api/v1/jobs", b'{"type": "test.noop"}', content_type=kind)
            assert answer.status_code == 415
        assert not Job.objects.exists()


class TestThrottles:
    def test_each_user_for_themselves(self, ada: User, send: Send, settings: Settings) -> None:
        settings.FLOWBIT = replace(settings.FLOWBIT, api_rate=Rate(2, 3600), trust_user_header="on")
        answers = [send(X_User_Id="grace") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [201, 201, 429]
        assert [answer["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
        assert answers[0]["X-RateLimit-Limit"] == "2"
        assert 0 < int(answers[2]["Retry-After"]) <= 3600
        assert int(answers[2]["X-RateLimit-Reset"]) > 0
        assert answers[2].json()["code"] == "throttled"
        assert send(X_User_Id="hopper").status_code == 201

    def test_a_key_has_a_rate_of_its_own(self, ada: User, send: Send, settings: Settings) -> None:
        settings.FLOWBIT = replace(settings.FLOWBIT, api_rate=Rate(1, 3600), key_rate=Rate(2, 3600))
        one, two = token(ada, "jobs:write"), token(ada, "jobs:write")
        assert [send(X_API_Key=one).status_code for _ in range(3)] == [201, 201, 429]
        assert send(X_API_Key=two).status_code == 201

    def test_without_a_rate_nothing_is_counted(self, ada: User, send: Send, settings: Settings) -> None:
        settings.FLOWBIT = replace(settings.FLOWBIT, key_rate=None)
        answer = send(X_API_Key=token(ada, "jobs:write"))
        assert "X-RateLimit-Limit" not in answer.headers


def test_audit_rows_say_how_somebody_came(ada: User) -> None:
    ada.is_staff = True
    ada.save()
    ada.user_permissions.set(Permission.objects.filter(content_type__app_label="jobs"))
    client = Client()
    client.force_login(ada)
    scenes.queue("default")
    client.post("/admin/jobs/queue/verb/pause/", {"keys": '["default"]', "reason": "", "until": ""})
    assert [(entry.actor, entry.via) for entry in AuditEntry.objects.all()] == [("ada", "session")]


def test_a_profile_is_made_when_it_is_asked_for(ada: User) -> None:
    assert not Profile.objects.exists()
    profile = Profile.objects.of(ada)
    assert (profile.tenants, profile.time_zone) == ([], "UTC")
    assert Profile.objects.of(ada) == profile
