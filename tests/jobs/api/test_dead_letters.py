from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from jobs.api.schema import shapes
from jobs.broker import Broker
from jobs.models import AuditEntry, DeadLetter, Job
from tests.jobs import builders, scenes
from tests.jobs.api.callers import look, ok, refused, send, somebody

pytestmark = pytest.mark.django_db(transaction=True)


def key(job_id: UUID) -> int:
    return DeadLetter.objects.get(job_id=job_id).pk


def keys(client: Client, **parameters: Any) -> list[int]:
    return [one["id"] for one in ok(look(client, "dlq", **parameters), shapes.DeadLetterPage)["results"]]


def failed(**options: Any) -> int:
    return key(scenes.failed(**options))


class TestList:
    def test_newest_first_in_pages(self, viewer: Client) -> None:
        letters = [failed() for _ in range(3)][::-1]
        first = ok(look(viewer, "dlq", limit=2), shapes.DeadLetterPage)
        assert [one["id"] for one in first["results"]] == letters[:2]
        assert [one["id"] for one in viewer.get(first["next"]).json()["results"]] == letters[2:]

    def test_one_has_its_job_and_its_replays(self, operator: Client, viewer: Client) -> None:
        job_id = scenes.failed(payload={"password": "hunter2"})
        send(operator, "dlq/replay", {"ids": [key(job_id)], "payload": {"password": "hunter3"}, "reason": "mended"})
        [letter] = ok(look(operator, "dlq"), shapes.DeadLetterPage)["results"]
        assert (letter["job"]["id"], letter["job"]["payload"]) == (str(job_id), {"password": "hunter3"})
        assert (letter["error_type"], letter["replay_count"]) == ("app.Boom", 1)
        [replay] = letter["replays"]
        assert (replay["actor"], replay["reason"]) == ("otto", "mended")
        assert replay["changes"]["payload"] == {"password": "hunter3"}
        assert "hunter" not in look(viewer, "dlq").content.decode()

    def test_filters(self, viewer: Client, operator: Client) -> None:
        one = failed(type="test.noop", queue="critical", tenant_id="acme")
        job_id = scenes.running()
        scenes.fail(job_id, 1, error_type="app.Other", fingerprint="0" * 16)
        two = key(job_id)
        assert (
            keys(viewer, type="test.noop") == keys(viewer, queue="critical") == keys(viewer, tenantId="acme") == [one]
        )
        assert keys(viewer, error_type="app.Other") == keys(viewer, fingerprint="0" * 16) == [two]
        assert keys(viewer, replayed="false") == [two, one]
        send(operator, "dlq/replay", {"ids": [one]})
        assert (keys(viewer, replayed="true"), keys(viewer, replayed="0")) == ([one], [two])
        assert keys(viewer, created_after="2020-01-01T00:00:00Z") == [two, one]
        assert keys(viewer, created_before="2020-01-01T00:00:00Z") == []

    @pytest.mark.parametrize(("name", "text"), [("replayed", "maybe"), ("created_after", "x"), ("state", "failed")])
    def test_wrong_filters_are_named(self, viewer: Client, name: str, text: str) -> None:
        assert list(refused(look(viewer, "dlq", **{name: text}), 400)["details"]) == [name]
        assert list(refused(look(viewer, "dlq/groups", **{name: text}), 400)["details"]) == [name]

    def test_only_my_own_without_the_permission(self, ada: Any, client: Client) -> None:
        own = failed(owner_id=ada.pk)
        failed(owner_id=ada.pk + 1)
        assert keys(client) == [own]
        assert [group["count"] for group in look(client, "dlq/groups").json()["results"]] == [1]

    def test_the_number_of_queries_does_not_grow(self, viewer: Client, django_assert_num_queries: Any) -> None:
        for number in range(8):
            failed(owner_id=number)
        # session, user, permissions (2), the page, jobs, owners
        with django_assert_num_queries(7):
            assert len(keys(viewer)) == 8


