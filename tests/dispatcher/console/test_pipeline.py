"""The pipeline: who sees which cards, and what they show."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from jobs.models import DeadLetter
from tests.dispatcher.console.conftest import Enter
from tests.jobs import scenes

ADMIN, HOME = "/admin/pipeline/", "/"
HTMX = {"HX-Request": "true"}
HOSTILE = {"a": "<script>alert(1)</script>{{ 7|add:7 }}", "b": "x\u202egpj.exe"}


def text(client: Client, url: str, **headers: str) -> str:
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def cards(html: str) -> dict[str, list[str]]:
    """Ids of the cards of each column that has some."""
    found = {}
    for part in html.split('<section class="column column-')[1:]:
        ids = re.findall(r'id="card-([0-9a-f-]{36})"', part.split("</ol>")[0])
        if ids:
            found[part.split('"')[0]] = ids
    return found


def one_of_each() -> dict[str, list[str]]:
    """A job in each state; where it stands on the board, the newest first."""
    queued = scenes.queued()
    scheduled = scenes.queued(delay="1h")
    retrying = scenes.running()
    scenes.end(retrying, 1, "retrying", "raised", error_type="Boom", error_message="not yet", delay=60.0)
    made = {
        "pending": [scheduled, queued],
        "running": [scenes.running()],
        "retrying": [retrying],
        "succeeded": [scenes.succeeded()],
        "failed": [scenes.failed()],
    }
    return {column: [str(one) for one in ids] for column, ids in made.items()}


def test_each_job_is_a_card_in_the_column_of_its_state(enter: Enter, viewer: User) -> None:
    wanted = one_of_each()
    assert cards(text(enter(viewer), ADMIN)) == wanted


def test_a_card_opens_the_job_and_a_number_the_list_for_the_staff(enter: Enter, viewer: User) -> None:
    job_id = scenes.running()
    html = text(enter(viewer), ADMIN)
    assert f'href="/admin/jobs/job/{job_id}/change/" data-drawer' in html
    assert 'href="/admin/jobs/job/?state=running"' in html


def test_a_person_sees_their_own_cards_and_nobody_elses(enter: Enter, ada: User, bob: User) -> None:
    mine, theirs = scenes.queued(owner_id=ada.pk), scenes.queued(owner_id=bob.pk)
    nobodys = scenes.failed(payload={"secret": "of nobody"})
    html = text(enter(ada), HOME)
    assert cards(html) == {"pending": [str(mine)]}
    assert f'href="/my/jobs/{mine}" data-drawer' in html
    assert str(theirs) not in html and str(nobodys) not in html and "of nobody" not in html
    assert "/admin/" not in html


def test_a_person_sees_the_cards_of_their_tenants_without_what_is_in_them(enter: Enter) -> None:
    user = scenes.user("cleo", tenants=["acme"])
    shared = scenes.queued(tenant_id="acme", payload={"note": "a tenants word"})
    scenes.queued(tenant_id="other")
    html = text(enter(user), HOME)
    assert cards(html) == {"pending": [str(shared)]}
    assert "a tenants word" not in html


def test_staff_who_may_not_view_jobs_see_their_own(enter: Enter) -> None:
    user = scenes.user("newcomer", staff=True)
    mine, _ = scenes.queued(owner_id=user.pk), scenes.queued()
    html = text(enter(user), ADMIN)
    assert cards(html) == {"pending": [str(mine)]}
    assert f'href="/my/jobs/{mine}"' in html


def test_a_payload_is_for_its_owner_and_for_those_who_may_see_payloads(
    enter: Enter, ada: User, viewer: User, operator: User
) -> None:
    scenes.queued(owner_id=ada.pk, payload={"note": "hush"})
    assert "hush" in text(enter(ada), HOME)
    assert "hush" in text(enter(operator), ADMIN)
    assert "hush" not in text(enter(viewer), ADMIN)


def test_a_hostile_payload_is_only_text(enter: Enter, operator: User) -> None:
    scenes.queued(payload=HOSTILE)
    html = text(enter(operator), ADMIN)
    assert "<script>alert" not in html and "&lt;script&gt;alert(1)" in html
    assert "{{ 7|add:7 }}" in html
    assert "\u202e" not in html and "\\u202e" in html


def test_a_long_payload_is_cut(enter: Enter, operator: User) -> None:
    scenes.queued(payload={"text": "y" * 200_000})
    html = text(enter(operator), ADMIN)
    assert html.count("y" * 100) == 1 and "y" * 200 not in html


def test_numbers_are_of_what_one_sees(enter: Enter, ada: User, viewer: User) -> None:
    for _ in range(3):
        scenes.queued()
    scenes.queued(owner_id=ada.pk)
    scenes.succeeded(owner_id=ada.pk)
    assert counts(text(enter(ada), HOME)) == {"pending": "1", "succeeded": "1"}
    assert counts(text(enter(viewer), ADMIN)) == {"pending": "4", "succeeded": "1"}


def counts(html: str) -> dict[str, str]:
    """What each column's head says, but for zero."""
    found = re.findall(r'class="column-name">(\w+)</span>\s*<\w+[^>]*class="column-count">\s*(.*?)\s*</', html)
    return {name: number for name, number in found if number != "0"}


def test_above_a_hundred_a_number_is_about(enter: Enter, viewer: User) -> None:
    for _ in range(101):
        scenes.queued()
    html = text(enter(viewer), ADMIN)
    assert re.search(r"about</span>\s*100\s", html)
    assert len(cards(html)["pending"]) == 8


