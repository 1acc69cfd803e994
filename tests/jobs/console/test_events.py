"""The live feed: what happened lately, filtered, within what one may hear of."""

from pathlib import Path
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from jobs.broker import Broker
from jobs.console import events
from jobs.news import News, Told
from jobs.queries import events as query
from jobs.queries.events import Wanted, lately
from tests.jobs import builders, scenes

URL = "/admin/events/"
HOSTILE = '<script>alert(1)</script>{{ 7|add:"7" }}\u202eabc'
ANY = Wanted()
JOB = UUID("01a20c47-1794-70b6-86b7-b29265700fb6")


def text(client: Client, query: str = "", **headers: str) -> str:
    answer = client.get(f"{URL}{query}", headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def tell(broker: Broker, *told: Told) -> None:
    for one in told:
        broker.push([], news=News(one))


def job(kind: str, queue: str = "default", type: str = "mail", job_id: object = JOB, **fields: object) -> Told:
    return Told(kind, queue, "", None, 1, str(job_id), type)._replace(**fields)


def kinds(user: User, wanted: Wanted = ANY, before: str = "", limit: int = 50) -> list[str]:
    return [event.told.kind for event in lately(user, wanted, before, limit).events]


@pytest.fixture
def ada(roles: None) -> User:
    return scenes.user("ada", "view_job", "view_queue", "view_worker", staff=True)


def test_nothing_has_happened_yet(viewer: Client) -> None:
    assert "Nothing has happened yet" in text(viewer)
    assert "Nothing has happened yet" in viewer.get("/admin/").content.decode()


def test_a_job_is_followed_from_its_submit_to_its_end(viewer: Client) -> None:
    job_id = scenes.queued()
    page = text(viewer)
    assert f'href="/admin/jobs/job/{job_id}/change/" data-drawer' in page
    assert "state-queued" in page
    assert 'href="/admin/jobs/queue/default/change/"' in page
    assert str(job_id) in viewer.get("/admin/?panel=feed").content.decode()


def test_the_newest_comes_first(ada: User, broker: Broker) -> None:
    tell(broker, job("job.started"), job("job.failed"), Told("queue.paused", "mail"))
    assert kinds(ada) == ["queue.paused", "job.failed", "job.started"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(kind="job"), ["job.failed", "job.started"]),
        (Wanted(kind="job."), ["job.failed", "job.started"]),
        (Wanted(kind="job.failed"), ["job.failed"]),
        (Wanted(kind="job.f"), []),
        (Wanted(queue="mail"), ["queue.paused", "job.failed"]),
        (Wanted(type="report"), ["job.started"]),
        (Wanted(job=JOB), ["job.failed"]),
        (Wanted(kind="worker"), ["worker.heartbeat"]),
        (Wanted(), ["queue.paused", "job.failed", "job.started"]),
    ],
    ids=["area", "dot", "kind", "part", "queue", "type", "job", "heartbeats", "all-but-heartbeats"],
)
def test_filters(ada: User, broker: Broker, wanted: Wanted, found: list[str]) -> None:
    tell(broker, job("job.started", type="report", job_id="other"), job("job.failed", "mail"))
    tell(broker, Told("queue.paused", "mail"), Told("worker.heartbeat", name="w-1"))
    assert kinds(ada, wanted) == found


def test_much_of_one_kind_is_one_row_with_its_count(viewer: Client, broker: Broker) -> None:
    tell(broker, Told("job.enqueued", "default", "", None, 1200))
    assert "× 1,200" in text(viewer)


def test_pages_lead_back_to_the_first_event_and_no_further(ada: User, broker: Broker) -> None:
    tell(broker, *(job("job.started", job_id=str(number)) for number in range(7)))
    seen, before, pages = [], "", 0
    while True:
        found = lately(ada, Wanted(), before, 3)
        seen += [event.told.job_id for event in found.events]
        pages += 1
        if found.older is None:
            break
        before = found.older
    assert (seen, pages) == (["6", "5", "4", "3", "2", "1", "0"], 3)


