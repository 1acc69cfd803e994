"""Hostile text in what opens, moves and is told, and on pages outside of the console: it is shown, and does nothing."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from jobs.broker import Broker
from jobs.models import DeadLetter
from tests.browser import looks
from tests.jobs import scenes
from tests.jobs.console.hostile import SCRIPT, TEXT, hostile_jobs, hostile_rows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Enter = Callable[[User], None]


@pytest.fixture
def root(page: Page, enter: Enter, broker: Broker) -> User:
    page.add_init_script(looks.HEARD)
    user = User.objects.create_superuser("root")
    enter(user)
    return user


def harmless(page: Page) -> bool:
    return bool(page.evaluate("window.ran.length === 0"))


def test_nothing_of_a_hostile_job_runs_or_leaves_the_window(page: Page, root: User) -> None:
    failed, blocked, done = hostile_jobs()
    letter = DeadLetter.objects.get()
    looks.look(page, f"/admin/jobs/job/{blocked}/change/")
    looks.look(page, f"/admin/jobs/job/add/?like={failed}")
    for address in (f"job/{done}/change/", f"deadletter/?fingerprint={letter.fingerprint}"):
        page.goto(f"/admin/jobs/{address}")
        expect(page.locator("main, #content").first).to_contain_text(SCRIPT)
        assert looks.fits(page), address
        assert harmless(page), address
    page.goto(f"/admin/jobs/job/?open=/admin/jobs/job/{failed}/change/")
    expect(page.locator("#drawer")).to_contain_text(SCRIPT)
    assert looks.fits(page, 390)
    assert looks.fits(page, 1280)
    assert harmless(page)
    page.goto(f"/admin/jobs/deadletter/{letter.pk}/change/")
    page.get_by_role("link", name="Edit and replay").first.click()
    expect(page.locator("#dialog").get_by_label("Payload")).to_have_value(re.compile("<script>"))
    assert harmless(page)


def test_nothing_runs_of_what_a_verb_asks_and_tells(page: Page, root: User) -> None:
    hostile_rows(root)
    page.goto("/admin/jobs/worker/")
    page.get_by_role("link", name="Cordon").first.click()
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text(SCRIPT)
    dialog.get_by_label("Reason").fill(TEXT)
    dialog.get_by_role("button", name="Cordon").click()
    expect(page.locator("#toasts")).to_contain_text("1 worker cordoned.")
    page.evaluate("text => document.body.dispatchEvent(new CustomEvent('toast', { detail: { text } }))", TEXT * 20)
    expect(page.locator("#toasts")).to_contain_text(SCRIPT)
    assert looks.fits(page, 390)
    page.keyboard.press("Control+k")
    with page.expect_response("**/admin/search/**"):
        page.locator("#search-input-command").press_sequentially(SCRIPT)
    assert harmless(page)


def test_nothing_runs_of_what_the_api_shows_to_a_browser(page: Page, root: User) -> None:
    failed, *_ = hostile_rows(root)
    for address in (f"jobs/{failed}", f"jobs/{failed}/attempts", "dlq", "queues", "workers", "bulk"):
        answer = page.goto(f"/api/v1/{address}")
        assert answer is not None and answer.ok and answer.headers["content-type"].startswith("text/html"), address
        expect(page.locator("body")).to_contain_text(SCRIPT)
        assert looks.fits(page), address
        assert harmless(page), address


def test_nothing_runs_of_what_an_ordinary_person_sees_and_says(page: Page, root: User, enter: Enter) -> None:
    ordinary = scenes.user("ordinary", "submit_job", "view_payload")
    scenes.worker()
    scenes.fail(scenes.running(owner_id=ordinary.pk, payload={TEXT: TEXT}), 1, TEXT, error_type=SCRIPT)
    enter(ordinary)
    looks.look(page, "/")
    looks.look(page, "/settings/dispatch-categories")
    page.goto("/")
    for button in ("Preview", "Send"):
        page.get_by_label("Plain English in").fill(f"say {TEXT}")
        page.get_by_role("button", name=button).click()
        expect(page.locator("#prompt-answer")).not_to_be_empty()
        assert harmless(page)