def test_groups_are_of_one_fingerprint(viewer: Client, operator: Client) -> None:
    letters = [failed(), failed(type="test.noop", queue="critical")]
    other = scenes.running()
    scenes.fail(other, 1, "something else", error_type="app.Other", fingerprint="0" * 16)
    send(operator, "dlq/replay", {"ids": letters[:1]})
    answer = ok(look(viewer, "dlq/groups"), shapes.DeadLetterGroups)
    most, least = answer["results"]
    assert (most["count"], most["replayed"], most["error_type"]) == (2, 1, "app.Boom")
    assert (most["types"], most["queues"]) == (["test.anything", "test.noop"], ["critical", "default"])
    assert most["first_seen"] < most["last_seen"]
    assert (least["count"], least["error_message"]) == (1, "something else")
    assert answer["scanned"] == {"rows": 3, "complete": True}
    assert len(look(viewer, "dlq/groups", limit=1).json()["results"]) == 1
    assert [group["count"] for group in look(viewer, "dlq/groups", queue="critical").json()["results"]] == [1]


class TestReplay:
    def test_by_ids_of_letters_and_of_jobs(self, operator: Client, broker: Broker) -> None:
        one, two = scenes.failed(), scenes.failed()
        answer = ok(send(operator, "dlq/replay", {"ids": [key(one), str(two), key(one)]}), shapes.Replayed)
        assert (answer["matched"], answer["replayed"], answer["refused"]) == (2, [key(one), key(two)], [])
        assert {builders.state(one), builders.state(two)} == {"queued"}
        assert broker.lanes("default") == {"test.anything": 2}

    def test_what_cannot_be_replayed_is_told_and_the_others_are(self, operator: Client) -> None:
        one, gone = scenes.failed(), scenes.failed()
        send(operator, f"jobs/{gone}/retry")
        unknown = uuid4()
        answer = ok(send(operator, "dlq/replay", {"ids": [key(gone), key(one), 10**9, str(unknown)]}), shapes.Replayed)
        assert answer["replayed"] == [key(one)]
        codes = {one["id"]: one["code"] for one in answer["refused"]}
        assert codes == {key(gone): "conflict", 10**9: "not_found", str(unknown): "not_found"}

    def test_by_filter_and_first_dry(self, operator: Client) -> None:
        one, two = scenes.failed(queue="critical"), scenes.failed()
        body = {"filter": {"queue": "critical"}, "dryRun": True}
        answer = ok(send(operator, "dlq/replay", body), shapes.Replayed)
        assert (answer["dry_run"], answer["matched"], answer["replayed"]) == (True, 1, [])
        assert builders.state(one) == "failed"
        answer = ok(send(operator, "dlq/replay", {**body, "dryRun": False}), shapes.Replayed)
        assert (answer["replayed"], answer["complete"]) == ([key(one)], True)
        assert (builders.state(one), builders.state(two)) == ("queued", "failed")
        assert ok(send(operator, "dlq/replay", body), shapes.Replayed)["matched"] == 0

    def test_overrides(self, operator: Client) -> None:
        job_id = scenes.failed()
        body = {"ids": [str(job_id)], "queue": "critical", "priority": 9, "type": "test.noop", "payload": {"n": 2}}
        ok(send(operator, "dlq/replay", {**body, "reason": "mended"}), shapes.Replayed)
        job = Job.objects.get()
        assert (job.queue, job.priority, job.type, job.payload) == ("critical", 9, "test.noop", {"n": 2})
        assert AuditEntry.objects.get().reason == "mended"

    def test_at_a_rate_the_others_are_scheduled_behind_the_first(self, operator: Client, broker: Broker) -> None:
        jobs = [scenes.failed() for _ in range(3)]
        broker.flush()
        answer = ok(send(operator, "dlq/replay", {"filter": {}, "rate": 0.5}), shapes.Replayed)
        assert answer["spread_seconds"] == 4
        assert [builders.state(job_id) for job_id in jobs] == ["queued", "scheduled", "scheduled"]
        times = [Job.objects.get(pk=job_id).run_at.timestamp() for job_id in jobs]
        assert [round(time - times[0]) for time in times] == [0, 2, 4]
        assert broker.lanes("default") == {"test.anything": 1}
        states = AuditEntry.objects.order_by("id").values_list("after__state", flat=True)
        assert list(states) == ["queued", "scheduled", "scheduled"]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "ids"),
            ({"ids": [1], "filter": {}}, "ids"),
            ({"ids": []}, "ids"),
            ({"ids": 1}, "ids"),
            ({"ids": ["x"]}, "ids[0]"),
            ({"ids": [1, True]}, "ids[1]"),
            ({"ids": [0]}, "ids[0]"),
            ({"ids": [10**30]}, "ids[0]"),
            ({"ids": [1.5]}, "ids[0]"),
            ({"filter": []}, "filter"),
            ({"filter": {"state": "failed"}}, "filter.state"),
            ({"filter": {"replayed": "no"}}, "filter.replayed"),
            ({"filter": {"queue": "\0"}}, "filter.queue"),
            ({"filter": {"queue": "\ud800"}}, "filter.queue"),
            ({"filter": {"created_after": 5}}, "filter.created_after"),
            ({"filter": {}, "dry_run": "yes"}, "dry_run"),
            ({"filter": {}, "rate": 0}, "rate"),
            ({"filter": {}, "rate": 1e9}, "rate"),
            ({"filter": {}, "rate": "fast"}, "rate"),
            ({"filter": {}, "queue": "NO"}, "queue"),
            ({"filter": {}, "type": "no.such"}, "type"),
            ({"filter": {}, "type": 5}, "type"),
            ({"filter": {}, "type": ["echo"]}, "type"),
            ({"filter": {}, "payload": "x"}, "payload"),
            ({"filter": {}, "colour": "red"}, "colour"),
        ],
    )
    def test_wrong_bodies_replay_nothing(self, operator: Client, body: Any, field: str) -> None:
        job_id = scenes.failed()
        assert list(refused(send(operator, "dlq/replay", body), 400)["details"]) == [field]
        assert builders.state(job_id) == "failed"

    def test_letters_of_others_are_not_there(self, eve: Client) -> None:
        job_id = scenes.failed(owner_id=99)
        answer = ok(send(eve, "dlq/replay", {"ids": [key(job_id), str(job_id)]}), shapes.Replayed)
        assert {one["code"] for one in answer["refused"]} == {"not_found"}
        assert ok(send(eve, "dlq/replay", {"filter": {}}), shapes.Replayed)["matched"] == 0
        assert builders.state(job_id) == "failed"

    def test_types_and_payloads_need_their_permissions(self, transactional_db: None) -> None:
        job_id = scenes.failed()
        client = somebody("view_job", "replay_job")
        assert refused(send(client, "dlq/replay", {"filter": {}, "type": "cleanup.run"}), 403)["code"] == "not_allowed"
        assert refused(send(client, "dlq/replay", {"filter": {}, "payload": {}}), 403)["code"] == "not_allowed"
        assert builders.state(job_id) == "failed"

    def test_payloads_of_types_that_one_may_not_submit(self, transactional_db: None) -> None:
        job_id = scenes.failed("generic", {"command": "echo hello"})
        client = somebody("view_job", "view_payload", "submit_job", "replay_job")
        body = {"ids": [str(job_id)], "payload": {"command": "echo good bye"}}
        assert refused(send(client, "dlq/replay", body), 403)["code"] == "not_allowed"
        assert builders.state(job_id) == "failed"
        assert ok(send(client, "dlq/replay", {"ids": [str(job_id)]}), shapes.Replayed)["matched"] == 1


