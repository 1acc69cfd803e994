from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from jobs.api.schema import shapes
from jobs.models import AuditEntry, Job
from tests.jobs import builders, scenes
from tests.jobs.api.callers import ok, refused, send, somebody

pytestmark = pytest.mark.django_db(transaction=True)


def last_entry() -> tuple[str, str, str]:
    entry = AuditEntry.objects.latest("id")
    return entry.actor, entry.verb, entry.reason


class TestCancel:
    @pytest.mark.parametrize("body", [None, {}, {"reason": None}, {"reason": "no longer wanted"}])
    def test_a_waiting_job_ends(self, operator: Client, body: Any) -> None:
        job_id = scenes.queued()
        job = ok(send(operator, f"jobs/{job_id}/cancel", body), shapes.Job)
        assert (job["state"], job["finished_at"] is None) == ("cancelled", False)
        assert last_entry() == ("otto", "job.cancelled", (body or {}).get("reason") or "")

    def test_by_delete(self, operator: Client) -> None:
        job_id = scenes.queued()
        assert ok(send(operator, f"jobs/{job_id}", method="delete"), shapes.Job)["state"] == "cancelled"
        assert Job.objects.filter(pk=job_id).exists()

    def test_a_running_one_is_asked(self, operator: Client) -> None:
        scenes.worker()
        job = ok(send(operator, f"jobs/{scenes.running()}/cancel"), shapes.Job)
        assert (job["state"], job["cancel_requested_at"] is None) == ("running", False)

    @pytest.mark.parametrize("verb", ["post", "delete"])
    def test_a_final_one_refuses(self, operator: Client, verb: str) -> None:
        job_id = scenes.succeeded()
        path = f"jobs/{job_id}" + ("/cancel" if verb == "post" else "")
        body = refused(send(operator, path, method=verb), 409)
        assert (body["code"], body["details"]) == ("conflict", {"state": ["succeeded"]})

    def test_a_wrong_body(self, operator: Client) -> None:
        job_id = scenes.queued()
        assert list(refused(send(operator, f"jobs/{job_id}/cancel", {"why": "x"}), 400)["details"]) == ["why"]
        assert list(refused(send(operator, f"jobs/{job_id}/cancel", {"reason": 5}), 400)["details"]) == ["reason"]
        assert list(refused(send(operator, f"jobs/{job_id}/cancel", {"reason": "x" * 2000}), 400)["details"]) == [
            "reason"
        ]
        refused(send(operator, f"jobs/{job_id}/cancel", []), 400)
        assert builders.state(job_id) == "queued"


class TestRetry:
    @pytest.mark.parametrize("made", [scenes.failed, builders.cancelled])
    def test_what_ended_badly_runs_again(self, operator: Client, made: Any) -> None:
        job = ok(send(operator, f"jobs/{made()}/retry", {"reason": "mended"}), shapes.Job)
        assert (job["state"], job["tries"]) == ("queued", 0)
        assert last_entry() == ("otto", "job.retried", "mended")

    @pytest.mark.parametrize("made", [scenes.queued, scenes.running, scenes.succeeded])
    def test_others_refuse(self, operator: Client, made: Any) -> None:
        job_id: UUID = made()
        before = builders.state(job_id)
        assert refused(send(operator, f"jobs/{job_id}/retry"), 409)["details"] == {"state": [before]}


class TestEdit:
    def test_every_field(self, operator: Client) -> None:
        job_id = scenes.queued()
        body = {
            "priority": 9,
            "queue": "critical",
            "scheduledAt": "2099-01-01T00:00:00Z",
            "payload": {"n": 2},
            "reason": "x",
        }
        job = ok(send(operator, f"jobs/{job_id}", body, "patch"), shapes.Job)
        assert (job["priority"], job["queue"], job["payload"]) == (9, "critical", {"n": 2})
        assert (job["state"], job["run_at"]) == ("scheduled", "2099-01-01T00:00:00Z")
        assert last_entry() == ("otto", "job.edited", "x")

    @pytest.mark.parametrize("made", [scenes.running, scenes.succeeded])
    def test_what_has_started_refuses(self, operator: Client, made: Any) -> None:
        refused(send(operator, f"jobs/{made()}", {"priority": 1}, "patch"), 409)

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"priority": 11}, "priority"),
            ({"priority": "high"}, "priority"),
            ({"queue": "NO"}, "queue"),
            ({"scheduled_at": "soon"}, "scheduled_at"),
            ({"scheduled_at": "2999-01-01T00:00:00Z"}, "scheduled_at"),
            ({"payload": {"n": "many"}}, "payload.n"),
            ({"payload": [1]}, "payload"),
            ({"type": "test.noop"}, "type"),
            ({"state": "succeeded"}, "state"),
        ],
    )
    def test_wrong_values_are_named_and_change_nothing(self, operator: Client, body: Any, field: str) -> None:
        job_id = scenes.queued("test.noop", {"n": 1})
        before = builders.row(job_id)
        assert list(refused(send(operator, f"jobs/{job_id}", body, "patch"), 400)["details"]) == [field]
        assert builders.row(job_id) == before

    def test_nothing_to_change(self, operator: Client) -> None:
        refused(send(operator, f"jobs/{scenes.queued()}", {}, "patch"), 400)

    @pytest.mark.parametrize("type_", ["generic", "cleanup.run"])
    def test_payloads_of_types_that_one_may_not_submit(self, transactional_db: None, type_: str) -> None:
        payload = {"command": "echo hello"} if type_ == "generic" else {"dry_run": True}
        job_id = scenes.queued(type_, payload)
        before = builders.row(job_id)
        client = somebody("view_job", "view_payload", "submit_job", "edit_queued_job")
        changed = {"payload": {**payload, "states": ["failed"]}}
        assert refused(send(client, f"jobs/{job_id}", changed, "patch"), 403)["code"] == "not_allowed"
        assert builders.row(job_id) == before

    def test_payloads_are_replaced_by_those_who_may_see_them(self, client: Client, transactional_db: None) -> None:
        job_id = scenes.queued(payload={"password": "hunter2"})
        client.force_login(scenes.user("ed", "view_job", "edit_queued_job"))
        assert refused(send(client, f"jobs/{job_id}", {"payload": {}}, "patch"), 403)["code"] == "not_allowed"
        assert Job.objects.get().payload == {"password": "hunter2"}
        assert ok(send(client, f"jobs/{job_id}", {"priority": 1}, "patch"), shapes.Job)["priority"] == 1
