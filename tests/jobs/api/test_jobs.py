import json
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client

from jobs.broker import Broker
from jobs.models import Job
from tests.jobs import scenes
from tests.jobs.api.conftest import Post

pytestmark = pytest.mark.django_db(transaction=True)
FIELDS = """id type queue tenant_id owner payload priority state attempt tries max_attempts retry_policy
    timeout run_at expires_at schema_version idempotency_key tags workflow_id step parent_job_id dependencies
    dependency_policy blocked_reason throttled_until progress result artifact last_error worker_id lease_until
    cancel_requested_at created_at started_at finished_at execution_ms queue_latency_ms warnings links"""


class TestSubmit:
    def test_the_answer_is_the_job(self, ada: Any, post: Post, broker: Broker) -> None:
        answer = post({"type": "test.anything", "payload": {"to": "a@b.co"}, "queue": "critical", "priority": 9})
        body = answer.json()
        assert answer.status_code == 201
        assert sorted(body) == sorted(FIELDS.split())
        job = Job.objects.get(pk=body["id"])
        assert (job.type, job.payload, job.queue, job.priority) == (
            "test.anything",
            {"to": "a@b.co"},
            "critical",
            9,
        )
        assert (job.owner_id, body["owner"], body["payload"]) == (ada.pk, "ada", {"to": "a@b.co"})
        assert answer["Location"] == body["links"]["self"] == f"/api/v1/jobs/{job.id}"
        assert broker.lanes("critical") == {"test.anything": 1}

    @pytest.mark.parametrize(
        ("type_", "payload"), [("generic", {"command": "echo hello"}), ("cleanup.run", {"dry_run": True})]
    )
    def test_some_types_are_for_operators(self, ada: Any, post: Post, type_: str, payload: dict[str, Any]) -> None:
        answer = post({"type": type_, "payload": payload})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
        assert not Job.objects.exists()
        ada.user_permissions.add(Permission.objects.get(codename="operate_queue"))
        assert post({"type": type_, "payload": payload}).status_code == 201

    def test_both_spellings_and_every_field(self, ada: Any, post: Post) -> None:
        parent = scenes.queued(owner_id=ada.pk, tenant_id="tenant-a")
        answer = post(
            {
                "type": "test.noop",
                "tenantId": "tenant-a",
                "schemaVersion": 1,
                "idempotencyKey": "welcome:42",
                "dedupeWindow": "1h",
                "expires_in": "1h30m",
                "delay": "30s",
                "timeout": "5m",
                "maxRetries": 3,
                "retryPolicy": {"policy": "linear", "initialDelay": "2s", "max_delay": 60},
                "dependencies": [{"jobId": str(parent), "label": "first"}],
                "dependencyPolicy": "allow_failed",
                "parentJobId": str(parent),
                "workflowId": str(uuid4()),
                "tags": ["a", "b"],
            }
        )
        assert answer.status_code == 201, answer.content
        body = answer.json()
        assert (body["tenant_id"], body["idempotency_key"]) == ("tenant-a", "welcome:42")
        assert (body["max_attempts"], body["timeout"], body["tags"]) == (4, 300.0, ["a", "b"])
        assert (body["retry_policy"]["policy"], body["retry_policy"]["initial_delay"]) == ("linear", 2)
        edge = {"job_id": str(parent), "label": "first", "policy": "allow_failed", "met": False}
        assert (body["state"], body["dependencies"]) == ("blocked", [edge])

    def test_a_time_ahead(self, ada: Any, post: Post) -> None:
        body = post({"type": "test.noop", "scheduled_at": "2099-01-31T12:00:00+02:00"}).json()
        assert (body["state"], body["run_at"]) == ("scheduled", "2099-01-31T10:00:00Z")

    def test_a_repeat_gives_the_first_job(self, ada: Any, post: Post) -> None:
        request = {"type": "test.noop", "payload": {"n": 1}, "idempotency_key": "once"}
        first, second = post(request), post(request)
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json()["id"] == second.json()["id"]
        assert second.json()["duplicate_suppressed"] is True
        other = post({**request, "payload": {"n": 2}})
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")

    def test_a_repeat_never_shows_somebody_elses_job(self, ada: Any, post: Post, client: Client) -> None:
        request = {"type": "test.noop", "payload": {"n": 1}, "idempotency_key": "once"}
        job_id = post(request).json()["id"]
        client.force_login(scenes.user("eve", "submit_job"))
        answer = post(request)
        assert answer.status_code == 422
        assert job_id not in answer.content.decode()

    def test_whether_a_guess_at_somebody_elses_request_is_right_shows_nowhere(
        self, ada: Any, post: Post, client: Client, broker: Broker
    ) -> None:
        right = {"type": "test.noop", "payload": {"n": 1}, "idempotency_key": "once"}
        post(right)
        client.force_login(scenes.user("eve", "submit_job"))
        answers = []
        for guess in (right, {**right, "payload": {"n": 2}}):
            told = post(guess)
            answers.append((told.status_code, told.json(), broker.totals("default")))
        assert answers[0] == answers[1]

    def test_unknown_payload_keys_are_kept_and_named(self, ada: Any, post: Post) -> None:
        body = post({"type": "test.noop", "payload": {"n": 1, "durationMs": 250}}).json()
        assert body["payload"] == {"n": 1, "durationMs": 250}
        assert any("durationMs" in warning for warning in body["warnings"])

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "type"),
            ({"type": None}, "type"),
            ({"type": [[[]]]}, "type"),
            ({"type": "no.such.type"}, "type"),
            ({"type": "test.noop", "colour": "red"}, "colour"),
            ({"type": "test.noop", "cron": "* * * * *"}, "cron"),
            ({"type": "test.noop", "timezone": "UTC"}, "timezone"),
            ({"type": "test.noop", "queue": "Über"}, "queue"),
            ({"type": "test.noop", "queue": []}, "queue"),
            ({"type": "test.noop", "tenant_id": {}}, "tenant_id"),
            ({"type": "test.noop", "tenantId": "a", "tenant_id": "a"}, "tenant_id"),
            ({"type": "test.noop", "priority": 11}, "priority"),
            ({"type": "test.noop", "priority": "high"}, "priority"),
            ({"type": "test.noop", "priority": 10**400}, "priority"),
            ({"type": "test.noop", "delay": "soon"}, "delay"),
            ({"type": "test.noop", "timeout": -1}, "timeout"),
            ({"type": "test.noop", "scheduled_at": "tomorrow"}, "scheduled_at"),
            ({"type": "test.noop", "scheduled_at": "2030-01-01T00:00:00"}, "scheduled_at"),
            ({"type": "test.noop", "scheduled_at": "2030-13-41T00:00:00Z"}, "scheduled_at"),
            ({"type": "test.noop", "scheduled_at": "9999-12-31T23:59:59-12:00"}, "scheduled_at"),
            ({"type": "test.noop", "max_retries": 3, "max_attempts": 4}, "max_retries"),
            ({"type": "test.noop", "max_retries": -1}, "max_retries"),
            ({"type": "test.noop", "retry_policy": "often"}, "retry_policy"),
            ({"type": "test.noop", "retry_policy": {"policy": "linear", "speed": 2}}, "retry_policy.speed"),
            ({"type": "test.noop", "dependencies": "all"}, "dependencies"),
            ({"type": "test.noop", "dependencies": ["x"]}, "dependencies[0]"),
            ({"type": "test.noop", "dependencies": [{"label": "a"}]}, "dependencies[0]"),
            ({"type": "test.noop", "dependencies": [str(uuid4())]}, "dependencies"),
            ({"type": "test.noop", "parent_job_id": str(uuid4())}, "parent_job_id"),
            ({"type": "test.noop", "tags": "a"}, "tags"),
            ({"type": "test.noop", "tags": ""}, "tags"),
            ({"type": "test.noop", "tags": {}}, "tags"),
            ({"type": "test.noop", "schema_version": 2}, "schema_version"),
            ({"type": "test.noop", "idempotency_key": "\0"}, "idempotency_key"),
            ({"type": "test.noop", "payload": [1]}, "payload"),
            ({"type": "test.noop", "payload": {"n": "many"}}, "payload.n"),
            ({"type": "test.anything", "payload": {"a": "\0"}}, "payload.a"),
            ({"type": "test.anything", "payload": {"a": 2**70}}, "payload.a"),
            ({"type": "test.noop", "\ud800": 1}, "?"),
        ],
    )
    def test_what_is_wrong_is_named(self, ada: Any, post: Post, body: dict[str, Any], field: str) -> None:
        answer = post(json.dumps(body))
        assert answer.status_code == 400, answer.content
        refusal = answer.json()
        assert sorted(refusal) == ["code", "details", "error"]
        assert list(refusal["details"]) == [field]
        assert not Job.objects.exists()

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b'"text"',
            b"\xff\xfe",
            b'{"type": NaN}',
            b'{"type": "test.noop", "payload": {"n": ' + b"9" * 5000 + b"}}",
            b"[" * 100_000,
        ],
    )
    def test_bodies_that_are_no_object(self, ada: Any, post: Post, body: bytes) -> None:
        answer = post(body)
        assert (answer.status_code, "Traceback" in answer.content.decode()) == (400, False)
        assert answer.json()["code"] in ("invalid", "parse_error")

    def test_a_lone_surrogate(self, ada: Any, post: Post) -> None:
        assert post(rb'{"type": "test.anything", "payload": {"a": "\ud800"}}').status_code == 400

    def test_a_deep_payload(self, ada: Any, post: Post) -> None:
        deep = '{"type": "test.anything", "payload": ' + '{"a":' * 500 + "1" + "}" * 501
        assert post(deep).status_code == 400

    def test_a_body_above_the_limit(self, ada: Any, post: Post) -> None:
        answer = post({"type": "test.anything", "payload": {"text": "x" * 1024 * 1024}})
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")

    def test_another_content_type(self, ada: Any, client: Client, broker: Broker) -> None:
        assert client.post("/api/v1/jobs", {"type": "test.noop"}).status_code == 415

    def test_jobs_of_others_are_no_dependencies(self, ada: Any, post: Post) -> None:
        theirs = scenes.queued(owner_id=ada.pk + 1)
        answer = post({"type": "test.noop", "dependencies": [str(theirs)]})
        assert (answer.status_code, list(answer.json()["details"])) == (400, ["dependencies"])

    def test_nor_are_those_whose_results_one_may_not_see(self, ada: Any, post: Post) -> None:
        scenes.worker()
        theirs = scenes.succeeded("test.noop", result='"secret"', owner_id=ada.pk + 1, tenant_id="tenant-a")
        body = {"type": "metadata.aggregate", "tenant_id": "tenant-a", "payload": {"file_id": "x"}}
        answer = post({**body, "dependencies": [str(theirs)]})
        assert (answer.status_code, list(answer.json()["details"])) == (400, ["dependencies"])
        assert post({**body, "parent_job_id": str(theirs)}).status_code == 201


