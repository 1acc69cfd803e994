"""Operators' verbs, as a person clicks them."""

import pytest
from django.test import Client

from jobs.admin import verbs
from jobs.broker import Broker
from jobs.models import AuditEntry, DeadLetter, Job, Queue, Worker
from tests.jobs import scenes
from tests.jobs.admin import pages

pytestmark = pytest.mark.django_db(transaction=True)


def test_cancelling_asks_first_and_says_what_happened(operator: Client) -> None:
    waiting, running, done = scenes.queued(), scenes.running(), scenes.succeeded()
    asked = operator.get("/admin/jobs/job/verb/cancel/", {"key": [waiting, running, done]})
    assert "Cancel: 3 jobs" in asked.content.decode()
    assert Job.objects.get(pk=waiting).state == "queued"
    answer = pages.verb(operator, "job", "cancel", [waiting, running, done], reason="wrong list")
    assert pages.messages(answer) == [
        "2 jobs cancelled. 1 of them still running: asked to stop. "
        f"1 refused: job {done} is succeeded and cannot be cancelled",
    ]
    entry = AuditEntry.objects.get(target=f"job:{waiting}")
    assert (entry.actor, entry.source, entry.reason) == ("otto", "127.0.0.1", "wrong list")


def test_a_dead_letter_is_replayed_from_its_page(operator: Client) -> None:
    job_id = scenes.failed(payload={"to": "nobody"})
    letter = DeadLetter.objects.get()
    page = operator.get(f"/admin/jobs/deadletter/{letter.pk}/change/").content.decode()
    assert f"/admin/jobs/deadletter/verb/replay/?key={letter.pk}" in page
    asked = operator.get(f"/admin/jobs/deadletter/verb/replay/?key={letter.pk}").content.decode()
    assert "Edit and replay" in asked
    assert "nobody" in asked
    answer = pages.verb(
        operator,
        "deadletter",
        "replay",
        [letter.pk],
        row="1",
        payload='{"to": "ada"}',
        queue="slow",
        priority="9",
    )
    assert answer.redirect_chain[0][0] == f"/admin/jobs/deadletter/{letter.pk}/change/"
    assert pages.messages(answer) == ["1 dead letter replayed."]
    job = Job.objects.get(pk=job_id)
    assert (job.state, job.payload, job.queue, job.priority) == ("queued", {"to": "ada"}, "slow", 9)


def test_an_unchanged_payload_is_no_override(operator: Client) -> None:
    scenes.failed(payload={"to": "nobody"})
    letter = DeadLetter.objects.get()
    pages.verb(operator, "deadletter", "replay", [letter.pk], payload='{ "to":"nobody" }')
    assert "payload" not in (AuditEntry.objects.get().after or {})


@pytest.mark.parametrize(
    "payload",
    ["{", "[1]", "null", "[" * 50_000, '{"a": "\\u0000"}', '{"a": "\\ud800"}', '{"\\ud800": 1}', '{"a": 1e400}'],
)
def test_a_wrong_payload_is_refused_on_the_form(operator: Client, payload: str) -> None:
    scenes.failed(payload={"to": "nobody"})
    letter = DeadLetter.objects.get()
    for further in ({}, {"check": "1"}):
        answer = pages.verb(operator, "deadletter", "replay", [letter.pk], payload=payload, **further)
        assert answer.status_code == 200
    assert Job.objects.get().payload == {"to": "nobody"}


def test_dead_letters_are_replayed_and_deleted_by_selection(operator: Client) -> None:
    for _ in range(3):
        scenes.failed()
    keys = list(DeadLetter.objects.values_list("pk", flat=True))
    address = "/admin/jobs/deadletter/verb/replay/"
    assert "Replay: 2 dead letters" in operator.get(address, {"key": keys[:2]}).content.decode()
    assert pages.messages(pages.verb(operator, "deadletter", "replay", keys[:2])) == ["2 dead letters replayed."]
    answer = pages.verb(operator, "deadletter", "delete-letters", keys, row="1")
    assert pages.messages(answer) == ["3 dead letters deleted."]
    assert not DeadLetter.objects.exists()


def test_priority_queue_and_time_of_waiting_jobs(operator: Client) -> None:
    job_id = scenes.queued()
    pages.verb(operator, "job", "priority", [job_id], priority="10")
    pages.verb(operator, "job", "edit", [job_id], queue="slow", run_at="2090-01-31T12:00")
    job = Job.objects.get()
    assert (job.priority, job.queue, job.state, f"{job.run_at:%Y-%m-%d %H:%M}") == (
        10,
        "slow",
        "scheduled",
        "2090-01-31 12:00",
    )


