"""An operator's way through the jobs, with real clicks and a real worker."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from jobs import services
from jobs.models import AuditEntry, Job
from tests.acceptance.system import System
from tests.jobs import scenes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_job_is_made_from_its_handlers_form_and_watched_until_it_is_done(
    system: System, page: Page, sign_in: Any
) -> None:
    system.worker()
    sign_in("operator")
    page.goto("/admin/jobs/job/")
    page.get_by_role("link", name="New job").click()
    page.get_by_label("Find a type").fill("letter")
    page.get_by_label("Find a type").press("Enter")
    recipient = page.get_by_label("recipient")
    recipient.fill("<b>ada</b>")
    page.get_by_text("Queue, time, retries, dependencies").click()
    page.get_by_label("priority").fill("12")
    page.get_by_label("priority").press("Tab")
    expect(page.locator("[id='id_priority_error']")).to_have_text("must be a whole number from 0 to 10")
    page.get_by_label("priority").fill("7")
    page.get_by_label("priority").press("Tab")
    expect(page.locator("[id='id_priority_error']")).to_have_text("")
    expect(page.locator("#preview")).to_contain_text('"priority": 7')
    expect(page.locator("#preview")).to_contain_text("<b>ada</b>")
    page.get_by_label("page count").fill("3")
    page.get_by_role("button", name="Submit the job").click()
    page.wait_for_url(re.compile("/admin/jobs/job/[0-9a-f-]{36}/change/"))
    expect(page.locator("#toasts")).to_contain_text("Submitted.")
    expect(page.locator("#panel-head")).to_contain_text("succeeded")
    expect(page.locator("#panel-content")).to_contain_text("3 pages for <b>ada</b>")
    assert Job.objects.get().priority == 7


def test_selected_jobs_are_cancelled_in_the_dialog_while_the_list_stays(page: Page, sign_in: Any) -> None:
    ids = [scenes.queued() for _ in range(3)]
    sign_in("operator")
    page.goto("/admin/jobs/job/")
    cancel = page.get_by_role("button", name="Cancel", exact=True)
    expect(cancel).to_be_disabled()
    for job_id in ids[:2]:
        page.get_by_label(f"Select job {job_id}").check()
    expect(page.get_by_text("2 selected")).to_be_visible()
    cancel.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Cancel: 2 jobs")
    dialog.locator("[name=reason]").fill("not wanted")
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.locator("#toasts")).to_contain_text("2 jobs cancelled.")
    expect(page.locator("#panel-rows .state-cancelled")).to_have_count(2)
    assert set(AuditEntry.objects.values_list("reason", flat=True)) == {"not wanted"}
    assert Job.objects.get(pk=ids[2]).state == "queued"


def test_details_open_in_the_drawer_and_at_their_own_address(page: Page, sign_in: Any) -> None:
    job_id = services.enqueue("test.noop", {"n": 41}).id
    sign_in("operator")
    page.goto("/admin/jobs/job/?state=queued")
    page.locator("#panel-rows a[data-drawer]").click()
    drawer = page.locator("#drawer")
    expect(drawer).to_contain_text(str(job_id))
    expect(drawer).to_contain_text('"n": 41')
    assert f"open=%2Fadmin%2Fjobs%2Fjob%2F{job_id}" in page.url
    page.reload()
    expect(drawer).to_contain_text(str(job_id))
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(page).to_have_url(re.compile(r"\?state=queued$"))


def test_a_verb_in_the_drawer_shows_in_it_and_in_the_list(page: Page, sign_in: Any) -> None:
    job_id = scenes.queued()
    sign_in("operator")
    page.goto(f"/admin/jobs/job/?open=/admin/jobs/job/{job_id}/change/")
    page.locator("#drawer").get_by_role("link", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.locator("#drawer #panel-head")).to_contain_text("cancelled")
    expect(page.locator("#panel-rows .state-cancelled")).to_have_count(1)
