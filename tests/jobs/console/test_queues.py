"""The queues' page, the page of one, and who may do what there."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs.broker import Broker
from jobs.models import AuditEntry, Queue
from jobs.queries import queues as query
from jobs.services import queues
from jobs.services.audit import Actor
from jobs.services.rebuild import rebuild
from jobs.store import insert, statistics
from jobs.store.statistics import Minute
from tests.jobs import builders, scenes

LIST = "/admin/jobs/queue/"
HTMX = {"HX-Request": "true"}
ADA = Actor(5, "ada")
HOSTILE = '<script>alert(1)</script> {{ 7|add:"7" }} \u202eabc'


def text(client: Client, url: str, **headers: str) -> str:
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def one(name: str = "default") -> str:
    return f"{LIST}{name.replace('_', '_5F')}/change/"


@pytest.mark.django_db(transaction=True)
def test_what_comes_and_goes_is_added_up_by_postgresql() -> None:
    insert.add_queues(["default", "other"])
    minute = int(statistics.clock()) // 60 * 60
    counts = {"a|enqueued": 3, "b|enqueued": 4, "a|started": 9, "a|state.succeeded": 2, "a|state.retrying": 8}
    more = {"a|enqueued": 10, "b|state.failed": 1, "b|state.cancelled": 1}
    statistics.keep([Minute("default", minute - 120, "s", counts), Minute("default", minute - 120, "t", more)])
    statistics.keep([Minute("other", minute - 7200, "s", counts), Minute("other", minute + 60, "s", counts)])
    with CaptureQueriesContext(connection) as asked:
        found = query.flow(["default", "other"])
    assert (sum(found["default"].came), sum(found["default"].ended)) == (17, 4)
    assert (sum(found["other"].came), found["other"].came[-1]) == (7, 7)
    assert not [one for one in asked.captured_queries if '."counts"' in one["sql"]]


def test_without_any_queue_it_says_what_will_appear(viewer: Client) -> None:
    assert "There is no queue yet" in text(viewer, LIST)


def test_a_queue_shows_what_waits_since_when_and_how_fast_it_goes(viewer: Client, broker: Broker) -> None:
    insert.add_queues(["default"])
    builders.queued()
    builders.running()
    builders.scheduled()
    statistics.count_live()
    minute = int(statistics.clock()) // 60 * 60 - 60
    statistics.keep(
        [Minute("default", minute, "s", {"a|enqueued": 600, "a|state.succeeded": 150, "b|state.failed": 150})]
    )
    builders.worker()
    [row] = query.queues().rows
    assert (row.counts["queued"], row.counts["running"], row.counts["scheduled"]) == (1, 1, 1)
    assert row.oldest is not None
    assert (row.flow.rate_in, row.flow.rate_out) == (2.0, 1.0)
    assert (row.served.workers, row.served.slots, row.served.busy, row.served.saturation) == (1, 4, 0, 0.0)
    page = text(viewer, LIST)
    assert '?queue=default&amp;state=queued">1</a>' in page
    assert "0 of 4" in page


def test_only_workers_that_serve_a_queue_and_take_jobs_count_for_it(viewer: Client) -> None:
    insert.add_queues(["default", "mail"])
    builders.worker("w-1")
    builders.worker("w-dead", lease=-1.0)
    query.Worker.objects.filter(pk="w-1").update(queues=["mail"], busy=3)
    rows = {row.queue.name: row.served for row in query.queues().rows}
    assert (rows["mail"].workers, rows["mail"].saturation) == (1, 0.75)
    assert (rows["default"].workers, rows["default"].saturation) == (0, None)


def test_a_pause_says_by_whom_until_when_and_why(viewer: Client) -> None:
    scenes.queue("default")
    queues.pause("default", ADA, builders.now() + timedelta(hours=1), HOSTILE)
    for url in (LIST, one()):
        page = text(viewer, url)
        assert "state-paused" in page
        assert "<bdi>ada</bdi>" in page
        assert "until" in page.lower()
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert(1)" not in page


def test_a_queue_that_drains_and_runs_nothing_is_drained(viewer: Client) -> None:
    scenes.queue("default")
    queues.drain("default", ADA)
    assert "drained" in text(viewer, LIST)


def test_a_search_narrows_the_list(viewer: Client) -> None:
    for name in ("mail", "mail-low", "default"):
        scenes.queue(name)
    found = text(viewer, f"{LIST}?q=mail")
    assert ("/mail/change/" in found, "/mail-low/change/" in found, "/default/change/" in found) == (True, True, False)
    nothing = text(viewer, f"{LIST}?q=%3Cscript%3E%00x")
    assert "No queue's name holds" in nothing
    assert "<script>x" not in nothing


def test_of_very_many_each_page_leads_to_the_next(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "MOST_QUEUES", 2)
    for name in ("a", "b", "c"):
        scenes.queue(name)
    first, second = text(viewer, LIST), text(viewer, f"{LIST}?after=b")
    assert f'href="{LIST}?after=b"' in first
    assert ("/queue/b/change/" in first, "/queue/c/change/" in first) == (True, False)
    assert ("/queue/b/change/" in second, "/queue/c/change/" in second, ">Next<" in second) == (False, True, False)


def test_the_page_of_a_queue_has_types_lanes_running_jobs_and_workers(viewer: Client, broker: Broker) -> None:
    insert.add_queues(["mail"])
    assert rebuild(broker, "mail")
    job_id = scenes.queued(queue="mail")
    running = builders.running(queue="mail")
    broker.close_lane("mail", "test.anything", 4_102_444_800_000)
    scenes.worker()
    statistics.count_live()
    page = text(viewer, one("mail"))
    assert "test.anything" in page
    assert "closed until" in page
    assert f"/admin/jobs/job/{running}/change/" in page
    assert f"/admin/jobs/job/{job_id}/change/" not in page
    assert "/admin/jobs/worker/w-1/change/" in page
    assert "They agree" in page


@pytest.mark.parametrize("name", ["nothing", "a%00b", "%3Cscript%3E"])
def test_a_queue_that_is_not_there_is_not_found(viewer: Client, name: str) -> None:
    assert viewer.get(f"{LIST}{name}/change/").status_code == 404


def test_a_name_that_the_admin_would_quote_is_found(viewer: Client) -> None:
    scenes.queue("a_5f")
    assert f'href="{one("a_5f")}"' in text(viewer, LIST)
    assert "a_5f" in text(viewer, one("a_5f"))


def test_each_panel_is_served_alone_by_the_same_template(viewer: Client) -> None:
    scenes.queue("default")
    for url, name in ((LIST, "list"), *((one(), name) for name in ("state", "types", "running", "workers", "truth"))):
        part = text(viewer, f"{url}?panel={name}", **HTMX)
        assert part.strip().startswith(f'<section class="panel panel-{name}" id="panel-{name}"')
        assert "<html" not in part


class TestPermissions:
    def test_a_viewer_sees_no_button(self, viewer: Client, operator: Client) -> None:
        scenes.queue("default")
        for url in (LIST, one()):
            assert "/admin/jobs/queue/verb/pause/" in text(operator, url)
            assert "/verb/" not in text(viewer, url)

    def test_and_none_that_works(self, viewer: Client) -> None:
        scenes.queue("default")
        for verb in ("pause", "resume", "drain"):
            assert viewer.post(f"{LIST}verb/{verb}/", {"keys": '["default"]'}).status_code == 403
        assert Queue.objects.get().mode == "open"

    def test_without_the_permission_the_pages_are_refused(self, nobody: Client, client: Client) -> None:
        scenes.queue("default")
        for url in (LIST, one()):
            assert nobody.get(url).status_code == 403
            assert 'name="password"' in client.get(url, follow=True).content.decode()

    def test_who_may_not_see_jobs_or_workers_gets_the_page_without_them(self, roles: None, client: Client) -> None:
        scenes.running()
        client.force_login(scenes.user("quinn", "view_queue", staff=True))
        page = text(client, one())
        assert ("panel-running" in page, "panel-workers" in page, "panel-types" in page) == (False, False, True)
        assert client.get(f"{one()}?panel=running", headers=HTMX).status_code == 404


def test_an_operator_pauses_from_the_dialog_and_the_audit_says_so(operator: Client) -> None:
    scenes.queue("default")
    asked = operator.get(f"{LIST}verb/pause/?key=default", headers=HTMX).content.decode()
    assert "Workers begin no job of it" in asked
    done = operator.post(
        f"{LIST}verb/pause/", {"keys": '["default"]', "reason": HOSTILE, "until": "2090-01-01T00:00"}, headers=HTMX
    )
    assert (done.status_code, Queue.objects.get().mode) == (204, "paused")
    assert "acted" in done["HX-Trigger"]
    assert AuditEntry.objects.get().verb == "queue.paused"


@pytest.mark.parametrize(
    ("url", "queries"),
    # session, user, permissions (2); then see the queries' own docstrings
    [(LIST, 4 + 6), (one(), 4 + 16)],
    ids=["list", "one"],
)
def test_the_queries_are_as_few_for_many_as_for_one(
    viewer: Client, url: str, queries: int, django_assert_max_num_queries: Any
) -> None:
    scenes.worker()
    scenes.queue("default")
    statistics.count_live()

    def asked() -> int:
        with django_assert_max_num_queries(queries) as seen:
            text(viewer, url)
        return len(seen)

    first = asked()
    for number in range(5):
        scenes.running(queue=f"q{number}")
        scenes.running()
        scenes.queued()
        scenes.worker(f"w-{number + 2}")
    statistics.count_live()
    assert asked() == first