@pytest.mark.parametrize("fields", [{}, {"queue": "Not A Queue"}, {"run_at": "soon"}, {"run_at": "2222-01-01T00:00"}])
def test_wrong_values_are_shown_on_the_form(operator: Client, fields: dict[str, str]) -> None:
    job_id = scenes.queued()
    answer = pages.verb(operator, "job", "edit", [job_id], **fields)
    assert not answer.redirect_chain
    assert "errornote" in answer.content.decode() or "errors" in answer.content.decode()
    assert not AuditEntry.objects.exists()


def test_retry(operator: Client) -> None:
    job_id = scenes.failed()
    assert pages.messages(pages.verb(operator, "job", "retry", [job_id])) == ["1 job queued again."]


def test_queues(operator: Client) -> None:
    scenes.queue("default")
    pages.verb(operator, "queue", "pause", ["default"], reason="the server is down", until="2090-01-01T00:00")
    row = Queue.objects.get()
    assert (row.mode, row.by, row.why) == ("paused", "otto", "the server is down")
    assert row.until is not None
    assert pages.messages(pages.verb(operator, "queue", "resume", ["default"])) == ["1 queue resumed."]
    assert pages.messages(pages.verb(operator, "queue", "resume", ["default"])) == [
        "1 refused: queue default is open already"
    ]
    pages.verb(operator, "queue", "drain", ["default"])
    assert "drained" in operator.get("/admin/jobs/queue/").content.decode()


def test_a_pause_needs_a_time_ahead(operator: Client) -> None:
    scenes.queue("default")
    answer = pages.verb(operator, "queue", "pause", ["default"], until="2020-01-01T00:00")
    assert pages.messages(answer) == ["1 refused: until: must be ahead"]


def test_workers(operator: Client) -> None:
    name = scenes.worker()
    for verb, mode in (("cordon", "cordoned"), ("resume", "active"), ("drain", "draining")):
        pages.verb(operator, "worker", verb, [name])
        assert Worker.objects.get().mode == mode


def test_more_than_a_verb_takes_at_once(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [scenes.queued() for _ in range(3)]
    monkeypatch.setattr(verbs, "MOST", 2)
    assert operator.get("/admin/jobs/job/verb/cancel/", {"key": keys}).status_code == 404
    assert pages.verb(operator, "job", "cancel", keys).status_code == 404
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    "keys", ["", "{", "1", "null", '["x"]', "[[1]]", "[" * 50_000, "[]", '["\\u0000"]', "[null]", "[1e400]", "[NaN]"]
)
def test_odd_keys(operator: Client, keys: str) -> None:
    assert operator.post("/admin/jobs/job/verb/cancel/", {"keys": keys}).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["deadletter/verb/replay", "deadletter/verb/delete-letters", "queue/verb/pause", "worker/verb/drain"],
)
def test_keys_that_are_no_text(operator: Client, path: str) -> None:
    for keys in ("[null]", "[1e400]", "[true]", "[[1]]", '{"1": 2}'):
        assert operator.post(f"/admin/jobs/{path}/", {"keys": keys}).status_code == 404


@pytest.mark.parametrize("model", ["jobs/apikey", "auth/user", "auth/group"])
def test_odd_rows_for_an_action(root: Client, model: str) -> None:
    name = "revoke" if model == "jobs/apikey" else "delete_selected"
    for key in ("\0", "x", "9" * 5000, ""):
        assert root.post(f"/admin/{model}/", {"action": name, "_selected_action": [key]}).status_code in (302, 404)


@pytest.mark.parametrize("key", ["a\0b", "nowhere", "<script>"])
def test_odd_names(operator: Client, key: str) -> None:
    answer = pages.verb(operator, "queue", "pause", [key])
    assert answer.status_code == 200
    assert pages.messages(answer)[0].startswith("1 refused: there is no")
    assert "<script>" not in pages.messages(answer)[0]


def test_an_unknown_verb(operator: Client) -> None:
    assert pages.verb(operator, "job", "explode", ["x"]).status_code == 404


def test_a_payload_is_not_offered_to_somebody_who_may_not_submit_its_type(client: Client, broker: Broker) -> None:
    scenes.failed("generic", {"command": "echo hello"})
    letter = DeadLetter.objects.get()
    permissions = ("view_job", "view_deadletter", "view_payload", "replay_job")
    client.force_login(scenes.user("rita", *permissions, staff=True))
    page = client.get(f"/admin/jobs/deadletter/verb/replay/?key={letter.pk}").content.decode()
    assert ('name="reason"' in page, 'name="payload"' in page) == (True, False)
