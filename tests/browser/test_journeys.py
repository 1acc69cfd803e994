"""An operator's ways through the console from something wrong to its end, on one page without a reload."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from jobs import services
from jobs.models import AuditEntry, DeadLetter, Job
from tests.acceptance.system import System
from tests.browser.hands import press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MESSAGE = "<script>alert(1)</script> order 17"


def test_from_the_failing_type_to_a_replay_that_is_stopped_midway(system: System, page: Page, sign_in: Any) -> None:
    system.worker()
    system.scheduler()
    one: dict[str, Any] = {"type": "test.fails", "payload": {"message": MESSAGE, "times": 1000}, "max_attempts": 1}
    services.enqueue_many([services.JobRequest(**one) for _ in range(60)])
    system.until(lambda: DeadLetter.objects.count() == 60, "all have failed")
    sign_in("operator")
    concern = page.locator("#panel-concerns").get_by_role("link", name=re.compile("test.fails fails: 60 of 60"))
    concern.click()
    page.wait_for_url(re.compile(r"/deadletter/\?type=test\.fails"))
    page.get_by_role("link", name="ValueError").click()
    expect(page.locator("#panel-group")).to_contain_text(MESSAGE)
    page.evaluate("window.same = 'page'")
    page.locator("#panel-letters").get_by_role("link", name="ValueError").first.click()
    drawer, dialog = page.locator("#drawer"), page.locator("#dialog")
    expect(drawer).to_contain_text("raise ValueError(message)")
    drawer.get_by_role("link", name="Edit and replay").click()
    dialog.get_by_label("Payload").fill('{"times": 0}')
    expect(dialog.locator("tr", has_text="times").locator(".is")).to_have_text("0")
    dialog.get_by_label("Reason").fill("the order is back")
    dialog.get_by_role("button", name="Replay").click()
    expect(dialog).to_be_hidden()
    expect(drawer.locator("#panel-replays")).to_contain_text("the order is back")
    expect(drawer.locator(".state-succeeded").first).to_be_visible()
    assert Job.objects.filter(state="succeeded").count() == 1
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()

    page.get_by_role("link", name="Replay all that fit").click()
    dialog.get_by_label("Rate").fill("5")
    dialog.get_by_label("Reason").fill("mended")
    dialog.get_by_role("button", name=re.compile(r"Replay \d+ dead letters")).click()
    operation = page.locator("#panel-operations article")
    expect(operation).to_contain_text(re.compile(r"\b[1-9]\d* of \d+ replayed"))
    operation.get_by_role("button", name="Stop").click()
    expect(operation).to_contain_text("stopped by a-operator")
    assert page.evaluate("window.same") == "page"
    replayed = DeadLetter.objects.filter(replay_count__gt=0).count()
    assert 2 <= replayed < 60, "the one by hand, and some of the others"
    page.reload()
    expect(page.locator("#panel-operations article")).to_contain_text(re.compile(rf"\b{replayed - 1} of \d+ replayed"))


def test_a_paused_queues_job_says_why_it_waits_and_runs_after_the_resume(
    system: System, page: Page, sign_in: Any
) -> None:
    system.worker()
    system.until_final(services.enqueue("test.noop").id)
    sign_in("operator")
    page.goto("/admin/jobs/queue/default/change/")
    press(page, "Pause", "the mail server is down")
    waiting = services.enqueue("test.noop").id
    job_page = page.context.new_page()
    job_page.goto(f"/admin/jobs/job/{waiting}/change/")
    job_page.evaluate("window.same = 'page'")
    reason = job_page.locator(".reasons li").first
    expect(reason).to_contain_text("a-operator")
    expect(reason).to_contain_text("the mail server is down")
    press(page, "Resume", "it is back")
    expect(job_page.locator("#panel-head .state-succeeded")).to_be_visible()
    expect(job_page.locator(".reasons")).to_have_count(0)
    assert job_page.evaluate("window.same") == "page"


def test_a_running_job_is_cancelled_from_its_page(system: System, page: Page, sign_in: Any) -> None:
    system.worker()
    running = services.enqueue("test.polite", {"ledger": system.ledger()}).id
    system.until_begun(running)
    sign_in("operator")
    page.goto(f"/admin/jobs/job/{running}/change/")
    expect(page.locator("#panel-head .state-running")).to_be_visible()
    press(page, "Cancel", "not wanted")
    expect(page.locator("#toasts")).to_contain_text("1 job")
    expect(page.locator("#panel-head .state-running")).to_have_count(0)
    system.until_final(running)
    entry = AuditEntry.objects.get(target=f"job:{running}")
    assert (entry.actor, entry.reason) == ("a-operator", "not wanted")