class TestWho:
    def test_nobody(self, post: Post, db: None) -> None:
        answer = post({"type": "test.noop"})
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
        assert answer.json()["code"] == "not_authenticated"

    def test_somebody_who_may_not(self, post: Post, client: Client) -> None:
        client.force_login(scenes.user("viewer", "view_job"))
        answer = post({"type": "test.noop"})
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")

    def test_a_session_needs_its_csrf_token(self, ada: Any, broker: Broker) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(ada)
        answer = strict.post("/api/v1/jobs", {"type": "test.noop"}, content_type="application/json")
        assert answer.status_code == 403
        assert not Job.objects.exists()


class TestLook:
    def test_my_own_job(self, ada: Any, client: Client, broker: Broker) -> None:
        job_id = scenes.queued(owner_id=ada.pk, payload={"a": 1})
        answer = client.get(f"/api/v1/jobs/{job_id}")
        assert (answer.status_code, sorted(answer.json())) == (200, sorted(FIELDS.split()))
        assert answer.json()["payload"] == {"a": 1}

    @pytest.mark.parametrize(
        "name",
        ["x", "%00", "1", "01a20c47-1794-70b6-86b7-b29265700fb6", "01a20c47179470b686b7b29265700fb6", "a" * 5000],
    )
    def test_no_job(self, ada: Any, client: Client, broker: Broker, name: str) -> None:
        answer = client.get(f"/api/v1/jobs/{name}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    def test_somebody_elses_job_does_not_exist(self, ada: Any, client: Client, broker: Broker) -> None:
        theirs = client.get(f"/api/v1/jobs/{scenes.queued(owner_id=ada.pk + 1)}")
        unknown = client.get(f"/api/v1/jobs/{uuid4()}")
        assert (theirs.status_code, theirs.content) == (404, unknown.content)

    def test_payload_and_result_need_their_permission(self, client: Client, broker: Broker) -> None:
        job_id = scenes.succeeded(result='"secret"', payload={"password": "hunter2"})
        client.force_login(scenes.user("viewer", "view_job"))
        body = client.get(f"/api/v1/jobs/{job_id}").json()
        assert (body["payload"], body["result"], body["state"]) == (None, None, "succeeded")
        client.force_login(scenes.user("operator", "view_job", "view_payload"))
        body = client.get(f"/api/v1/jobs/{job_id}").json()
        assert (body["payload"], body["result"]) == ({"password": "hunter2"}, "secret")
        assert body["execution_ms"] == 500

    def test_a_running_job_names_its_worker_and_lease(self, ada: Any, client: Client, broker: Broker) -> None:
        scenes.worker()
        body = client.get(f"/api/v1/jobs/{scenes.running(owner_id=ada.pk)}").json()
        assert (body["state"], body["worker_id"]) == ("running", scenes.WORKER)
        assert body["lease_until"].endswith("Z")


class TestErrors:
    def test_unknown_addresses_answer_in_json(self, client: Client, db: None) -> None:
        answer = client.get("/api/v1/nothing")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert "json" not in client.get("/nothing")["Content-Type"]

    def test_other_methods(self, ada: Any, client: Client, broker: Broker) -> None:
        answer = client.delete("/api/v1/jobs")
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")

    def test_without_postgresql(self, ada: Any, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
        connection.close()
        with monkeypatch.context() as patch:
            patch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
            patch.setitem(connection.settings_dict, "PORT", "1")
            answer = post({"type": "test.noop"})
        assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
        assert int(answer["Retry-After"]) > 0
