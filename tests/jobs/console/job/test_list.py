"""The list of jobs: what it finds, how it is walked, and what can be done to its rows."""

import json
from html import unescape
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from jobs import services
from jobs.models import Job
from jobs.queries import pages
from tests.jobs import scenes
from tests.jobs.console.hostile import MARK, SCRIPT, hostile_jobs

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/admin/jobs/job/"


def text(client: Client, query: str = "", status: int = 200, **headers: str) -> str:
    answer = client.get(f"{URL}{query}", headers=headers, follow=True)
    assert answer.status_code == status
    return str(answer.content.decode())


def found(client: Client, query: str) -> list[UUID]:
    rows = text(client, query).split('<tr id="job-')[1:]
    return [UUID(row[:36]) for row in rows]


def test_filters_find_what_they_say(operator: Client) -> None:
    failed, queued = scenes.failed(), scenes.queued(queue="other", tags=["t"], tenant_id="acme")
    done, noop = scenes.succeeded(), scenes.queued("test.noop", {"n": 7})
    assert found(operator, "") == [noop, done, queued, failed]
    assert found(operator, "?state=failed") == [failed]
    assert found(operator, "?state=queued") == [noop, queued]
    assert found(operator, "?state=queued&type=test.noop") == [noop]
    assert (
        found(operator, "?queue=other") == found(operator, "?tag=t") == found(operator, "?tenant_id=acme") == [queued]
    )
    assert found(operator, "?worker=w-1") == [done, failed]
    assert found(operator, "?error=NO+SUCH") == [failed]
    assert found(operator, "?payload.n=7") == [noop]
    assert found(operator, "?created_after=2090-01-01T00:00") == []
    assert found(operator, "?created_before=2090-01-01T00:00&state=failed") == [failed]
    assert found(operator, f"?q={queued}") == [queued]
    assert found(operator, "?q=noop") == [noop]
    assert found(operator, "?owner=nobody-of-that-name") == []


@pytest.mark.parametrize(
    "query",
    ["payload__to__startswith=a", "owner_id=1", "id__gt=0", "state=nonsense", "queue=%00", "cursor=x", "limit=0"],
)
def test_what_is_no_filter_is_said_and_finds_nothing(operator: Client, query: str) -> None:
    scenes.queued()
    page = text(operator, f"?{query}", status=400)
    assert "This filter is not understood" in page
    assert '<tr id="job-' not in page


def test_blank_filters_leave_the_address_and_a_place_in_the_payload_gets_its_name(operator: Client) -> None:
    answer = operator.get(f"{URL}?q=&state=failed&at=a.b&is=x%26y")
    assert (answer.status_code, answer["Location"]) == (302, "?state=failed&payload.a.b=x%26y")


def test_each_filter_that_is_set_can_be_taken_away(operator: Client) -> None:
    page = text(operator, "?state=failed&queue=mail&payload.to=ada")
    assert 'href="?queue=mail&amp;payload.to=ada"' in page
    assert 'href="?state=failed&amp;queue=mail"' in page
    assert 'value="mail"' in page or "<option selected>mail</option>" in page


def test_pages_follow_each_other(operator: Client) -> None:
    ids = [one.id for one in services.enqueue_many([services.JobRequest(type="test.noop") for _ in range(5)])][::-1]
    first = text(operator, "?limit=2&queue=default")
    assert found(operator, "?limit=2&queue=default") == ids[:2]
    older = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "queue=default" in older
    assert found(operator, older) == ids[2:4]
    assert 'rel="prev"' in text(operator, older)


