"""One job, on its page and in the drawer."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs import jsontext, services
from jobs.models import DeadLetter, Job
from jobs.services import dead_letters, steer
from jobs.services.audit import Actor
from tests.jobs import builders, scenes
from tests.jobs.console.hostile import MARK, SCRIPT, hostile_jobs

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}
PANELS = ("head", "way", "attempts", "content", "graph", "profile")


def url(job_id: Any) -> str:
    return f"/admin/jobs/job/{job_id}/change/"


def text(client: Client, job_id: Any, query: str = "", **headers: str) -> str:
    answer = client.get(f"{url(job_id)}{query}", headers=headers)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_it_shows_attempts_with_locals_and_logs_and_the_timeline(operator: Client) -> None:
    job_id = scenes.running(payload={"to": "ada@example.com"})
    scenes.fail(job_id, 1, logs=jsontext.encode([[0.25, "info", "connected to the server"]]))
    page = text(operator, job_id)
    for wanted in (
        "ada@example.com",
        "app.Boom",
        "app/mail.py</bdi>:7",
        "&#x27;ada&#x27;",
        "connected to the server",
        "job.enqueued",
        "job.failed",
        f"/admin/jobs/deadletter/{DeadLetter.objects.get().pk}/change/",
    ):
        assert wanted in page


def test_its_way_is_drawn_and_told(operator: Client) -> None:
    job_id = scenes.failed()
    dead_letters.replay([DeadLetter.objects.get().pk], Actor(1, "otto", ""), reason="")
    page = text(operator, job_id, "?panel=way", **HTMX)
    assert "The states it was in, in their order: queued, running, failed, queued" in page
    assert page.count('class="taken"') == 3
    assert 'class="node state-queued visited current"' in page


def test_buttons_are_those_that_its_state_allows(operator: Client) -> None:
    waiting, running, failed, done = scenes.queued(), scenes.running(), scenes.failed(), scenes.succeeded()
    offered = {
        job_id: {verb for verb in ("cancel", "retry", "priority", "edit") if f"verb/{verb}/" in text(operator, job_id)}
        for job_id in (waiting, running, failed, done)
    }
    assert offered == {waiting: {"cancel", "priority", "edit"}, running: {"cancel"}, failed: {"retry"}, done: set()}


def test_a_viewer_finds_no_button_and_nothing_of_what_is_in_it(viewer: Client) -> None:
    job_id = scenes.running(payload={"to": "sesame"})
    scenes.fail(job_id, 1, "no such thing", logs=jsontext.encode([[0.1, "info", "sesame"]]))
    done = scenes.succeeded(result='"sesame"')
    for page in (text(viewer, job_id), text(viewer, done), text(viewer, job_id, "?drawer=1")):
        assert "sesame" not in page and "&#x27;ada&#x27;" not in page
        assert "Hidden: you lack the permission" in page
        assert "/verb/" not in page and "?like=" not in page and "artifact" not in page


def test_its_owner_sees_what_is_in_it(client: Client, roles: None) -> None:
    person = scenes.user("olga", "view_job", staff=True)
    job_id = scenes.queued(payload={"to": "sesame"}, owner_id=person.pk)
    client.force_login(person)
    assert "sesame" in text(client, job_id)


def test_others_may_not_look(nobody: Client, ordinary: Client) -> None:
    job_id = scenes.queued(payload={"to": "sesame"})
    assert nobody.get(url(job_id)).status_code == 403
    assert nobody.get(f"{url(job_id)}?panel=content", headers=HTMX).status_code == 403
    assert ordinary.get(url(job_id))["Location"].startswith("/admin/login/")
    assert ordinary.get(f"{url(job_id)}?panel=content", headers=HTMX).status_code == 401


@pytest.mark.parametrize("key", ["x", "_00", "01a20c47-1794-70b6-86b7-b29265700fb6", "1" * 500, "%00", SCRIPT])
def test_a_job_that_is_not_there(operator: Client, key: str) -> None:
    assert operator.get(url(key)).status_code == 404


def test_the_drawer_shows_the_same_without_the_frame(operator: Client) -> None:
    job_id = scenes.failed()
    drawer, page = text(operator, job_id, "?drawer=1"), text(operator, job_id)
    assert "<html" not in drawer
    for name in PANELS:
        assert f'id="panel-{name}"' in drawer and f'id="panel-{name}"' in page
    assert "drawer" not in drawer.partition('hx-get="')[2].partition('"')[0]


def test_the_head_tells_the_rest_when_something_has_happened_to_this_job(operator: Client) -> None:
    job_id = scenes.queued()
    head = text(operator, job_id, "?panel=head", **HTMX)
    asks = head.partition('hx-get="')[2].partition('"')[0].replace("&amp;", "&")
    assert "HX-Trigger" not in operator.get(asks, headers=HTMX)
    scenes.queued()
    assert "HX-Trigger" not in operator.get(asks, headers=HTMX)
    steer.cancel([job_id], Actor(1, "otto", ""))
    assert operator.get(asks, headers=HTMX)["HX-Trigger"] == "moved"


def test_progress_is_a_bar(operator: Client) -> None:
    job_id = scenes.running()
    builders.change(job_id, "progress = 0.42, progress_note = '<b>half</b>'")
    page = text(operator, job_id, "?panel=head", **HTMX)
    assert '<progress max="1" value="0.4200"' in page and "42.0 %" in page
    assert "&lt;b&gt;half" in page


def test_dependencies_are_drawn_and_listed(operator: Client) -> None:
    top = scenes.queued()
    middle = services.enqueue("test.noop", dependencies=[top]).id
    last = services.enqueue("test.noop", dependencies=[services.DependsOn(middle, "count")]).id
    page = text(operator, middle, "?panel=graph", **HTMX)
    for one in (top, middle, last):
        assert f'<a href="{url(one)}"><g' in page
    assert page.count('class="unmet"') == 2
    assert "waits for" in page and "is waited for by" in page and "as count, block, not met" in page
    assert "It waits for no other job" in text(operator, scenes.queued(), "?panel=graph", **HTMX)


def test_of_a_large_graph_the_nearest_are_drawn(operator: Client) -> None:
    top = scenes.queued()
    wanted = [services.JobRequest(type="test.noop", dependencies=[top]) for _ in range(101)]
    services.enqueue_many(wanted)
    page = text(operator, top, "?panel=graph", **HTMX)
    assert page.count("<g class=") == 60
    assert "the nearest are drawn" in page
    assert page.count("is waited for by") == 100
    assert "100 that it waits for and 100 that wait for it are looked at" in page


def test_parent_children_key_and_lease(operator: Client) -> None:
    scenes.worker()
    parent = scenes.running(idempotency_key="welcome:42")
    child = scenes.queued(parent_job_id=parent)
    page = text(operator, parent, "?panel=profile", **HTMX)
    assert url(child) in page and "welcome:42" in page and "holds until" in page
    assert "Its lease" in page
    assert url(parent) in text(operator, child, "?panel=profile", **HTMX)


def test_what_it_left_can_be_fetched(operator: Client) -> None:
    plain = scenes.succeeded()
    assert "/artifact" not in text(operator, plain)
    Job.objects.filter(pk=plain).update(artifact="results/x.json")
    assert f"/api/v1/jobs/{plain}/artifact" in text(operator, plain)


def test_a_job_that_no_worker_runs_is_parked(operator: Client) -> None:
    parked, ready = scenes.queued("test.noop"), scenes.queued()
    scenes.worker()
    said = "No living worker runs jobs of type"
    assert said in text(operator, parked)
    assert said not in text(operator, ready)


def test_hostile_text_stays_text_and_long_text_is_cut(operator: Client) -> None:
    failed, blocked, done = hostile_jobs()
    for job_id in (failed, blocked, done):
        for page in (text(operator, job_id), *(text(operator, job_id, f"?panel={name}", **HTMX) for name in PANELS)):
            assert SCRIPT not in page and MARK not in page
            assert len(page) < 400_000
    for job_id in (failed, blocked):
        assert "{{ 7|add:7 }}" in text(operator, job_id)
    for job_id in (failed, done):
        assert "The first 20,000 of" in text(operator, job_id, "?panel=content", **HTMX)


def test_another_like_it_is_offered_to_who_may_submit_its_type(client: Client, roles: None) -> None:
    echo, generic = scenes.queued("echo"), scenes.queued("generic", {"command": "echo"})
    client.force_login(scenes.user("sam", "view_job", "submit_job", staff=True))
    assert f"?like={echo}" in text(client, echo)
    assert "?like=" not in text(client, generic)


@pytest.mark.parametrize(("query", "most"), [("", 45), ("?panel=head", 10), ("?panel=way", 12), ("?panel=profile", 12)])
def test_a_page_takes_few_queries_whatever_it_shows(operator: Client, query: str, most: int) -> None:
    job_id = scenes.running()
    for number in range(1, 6):
        scenes.end(job_id, number, "queued", "released", uses_try=False)
        scenes.begin(job_id)
    text(operator, job_id)
    with CaptureQueriesContext(connection) as captured:
        text(operator, job_id, query)
    assert len(captured) <= most
    assert not any("COUNT(" in one["sql"] for one in captured)


def test_a_type_that_nobody_knows_any_more(operator: Client) -> None:
    job_id = scenes.queued()
    Job.objects.filter(pk=job_id).update(type="gone.away")
    assert "gone.away" in text(operator, job_id)
    assert operator.get(url(uuid4())).status_code == 404