def test_a_rare_kind_is_sought_in_a_bounded_part_and_the_page_says_how_far(
    viewer: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "CHUNK", 2)
    monkeypatch.setattr(query, "MOST_ENTRIES", 4)
    tell(broker, job("job.failed"), *(job("job.started") for _ in range(6)))
    page = text(viewer, "?kind=job.failed")
    assert "older events are a page further" in page
    [older] = [part.partition('"')[0] for part in page.split('href="')[1:] if "before=" in part.partition('"')[0]]
    assert str(JOB) in text(viewer, older.replace("&amp;", "&").removeprefix(URL))


def test_what_others_wrote_is_escaped(viewer: Client, broker: Broker) -> None:
    tell(broker, job("job.failed", HOSTILE, HOSTILE, HOSTILE, actor=HOSTILE))
    tell(broker, Told("worker.lost", name=HOSTILE), Told(f"odd.{HOSTILE}", HOSTILE))
    for page in (text(viewer), viewer.get("/admin/?panel=feed").content.decode()):
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7|add" in page


@pytest.mark.parametrize(
    "query", ["?job=7", "?kind=%3Cscript%3E", "?before=x", "?queue=%00", "?nonsense=1"], ids=str.strip
)
def test_a_filter_that_is_not_understood_is_named(viewer: Client, query: str) -> None:
    page = text(viewer, query)
    assert "This filter is not understood" in page
    assert "<script>&" not in page


def test_what_a_form_left_blank_leaves_the_address(viewer: Client) -> None:
    assert viewer.get(f"{URL}?kind=job&queue=&type=").headers["Location"] == "?kind=job"


def test_while_redis_is_away_the_page_says_so_and_stands(viewer: Client, settings: Settings) -> None:
    with builders.redis_away(settings):
        assert "Redis does not answer" in text(viewer)
        assert "Redis does not answer" in viewer.get("/admin/?panel=feed").content.decode()


def test_who_may_not_see_jobs_sees_neither_page_nor_panel(nobody: Client, client: Client, ordinary: Client) -> None:
    assert nobody.get(URL).status_code == 403
    assert "panel-feed" not in nobody.get("/admin/").content.decode()
    assert nobody.get("/admin/?panel=feed").status_code == 404
    for one in (client, ordinary):
        assert one.get(URL).status_code == 302
    assert client.get(f"{URL}?panel=feed", headers={"HX-Request": "true"}).status_code == 401


def test_nobody_hears_of_what_they_may_not_look_at(roles: None, broker: Broker) -> None:
    tell(broker, Told("worker.lost", name="w-1"), Told("queue.paused", "mail"), job("job.failed", owner_id=77))
    assert kinds(scenes.user("jon", "view_job")) == ["job.failed"]
    assert kinds(scenes.user("kim", "view_queue")) == ["queue.paused"]
    assert kinds(scenes.user("lee")) == []


def test_a_row_leads_only_where_one_may_go(roles: None, client: Client, broker: Broker) -> None:
    client.force_login(scenes.user("jon", "view_job", staff=True))
    tell(broker, job("job.failed"))
    page = text(client, "?panel=feed")
    assert (f"/admin/jobs/job/{JOB}/change/" in page, "/admin/jobs/queue/" in page) == (True, False)


def test_many_events_take_no_more_queries_than_one(viewer: Client, broker: Broker) -> None:
    tell(broker, job("job.started"))
    with CaptureQueriesContext(connection) as few:
        text(viewer, "?panel=feed")
    tell(broker, *(job("job.failed", f"q-{number}") for number in range(40)))
    with CaptureQueriesContext(connection) as many:
        text(viewer, "?panel=feed")
    assert len(few) == len(many) <= 5


def test_every_token_has_an_icon() -> None:
    icons = Path("templates/console/icons.html").read_text()
    assert all(f'id="state-{state}"' in icons for state in events.STATES.values())
