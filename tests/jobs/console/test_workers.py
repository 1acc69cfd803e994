"""The workers' page, the page of one, and who may do what there."""

from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.test import Client

from jobs.models import AuditEntry, Worker
from jobs.queries import workers as query
from jobs.store import workers as store
from tests.jobs import builders, scenes

LIST = "/admin/jobs/worker/"
HTMX = {"HX-Request": "true"}
WILD = "<b>host</b>/1_5F"


def text(client: Client, url: str, **headers: str) -> str:
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def one(name: str = "w-1") -> str:
    return f"{LIST}{name}/change/"


def test_without_any_worker_it_says_how_to_start_one(viewer: Client) -> None:
    assert "manage.py runworker" in text(viewer, LIST)


def test_a_worker_shows_what_it_is_and_what_it_runs(viewer: Client) -> None:
    builders.worker()
    Worker.objects.update(busy=3, memory=120 * 1024**2, settled=1_234_567, fenced=2, queues=["mail", "low"])
    job_id = builders.running()
    [row] = query.workers().rows
    assert (row.state, row.running, row.saturation) == ("active", 1, 0.75)
    assert row.oldest is not None
    page = text(viewer, LIST)
    for shown in ("3 of 4", "120.0 MiB", "mail, low", "1 alive"):
        assert shown in page
    page = text(viewer, one())
    for shown in (f"/admin/jobs/job/{job_id}/change/", "test.noop", "1.2 M", "Late results refused"):
        assert shown in page


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, "active"),
        ({"mode": "cordoned"}, "cordoned"),
        ({"mode": "draining"}, "draining"),
        ({"lease": -1.0}, "lost"),
        ({"ended": True}, "stopped"),
    ],
    ids=["active", "cordoned", "draining", "lost", "stopped"],
)
def test_each_state_is_told_by_postgresqls_clock(viewer: Client, change: dict[str, Any], state: str) -> None:
    builders.worker(lease=change.get("lease", 60.0))
    if "mode" in change:
        Worker.objects.update(mode=change["mode"])
    if "ended" in change:
        store.stop("w-1")
    assert [row.state for row in query.workers(ended=True).rows] == [state]
    found = query.worker("w-1")
    assert found is not None and found.state == state


def test_those_that_have_ended_are_shown_when_asked_for(viewer: Client) -> None:
    builders.worker("w-1")
    builders.worker("ended-one")
    store.stop("ended-one")
    assert "ended-one" not in text(viewer, LIST)
    assert "ended-one" in text(viewer, f"{LIST}?all=1")


def test_of_very_many_each_page_leads_to_the_next(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "MOST", 2)
    for name in ("host-a", "host-b", "host-c"):
        builders.worker(name)
    first, second = text(viewer, LIST), text(viewer, f"{LIST}?page=1")
    assert ("host-c/" in first, "host-a/" in first, f'href="{LIST}?page=1"' in first) == (True, False, True)
    assert ("host-c/" in second, "host-a/" in second, ">Next<" in second) == (False, True, False)
    assert "3 alive" in second
    assert "host-c/" in text(viewer, f"{LIST}?page=²") and "host-c/" in text(viewer, f"{LIST}?page=-1")


def test_those_that_serve_a_queue(viewer: Client) -> None:
    for name, queues in (("w-all", []), ("w-mail", ["mail"]), ("w-low", ["low", "lower"])):
        builders.worker(name)
        Worker.objects.filter(pk=name).update(queues=queues)
    assert {row.worker.id for row in query.workers("mail").rows} == {"w-all", "w-mail"}
    assert {row.worker.id for row in query.workers("low").rows} == {"w-all", "w-low"}


def test_a_wild_name_is_escaped_and_its_page_is_found(viewer: Client) -> None:
    builders.worker(WILD)
    page = text(viewer, LIST)
    assert "<b>host</b>" not in page
    assert "&lt;b&gt;host&lt;/b&gt;" in page
    assert "&lt;b&gt;host" in text(viewer, one(quote(WILD)))


@pytest.mark.parametrize("name", ["nobody", "a%00b"])
def test_a_worker_that_is_not_there_is_not_found(viewer: Client, name: str) -> None:
    assert viewer.get(one(name)).status_code == 404


def test_each_panel_is_served_alone_by_the_same_template(viewer: Client) -> None:
    builders.worker()
    for url, name in ((LIST, "list"), (one(), "state"), (one(), "running")):
        part = text(viewer, f"{url}?panel={name}", **HTMX)
        assert part.strip().startswith(f'<section class="panel panel-{name}" id="panel-{name}"')


class TestPermissions:
    def test_a_viewer_sees_no_button_and_none_that_works(self, viewer: Client, operator: Client) -> None:
        builders.worker()
        for url in (LIST, one()):
            assert "/admin/jobs/worker/verb/cordon/" in text(operator, url)
            assert "/verb/" not in text(viewer, url)
        for verb in ("cordon", "resume", "drain"):
            assert viewer.post(f"{LIST}verb/{verb}/", {"keys": '["w-1"]'}).status_code == 403
        assert Worker.objects.get().mode == "active"

    def test_without_the_permission_the_pages_are_refused(self, nobody: Client) -> None:
        builders.worker()
        assert [nobody.get(url).status_code for url in (LIST, one())] == [403, 403]

    def test_who_may_not_see_jobs_does_not_see_what_it_runs(self, roles: None, client: Client) -> None:
        builders.worker()
        builders.running()
        client.force_login(scenes.user("quinn", "view_worker", staff=True))
        assert "panel-running" not in text(client, one())


def test_an_operator_cordons_and_the_audit_says_so(operator: Client) -> None:
    builders.worker()
    done = operator.post(f"{LIST}verb/cordon/", {"keys": '["w-1"]', "reason": "moved"}, headers=HTMX)
    assert (done.status_code, Worker.objects.get().mode) == (204, "cordoned")
    assert AuditEntry.objects.get().verb == "worker.cordoned"
    assert "verb/resume/" in text(operator, one())


@pytest.mark.parametrize(("url", "queries"), [(LIST, 4 + 3), (one(), 4 + 3)], ids=["list", "one"])
def test_the_queries_are_as_few_for_many_as_for_one(
    viewer: Client, url: str, queries: int, django_assert_num_queries: Any
) -> None:
    builders.worker()
    with django_assert_num_queries(queries):
        text(viewer, url)
    for number in range(5):
        builders.worker(f"w-{number + 2}")
        builders.running()
    with django_assert_num_queries(queries):
        text(viewer, url)