class TestDelete:
    def test_the_letter_goes_and_the_job_stays(self, operator: Client) -> None:
        one, two = scenes.failed(), scenes.failed(queue="critical")
        answer = ok(send(operator, "dlq/delete", {"ids": [key(one)], "reason": "harmless"}), shapes.Deleted)
        assert (len(answer["deleted"]), answer["refused"]) == (1, [])
        assert list(DeadLetter.objects.values_list("job_id", flat=True)) == [two]
        assert builders.state(one) == "failed"
        entry = AuditEntry.objects.get()
        assert (entry.verb, entry.reason) == ("job.dead_letter_deleted", "harmless")

    def test_by_filter(self, operator: Client) -> None:
        one, two = scenes.failed(), scenes.failed(queue="critical")
        body = {"filter": {"queue": "critical"}}
        assert ok(send(operator, "dlq/delete", {**body, "dry_run": True}), shapes.Deleted)["matched"] == 1
        assert ok(send(operator, "dlq/delete", body), shapes.Deleted)["matched"] == 1
        assert list(DeadLetter.objects.values_list("job_id", flat=True)) == [one]
        assert builders.state(two) == "failed"

    def test_overrides_are_none_of_its_fields(self, operator: Client) -> None:
        assert list(refused(send(operator, "dlq/delete", {"filter": {}, "queue": "x"}), 400)["details"]) == ["queue"]
