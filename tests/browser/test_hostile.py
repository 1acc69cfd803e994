"""Hostile text on every page that shows a job: it is shown, it does nothing, and it stays within the window."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from jobs import services
from jobs.models import DeadLetter, Queue
from jobs.services import queues
from jobs.services.audit import Actor
from tests.jobs.console.hostile import TEXT, hostile_jobs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
_HEARD = "window.ran = []; window.alert = (text) => window.ran.push(text);"


def look(page: Page, address: str, *, drawer: bool = False) -> None:
    answer = page.goto(address)
    assert answer is not None and answer.ok, address
    if drawer:
        expect(page.locator("#drawer")).to_be_visible()
    assert page.evaluate("window.ran") == [], address
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        # Charts are drawn anew with the next frame.
        page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
    shown = page.inner_text("body")
    assert "\u202e" not in shown, address
    # `{{ 7|add:7 }}` would have become 14.
    assert "</script>14" not in shown, address


def test_nothing_of_a_hostile_job_runs_or_leaves_the_window(page: Page, sign_in: Any) -> None:
    failed, blocked, done = hostile_jobs()
    queues.pause(Queue.objects.get().name, Actor(1, TEXT), reason=TEXT + "w" * 400)
    services.enqueue("test.anything", {"word": "w" * 5000})
    letter = DeadLetter.objects.get()
    page.add_init_script(_HEARD)
    sign_in("operator")
    for address in ("/admin/", "/admin/pipeline/", "/admin/jobs/job/", "/admin/jobs/queue/", "/admin/jobs/auditentry/"):
        look(page, address)
    for job_id in (failed, blocked, done):
        look(page, f"/admin/jobs/job/{job_id}/change/")
    look(page, f"/admin/jobs/job/?open=/admin/jobs/job/{failed}/change/", drawer=True)
    look(page, f"/admin/jobs/job/add/?like={failed}")
    look(page, "/admin/jobs/deadletter/")
    look(page, f"/admin/jobs/deadletter/?fingerprint={letter.fingerprint}")
    look(page, f"/admin/jobs/deadletter/{letter.pk}/change/")
    page.get_by_role("link", name="Edit and replay").first.click()
    expect(page.locator("#dialog").get_by_label("Payload")).to_have_value(re.compile("<script>"))
    assert page.evaluate("window.ran") == []