def test_a_search_that_looks_no_further_says_so(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    old = scenes.queued("test.noop", queue="other")
    services.enqueue_many([services.JobRequest(type="test.noop") for _ in range(6)])
    monkeypatch.setattr(pages, "CHUNK", 2)
    monkeypatch.setattr(pages, "MOST", 4)
    monkeypatch.setattr(pages, "HURRY", 60.0)
    page = text(operator, "?queue=other")
    assert "Looked at the 4 newest jobs from here" in page
    assert 'rel="next"' in page
    # Of an id it needs no search.
    assert found(operator, f"?q={old}") == [old]


def test_a_page_has_a_bounded_number_of_rows(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.console.job.list.MOST", 2)
    jobs = [scenes.queued() for _ in range(3)][::-1]
    assert found(operator, "?limit=500") == jobs[:2]
    assert 'rel="next"' in text(operator, "?limit=500")


def test_what_ended_is_found_behind_a_backlog(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    done = [scenes.succeeded() for _ in range(2)]
    services.enqueue_many([services.JobRequest(type="test.noop") for _ in range(6)])
    overtaker = scenes.succeeded()
    services.enqueue_many([services.JobRequest(type="test.noop") for _ in range(6)])
    monkeypatch.setattr(pages, "CHUNK", 2)
    monkeypatch.setattr(pages, "MOST", 4)
    monkeypatch.setattr(pages, "HURRY", 60.0)
    page = text(operator, "?state=succeeded")
    assert found(operator, "?state=succeeded") == done[::-1]
    assert "Of the 4 newest jobs none fits" in page
    newer = unescape(page.rpartition('" rel="prev"')[0].rpartition('href="')[2])
    monkeypatch.setattr(pages, "MOST", 50)
    assert found(operator, newer) == [overtaker]
    assert found(operator, "?state=succeeded") == [overtaker, *done[::-1]]


def test_no_list_counts_all_rows_and_no_payload_is_read(operator: Client) -> None:
    scenes.queued()
    with CaptureQueriesContext(connection) as few:
        text(operator, "?state=queued")
    services.enqueue_many([services.JobRequest(type="test.noop") for _ in range(60)])
    with CaptureQueriesContext(connection) as many:
        text(operator, "?state=queued")
    assert len(few) == len(many) <= 14
    sql = [query["sql"] for query in many]
    assert not any('"payload"' in one or '"result"' in one for one in sql)
    assert all("LIMIT" in one or "running" in one for one in sql if "COUNT(" in one and "jobs_job" in one)


def test_states_lead_to_their_jobs(operator: Client) -> None:
    page = text(operator, "?state=failed")
    assert '<a href="?state=running">' in page
    assert '<a href="?state=failed" aria-current="true">' in page


def test_a_job_that_no_worker_runs_is_parked(operator: Client) -> None:
    parked, ready = scenes.queued("test.noop"), scenes.queued()
    scenes.worker()
    assert found(operator, "?state=parked") == [parked]
    page = text(operator)
    assert page.count("#state-parked") == 1
    assert str(ready) in page


def test_verbs_are_offered_to_those_who_may(operator: Client, viewer: Client) -> None:
    scenes.queued()
    page = text(operator)
    assert 'data-dialog="/admin/jobs/job/verb/cancel/" data-rows="#panel-rows"' in page
    assert "data-row " in page
    for absent in ("data-dialog=", "data-row ", "data-all-rows"):
        assert absent not in text(viewer)


def test_verbs_go_to_all_that_match_under_the_same_filters(operator: Client) -> None:
    scenes.queued(queue="other")
    page = text(operator, "?state=queued&queue=other&limit=10")
    for verb in ("job.cancel", "job.retry", "job.priority", "job.move"):
        address = f"/admin/bulk/begin/?verb={verb}&state=queued&queue=other"
        assert f'href="{escape(address)}" data-dialog' in page
        asked = operator.get(address, headers={"HX-Request": "true"})
        assert asked.status_code == 200
    assert "1 job" in operator.get("/admin/bulk/begin/?verb=job.cancel&queue=other").content.decode()


def test_selected_rows_are_asked_about_in_the_dialog(operator: Client) -> None:
    ids = [scenes.queued(), scenes.queued()]
    query = "&".join(f"key={one}" for one in ids)
    asked = operator.get(f"{URL}verb/cancel/?{query}", headers={"HX-Request": "true"}).content.decode()
    assert "Cancel: 2 jobs" in asked and "<html" not in asked
    body = {"keys": json.dumps([str(one) for one in ids]), "reason": "enough"}
    answer = operator.post(f"{URL}verb/cancel/", body, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert json.loads(answer["HX-Trigger"])["toast"]["text"] == "2 jobs cancelled."
    assert set(Job.objects.values_list("state", flat=True)) == {"cancelled"}


def test_hostile_text_stays_text(operator: Client) -> None:
    hostile_jobs()
    page = text(operator)
    assert SCRIPT not in page and MARK not in page
    for query in (f"?q={SCRIPT}", f"?error={SCRIPT}", f"?payload.{SCRIPT}=x", f"?queue={SCRIPT}", f"?tag={SCRIPT}"):
        assert SCRIPT not in text(operator, query)


@pytest.mark.parametrize("term", ["%00", "' or 1=1", "99999999999999999999999999", "x" * 999, "{{ 7 }}", "%"])
def test_odd_searches(operator: Client, term: str) -> None:
    scenes.queued()
    assert operator.get(f"{URL}?q={term}").status_code in (200, 400)


def test_an_empty_list_says_what_will_be_there(operator: Client) -> None:
    assert "No job was ever submitted" in text(operator)
    scenes.queued()
    assert "No job fits" in text(operator, "?state=failed")


def test_others_may_not_look(nobody: Client, ordinary: Client) -> None:
    assert nobody.get(URL).status_code == 403
    assert ordinary.get(URL)["Location"].startswith("/admin/login/")


def test_payloads_are_not_searched_for_who_may_not_see_them(viewer: Client) -> None:
    scenes.queued(payload={"to": "ada"})
    assert found(viewer, "?payload.to=ada") == []
