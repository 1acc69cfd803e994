"""Operations on many in the console: begun in a dialog, watched in a panel, stopped by a button."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.test import Client

from jobs.models import AuditEntry, BulkOperation, DeadLetter
from jobs.scheduler.bulk import Bulk
from tests.jobs import builders, scenes

BEGIN, PAGE, HTMX = "/admin/bulk/begin/", "/admin/bulk/", {"HX-Request": "true"}
SCRIPT = "<script>alert(1)</script>"


def ask(client: Client, query: str, status: int = 200) -> str:
    answer = client.get(f"{BEGIN}?{query}", headers=HTMX)
    assert answer.status_code == status
    return answer.content.decode()


def begin(client: Client, query: str, **fields: Any) -> Any:
    return client.post(f"{BEGIN}?{query}", fields, headers=HTMX)


def operation(**fields: Any) -> BulkOperation:
    usual = {"verb": "dlq.replay", "actor_id": 1, "actor": "otto", "estimated": 200}
    return BulkOperation.objects.create(**{**usual, **fields})


class TestBeginning:
    def test_it_says_what_will_happen_to_how_many(self, operator: Client) -> None:
        for queue in ("critical", "critical", "default"):
            scenes.failed(queue=queue)
        part = ask(operator, "verb=dlq.replay&queue=critical&view=letters&cursor=abc&open=x")
        assert "<html" not in part
        assert "Replay 2 dead letters" in part and "queue=critical" in part
        assert "The jobs run again with a fresh budget" in part
        assert 'name="rate"' in part and 'name="priority"' in part
        assert not BulkOperation.objects.exists()

    def test_it_begins_and_the_scheduler_does_it(self, operator: Client) -> None:
        job_id = scenes.failed()
        answer = begin(operator, "verb=dlq.replay", rate="20", queue="slow", priority="", reason="mended")
        assert answer.status_code == 204
        assert "Begun: replay 1 dead letter." in answer["HX-Trigger"]
        row = BulkOperation.objects.get()
        assert (row.rate, row.parameters, row.reason, row.estimated) == (20.0, {"queue": "slow"}, "mended", 1)
        assert (row.actor, row.source, row.via) == ("a-operator", "127.0.0.1", "session")
        Bulk().run_once()
        assert builders.state(job_id) == "queued"

    def test_pressed_twice_it_begins_once(self, operator: Client) -> None:
        scenes.failed()
        found = re.search(r'name="key" value="([0-9a-f-]{36})"', ask(operator, "verb=dlq.replay"))
        assert found is not None
        for _ in range(2):
            assert begin(operator, "verb=dlq.replay", reason="mended", key=found[1]).status_code == 204
        assert str(BulkOperation.objects.get().pk) == found[1]
        assert AuditEntry.objects.filter(verb="bulk.begun").count() == 1
        BulkOperation.objects.update(actor_id=0)
        assert begin(operator, "verb=dlq.replay", reason="mended", key=found[1]).status_code == 422

    def test_ticked_rows_are_what_it_is_for(self, operator: Client) -> None:
        scenes.failed()
        keys = list(DeadLetter.objects.values_list("pk", flat=True))
        scenes.failed()
        assert "Delete 1 dead letter" in ask(operator, f"verb=dlq.delete&key={keys[0]}")
        begin(operator, f"verb=dlq.delete&key={keys[0]}")
        Bulk().run_once()
        assert DeadLetter.objects.count() == 1

    @pytest.mark.parametrize(
        ("verb", "fields", "asks"),
        [
            ("job.cancel", {}, set()),
            ("job.retry", {}, set()),
            ("job.priority", {"priority": "9"}, {"priority"}),
            ("job.move", {"queue": "slow"}, {"queue"}),
        ],
    )
    def test_verbs_on_jobs(self, operator: Client, verb: str, fields: dict[str, str], asks: set[str]) -> None:
        scenes.failed() if verb == "job.retry" else scenes.queued()
        part = ask(operator, f"verb={verb}&type=test.anything")
        assert {name for name in ("queue", "priority") if f'name="{name}"' in part} == asks
        assert begin(operator, f"verb={verb}&type=test.anything", **fields).status_code == 204
        Bulk().run_once()
        assert BulkOperation.objects.get().done == 1

    def test_without_scripts_it_is_a_page_that_leads_to_the_list(self, operator: Client) -> None:
        scenes.failed()
        assert "<html" in operator.get(f"{BEGIN}?verb=dlq.replay").content.decode()
        answer = operator.post(f"{BEGIN}?verb=dlq.replay", {}, follow=True)
        assert answer.redirect_chain == [(PAGE, 302)]

    @pytest.mark.parametrize(
        ("query", "fields", "said"),
        [
            ("verb=dlq.replay", {"rate": "-1"}, "greater than or equal"),
            ("verb=dlq.replay", {"queue": "NOT A QUEUE"}, "queue:"),
            ("verb=job.move", {}, "This field is required"),
            ("verb=dlq.replay&colour=red", {}, "This filter is not understood."),
            ("verb=dlq.replay&key=x", {}, "This filter is not understood."),
        ],
    )
    def test_what_is_wrong_comes_back(self, operator: Client, query: str, fields: dict[str, str], said: str) -> None:
        scenes.failed()
        scenes.queued()
        answer = begin(operator, query, **fields)
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert not BulkOperation.objects.exists()

    def test_when_nothing_fits_there_is_nothing_to_press(self, operator: Client) -> None:
        part = ask(operator, "verb=job.cancel&queue=nowhere")
        assert "Nothing fits now." in part and 'type="submit"' not in part

    def test_an_estimate_beyond_its_bound_says_so(self, operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("jobs.queries.bulk.MOST_COUNTED", 2)
        for _ in range(3):
            scenes.failed()
        assert "Replay more than 2 dead letters" in ask(operator, "verb=dlq.replay")

    def test_who_may_not_do_it_does_not_even_learn_how_many(self, viewer: Client, roles: None) -> None:
        scenes.failed()
        for verb in ("dlq.replay", "dlq.delete", "job.cancel", "job.retry", "job.priority", "job.move"):
            ask(viewer, f"verb={verb}", 403)
            assert begin(viewer, f"verb={verb}").status_code == 403
        assert not BulkOperation.objects.exists()

    @pytest.mark.parametrize("query", ["", "verb=", "verb=job.explode"])
    def test_an_unknown_verb(self, operator: Client, query: str) -> None:
        ask(operator, query, 404)

    def test_hostile_filters_stay_text(self, operator: Client) -> None:
        scenes.failed()
        assert SCRIPT not in ask(operator, f"verb=dlq.replay&type={SCRIPT}&error_type=%22%3E{SCRIPT}")
        assert SCRIPT not in ask(operator, f"verb=dlq.replay&{SCRIPT}=1")

    def test_the_number_of_queries(self, operator: Client, django_assert_num_queries: Any) -> None:
        for _ in range(5):
            scenes.failed()
        ask(operator, "verb=dlq.replay")
        # session, user, permissions (2), the count (edge, how many)
        with django_assert_num_queries(6):
            ask(operator, "verb=dlq.replay")


class TestWatching:
    def test_how_far_it_has_come(self, operator: Client) -> None:
        operation(done=50, refused=2, rate=20, refusals=[["1", "it is gone"]], worked_at="2090-01-01T00:00:00Z")
        part = operator.get(f"{PAGE}?panel=operations", headers=HTMX).content.decode()
        assert 'max="100" value="26"' in part
        assert "<strong>50</strong> of 200 replayed" in part and "2 refused" in part
        assert "at 20 a second, about 7.4 s left" in part and "it is gone" in part
        assert "The scheduler has not worked on it" not in part

    def test_when_the_scheduler_is_away_it_says_so(self, operator: Client) -> None:
        operation()
        BulkOperation.objects.update(created_at=F("created_at") - timedelta(minutes=1))
        assert "The scheduler has not worked on it for a while" in operator.get(PAGE).content.decode()

    def test_an_end_that_is_not_known_is_not_drawn(self, operator: Client) -> None:
        operation(estimated=10_000, estimate_is_whole=False, done=12_000)
        page = operator.get(PAGE).content.decode()
        assert 'max="100" aria-label' in page and "12,000</strong> of more than 12,000" in page

    def test_it_is_seen_beside_the_dead_letters_while_it_is_news(self, operator: Client) -> None:
        row = operation()
        assert f"operation-{row.pk}" in operator.get("/admin/jobs/deadletter/").content.decode()
        old = builders.now() - timedelta(hours=1)
        BulkOperation.objects.update(state="finished", finished_at=old)
        assert f"operation-{row.pk}" not in operator.get("/admin/jobs/deadletter/").content.decode()
        assert f"operation-{row.pk}" in operator.get(PAGE).content.decode()

    def test_what_is_looked_for_in_payloads_is_hidden(self, operator: Client, viewer: Client) -> None:
        operation(verb="job.cancel", filter={"payload.to": "ada@example.com"})
        assert "ada@example.com" in operator.get(PAGE).content.decode()
        assert "ada@example.com" not in viewer.get(PAGE).content.decode()

    def test_when_there_is_none_it_says_how_to_begin_one(self, viewer: Client) -> None:
        assert "No operation yet." in viewer.get(PAGE).content.decode()

    def test_page_by_page(self, viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("jobs.console.bulk.page._LIMIT", 1)
        old, new = operation(), operation()
        page = viewer.get(PAGE).content.decode()
        assert f"operation-{new.pk}" in page and f"operation-{old.pk}" not in page and 'rel="next"' in page

    def test_hostile_words_stay_text(self, operator: Client) -> None:
        texts = {"actor": SCRIPT, "reason": SCRIPT * 9000, "filter": {SCRIPT: SCRIPT}, "parameters": {"queue": SCRIPT}}
        operation(**texts, refusals=[[SCRIPT, SCRIPT]], refused=1)
        page = operator.get(PAGE).content.decode()
        assert SCRIPT not in page and len(page) < 100_000

    def test_strangers_see_nothing(self, nobody: Client, ordinary: Client) -> None:
        operation()
        assert nobody.get(PAGE).status_code == 403
        assert b"operation-" not in ordinary.get(PAGE).content

    def test_the_number_of_queries_does_not_grow(self, operator: Client, django_assert_num_queries: Any) -> None:
        for _ in range(5):
            operation()
        operator.get(PAGE)
        # session, user, permissions (2), the page, clock
        with django_assert_num_queries(6):
            operator.get(PAGE)


class TestStopping:
    def test_a_button_stops_it(self, operator: Client) -> None:
        row = operation()
        assert f"/admin/bulk/{row.pk}/stop/" in operator.get(PAGE).content.decode()
        answer = operator.post(f"/admin/bulk/{row.pk}/stop/", headers=HTMX)
        assert answer.status_code == 204 and "Stopped." in answer["HX-Trigger"]
        assert BulkOperation.objects.get().ended_why == "stopped by a-operator"
        assert AuditEntry.objects.get().verb == "bulk.stopped"
        again = operator.post(f"/admin/bulk/{row.pk}/stop/", headers=HTMX)
        assert "already" in again["HX-Trigger"] and "warning" in again["HX-Trigger"]

    def test_who_may_not_do_it_has_no_button_and_cannot(self, viewer: Client) -> None:
        row = operation()
        assert "/stop/" not in viewer.get(PAGE).content.decode()
        assert "may not" in viewer.post(f"/admin/bulk/{row.pk}/stop/", headers=HTMX)["HX-Trigger"]
        assert BulkOperation.objects.get().state == "running"

    def test_a_look_stops_nothing(self, operator: Client) -> None:
        row = operation()
        assert operator.get(f"/admin/bulk/{row.pk}/stop/").status_code == 405
        assert User.objects.exists() and BulkOperation.objects.get().state == "running"
