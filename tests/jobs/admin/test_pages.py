"""Every page opens, shows hostile content as text, and does not count millions of rows."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs import jsontext, services
from jobs.admin import base
from jobs.broker import Broker
from jobs.models import (
    AuditEntry,
    DeadLetter,
    Duty,
    IdempotencyKey,
    Job,
    Notification,
    Queue,
    SchedulerLease,
    StoredFile,
    Worker,
)
from jobs.services import queues, steer
from jobs.services.audit import Actor
from jobs.services.steer import Changes
from tests.jobs import scenes

pytestmark = pytest.mark.django_db(transaction=True)
SCRIPT = "<script>alert(1)</script>"
ADA = Actor(1, SCRIPT, SCRIPT)
MODELS = [model for model in admin.site._registry if model._meta.app_label in ("jobs", "auth")]
CONSOLE = (DeadLetter, Job, Queue, Worker)
"""Their lists are pages of the console, which count nothing of their own rows, or the newest ones only."""


@pytest.fixture
def everything(root: Client) -> None:
    """At least one row of each model, with hostile text wherever text may come from outside."""
    scenes.worker()
    deep: Any = SCRIPT
    for _ in range(150):
        deep = {SCRIPT: deep}
    payload = {SCRIPT: SCRIPT, "items": [SCRIPT], "deep": deep, "odd": "\u202e\x1b[31m\ufffe"}
    failed = scenes.running(payload=payload, idempotency_key=SCRIPT)
    frame = {
        "file": SCRIPT,
        "line": 1,
        "function": SCRIPT,
        "code": SCRIPT,
        "locals": {"items": SCRIPT, SCRIPT: "1"},
    }
    fields = {"traceback": jsontext.encode([frame, {}]), "logs": jsontext.encode([[0.1, SCRIPT, SCRIPT]])}
    scenes.fail(failed, 1, SCRIPT, error_type=SCRIPT, **fields)
    parent = scenes.queued(payload=payload)
    services.enqueue("test.anything", payload, dependencies=[parent])
    steer.edit([parent], ADA, Changes(payload={SCRIPT: SCRIPT}), SCRIPT)
    queues.pause("default", ADA, reason=SCRIPT)
    Duty.objects.create(name="d", last_error=SCRIPT)
    SchedulerLease.objects.create(holder=SCRIPT, until="2030-01-01T00:00:00Z")
    StoredFile.objects.create(file_id=SCRIPT, path=SCRIPT, size=1, sha256="a", mime=SCRIPT, source=SCRIPT)
    Notification.objects.create(user_id=1, message=SCRIPT, job_id=failed)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_list_and_row_open_and_hostile_text_stays_text(root: Client, everything: None, model: Any) -> None:
    name = f"{model._meta.app_label}/{model._meta.model_name}"
    answer = root.get(f"/admin/{name}/")
    assert answer.status_code == 200
    assert SCRIPT not in answer.content.decode()
    for row in model.objects.all():
        page = root.get(f"/admin/{name}/{admin.utils.quote(row.pk)}/change/")
        assert page.status_code == 200
        assert SCRIPT not in page.content.decode()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_no_list_counts_all_rows(root: Client, everything: None, model: Any) -> None:
    if model._meta.app_label == "auth" or model in CONSOLE:
        return
    with CaptureQueriesContext(
        connection,
    ) as captured:
        root.get(f"/admin/jobs/{model._meta.model_name}/")
    counts = [query["sql"] for query in captured if "COUNT(" in query["sql"] and model._meta.db_table in query["sql"]]
    assert counts
    assert all("LIMIT 5000" in sql or "running" in sql for sql in counts)


def keys(count: int, type_name: str = "test.noop") -> list[int]:
    """Idempotency keys in force, a plain table of the admin."""
    now = len(IdempotencyKey.objects.all())
    wanted = [services.JobRequest(type=type_name, idempotency_key=f"k{now + number}") for number in range(count)]
    made = [one.id for one in services.enqueue_many(wanted)]
    return list(IdempotencyKey.objects.filter(job_id__in=made).order_by("pk").values_list("pk", flat=True))


def found(client: Client, query: str) -> set[Any]:
    page = client.get(f"/admin/jobs/idempotencykey/?{query}", follow=True)
    return {row.pk for row in page.context["cl"].result_list}


def test_a_list_takes_the_same_queries_for_few_and_many(root: Client) -> None:
    keys(1)
    with CaptureQueriesContext(connection) as few:
        root.get("/admin/jobs/idempotencykey/")
    keys(60)
    with CaptureQueriesContext(connection) as many:
        root.get("/admin/jobs/idempotencykey/")
    assert len(few) == len(many)


def test_a_list_that_is_cut_says_so(root: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    keys(120)
    monkeypatch.setattr(base, "MOST_COUNTED", 100)
    page = root.get("/admin/jobs/idempotencykey/")
    assert page.context["cl"].result_count == 100
    assert "narrow the list" in page.content.decode()
    assert root.get("/admin/jobs/idempotencykey/?p=2").status_code == 200


def test_filters(root: Client) -> None:
    noop, fails = keys(2), keys(1, "test.fails")
    assert found(root, "type=test.noop") == set(noop)
    assert found(root, "type=test.fails") == set(fails)
    assert found(root, "type=nonsense") == found(root, "type=%00") == set()


def test_a_filter_looks_at_the_newest_rows_only(root: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    keys(1, "test.fails")
    new = keys(3)
    monkeypatch.setattr(base.EngineAdmin.horizon, "__defaults__", (2,))
    assert found(root, "type=test.fails") == set()
    assert found(root, "type=test.noop") == set(new)


def test_search_is_by_exact_key(root: Client) -> None:
    [key] = keys(1)
    keys(1)
    row = IdempotencyKey.objects.get(pk=key)
    assert found(root, f"q={row.job_id}") == found(root, f"q={row.key}") == {key}
    for nothing in ("k", "x" * 3000, str(uuid4()), "'; drop table"):
        assert found(root, f"q={nothing}") == set()


@pytest.mark.parametrize("term", ["%00", "default", "' or 1=1", "99999999999999999999999999"])
def test_odd_searches_everywhere(root: Client, everything: None, term: str) -> None:
    for model in MODELS:
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/?q={term}"
        if model._meta.app_label == "jobs":
            # The jobs' own list says what it does not understand.
            assert root.get(path).status_code in ((200, 400) if model.__name__ == "Job" else (200,))


@pytest.mark.parametrize("lookup", ["payload__to__startswith=a", "owner_id=1", "result__isnull=1", "id__gt=0"])
def test_other_lookups_are_refused(root: Client, broker: Broker, lookup: str) -> None:
    assert root.get(f"/admin/jobs/job/?{lookup}").status_code == 400


@pytest.mark.parametrize("key", ["x", "_00", "01a20c47-1794-70b6-86b7-b29265700fb6", "1" * 500])
def test_pages_of_what_does_not_exist(root: Client, broker: Broker, key: str) -> None:
    assert root.get(f"/admin/jobs/job/{key}/change/").status_code == 404


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_odd_keys_and_fields_to_find_a_row_by(root: Client, everything: None, model: Any) -> None:
    path = f"/admin/{model._meta.app_label}/{model._meta.model_name}"
    key = admin.utils.quote(getattr(model.objects.first(), "pk", 1))
    for place in ("change", "delete", "history"):
        for address in (
            f"_00/{place}/",
            f"%00/{place}/",
            *(f"{key}/{place}/?_to_field={to}" for to in ("", "%00", "x")),
        ):
            assert root.get(f"{path}/{address}").status_code < 500, address


class TestAudit:
    def test_a_row_says_who_from_where_what_and_links_to_it(self, operator: Client) -> None:
        scenes.queue("mail")
        queues.pause("mail", Actor(1, "ada", "10.0.0.7", via="session"), reason="too many bounces")
        page = operator.get("/admin/jobs/auditentry/").content.decode()
        assert "<bdi>ada</bdi> (<bdi>session, 10.0.0.7</bdi>)" in page
        assert "too many bounces" in page
        assert 'href="/admin/jobs/queue/mail/change/"' in page

    def test_before_and_after_are_shown_as_what_changed(self, operator: Client, viewer: Client) -> None:
        job_id = scenes.queued(payload={"to": "hunter2", "same": "unmoved"})
        steer.edit([job_id], ADA, Changes(payload={"to": "swordfish", "same": "unmoved"}), "")
        url = f"/admin/jobs/auditentry/{AuditEntry.objects.get().pk}/change/"
        seen, hidden = operator.get(url).content.decode(), viewer.get(url).content.decode()
        assert ("payload.to" in seen, "hunter2" in seen, "swordfish" in seen, "unmoved" in seen) == (*[True] * 3, False)
        assert "swordfish" not in hidden
        assert "hunter2" not in hidden
        assert "you may not see payloads" in hidden

    def test_it_is_narrowed_by_actor_time_and_verb(self, operator: Client) -> None:
        for name in ("ada", "bob"):
            queues.pause(scenes.queue(f"of-{name}"), Actor(1, name))
        AuditEntry.objects.filter(actor="bob").update(at="2020-01-01T00:00:00Z")
        for query, shown in (
            ("actor=ada", (True, False)),
            ("actor=bob", (False, True)),
            ("actor=%00", (True, True)),
            ("within=24h", (True, False)),
            ("verb=queue.paused", (True, True)),
            ("verb=job.retried", (False, False)),
        ):
            page = operator.get(f"/admin/jobs/auditentry/?{query}").content.decode()
            assert ("queue:of-ada" in page, "queue:of-bob" in page) == shown, query


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("auditentry", "Nobody has done anything yet"),
        ("notification", "No job has left a message yet"),
        ("apikey", "no API key yet"),
    ],
)
def test_an_empty_list_says_what_will_appear(root: Client, model: str, said: str) -> None:
    assert said in root.get(f"/admin/jobs/{model}/").content.decode()
    assert "Nothing fits" in root.get(f"/admin/jobs/{model}/?q=nobody").content.decode()