@pytest.mark.parametrize("panel", ["strip", "board", "letters", "feed"])
def test_each_panel_refreshes_alone(enter: Enter, ada: User, viewer: User, panel: str) -> None:
    one_of_each()
    for client, url in ((enter(ada), HOME), (enter(viewer), ADMIN)):
        html = text(client, f"{url}?panel={panel}", **HTMX)
        assert f'id="panel-{panel}"' in html and "<html" not in html


def test_dead_letters_are_for_those_who_may_view_them(enter: Enter, ada: User, viewer: User, operator: User) -> None:
    own, other = scenes.failed(owner_id=ada.pk), scenes.failed()
    letters = dict(DeadLetter.objects.values_list("job_id", "pk"))
    seen = text(enter(operator), f"{ADMIN}?panel=letters", **HTMX)
    assert all(f"/admin/jobs/deadletter/{letters[job_id]}/change/" in seen for job_id in (own, other))
    assert "deadletter" not in text(enter(viewer), f"{ADMIN}?panel=letters", **HTMX)
    mine = text(enter(ada), f"{HOME}?panel=letters", **HTMX)
    assert f"/my/jobs/{own}" in mine and str(other) not in mine


def test_the_feed_tells_what_happened_last(enter: Enter, ada: User) -> None:
    first, second = scenes.running(owner_id=ada.pk), scenes.queued(owner_id=ada.pk)
    html = text(enter(ada), f"{HOME}?panel=feed", **HTMX)
    told = re.findall(r'id="event-([0-9a-f-]+)-(\w+)"', html)
    assert told == [(str(second), "submitted"), (str(first), "started"), (str(first), "submitted")]


def test_an_empty_page_says_what_will_appear_and_how_to_make_it(enter: Enter, ada: User) -> None:
    assert "Write a sentence into the bar below" in text(enter(ada), HOME)
    assert "may not submit jobs" in text(enter(scenes.user("eve")), HOME)


def test_strangers_are_asked_to_sign_in(client: Client, transactional_db: None) -> None:
    assert client.get(HOME)["Location"] == "/login?next=/"
    assert client.get(f"{HOME}?panel=board", headers=HTMX).status_code == 401
    assert client.post(HOME, {"prompt": "x"}, headers=HTMX).status_code == 401
    job_id = scenes.queued()
    assert client.get(f"/my/jobs/{job_id}").status_code == 302


def test_people_who_are_not_staff_are_kept_out_of_the_admins_page(enter: Enter, ada: User) -> None:
    client = enter(ada)
    assert client.get(f"{ADMIN}?panel=board", headers=HTMX).status_code == 401
    assert "card" not in client.get(ADMIN).content.decode()
    assert client.post(ADMIN, {"prompt": "say hello"}, headers=HTMX).status_code == 401


def test_staff_are_sent_from_the_front_page_to_the_console(enter: Enter, viewer: User) -> None:
    assert enter(viewer).get(HOME)["Location"] == "/admin/"


def test_the_page_outside_runs_no_inline_script(enter: Enter, ada: User) -> None:
    answer = enter(ada).get(HOME)
    assert "unsafe-eval" not in answer["Content-Security-Policy"]
    html = answer.content.decode()
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=", html)
    assert "no-store" in answer["Cache-Control"]


def test_a_person_opens_their_own_job_and_not_somebody_elses(enter: Enter, ada: User, bob: User) -> None:
    mine = scenes.failed(owner_id=ada.pk, payload=HOSTILE)
    html = text(enter(ada), f"/my/jobs/{mine}?drawer=1")
    assert "no such thing" in html and "&lt;script&gt;" in html and "<script" not in html and "<html" not in html
    assert "job.failed" in html
    assert "<html" in text(enter(ada), f"/my/jobs/{mine}")
    for url in (f"/my/jobs/{mine}", f"/my/jobs/{mine}?panel=details", f"/my/jobs/{uuid.uuid4()}"):
        assert enter(bob).get(url).status_code == 404


def test_a_tenants_job_opens_without_what_is_in_it(enter: Enter) -> None:
    user = scenes.user("cleo", tenants=["acme"])
    job_id = scenes.succeeded(tenant_id="acme", payload={"note": "hush"}, result='"hush too"')
    html = text(enter(user), f"/my/jobs/{job_id}")
    assert "hush" not in html and "may not see what is in this job" in html


@pytest.mark.parametrize("jobs", [1, 12])
def test_queries_do_not_grow_with_the_cards(
    enter: Enter,
    ada: User,
    operator: User,
    jobs: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(jobs):
        one_of_each()
        scenes.queued(owner_id=ada.pk)
    # For both session, user, two for permissions, latest dispatch, board, workers, categories; for the operator the
    # heads of the board, two for figures and one for letters; for ada her tenants, and the front of the queue.
    ask: tuple[tuple[Any, str, int], ...] = ((enter(operator), ADMIN, 14), (enter(ada), HOME, 13))
    for client, url, most in ask:
        client.get(url)
        with django_assert_num_queries(most):
            client.get(url)


def test_a_card_from_before_a_long_backlog_is_found(enter: Enter, viewer: User, backlog: Callable[[int], None]) -> None:
    ended = scenes.succeeded()
    front = scenes.queued()
    backlog(400)
    found = cards(text(enter(viewer), ADMIN))
    assert found["succeeded"] == [str(ended)]
    assert str(front) not in found["pending"]


@pytest.fixture
def backlog(transactional_db: None) -> Callable[[int], None]:
    """`backlog(400)`: so many queued jobs."""

    def fill(count: int) -> None:
        for _ in range(count):
            scenes.queued()

    return fill
