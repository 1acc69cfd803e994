"""An operator's way from a failure back to success, with real clicks, a real worker and a real scheduler."""

import re
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from jobs import services
from jobs.models import Attempt, AuditEntry, BulkOperation, DeadLetter, Job
from tests.acceptance.system import System

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MESSAGE = "<script>alert(1)</script> order 17"


def dead_letters(system: System, count: int, **payload: Any) -> list[UUID]:
    """Jobs that failed for good in a real worker."""
    request = {"type": "test.fails", "payload": {"message": MESSAGE, **payload}, "max_attempts": 1}
    ids = [one.id for one in services.enqueue_many([services.JobRequest(**request) for _ in range(count)])]
    system.until(lambda: DeadLetter.objects.count() == count, f"{count} letters", 60)
    return ids


def test_an_operator_edits_one_letter_and_replays_it(system: System, page: Page, sign_in: Any) -> None:
    system.worker()
    [job_id] = dead_letters(system, 1)
    sign_in("operator")
    page.goto("/admin/jobs/deadletter/")
    page.get_by_role("link", name="ValueError").click()
    expect(page.locator("#panel-group")).to_contain_text(MESSAGE)
    page.locator("#panel-letters").get_by_role("link", name="ValueError").click()
    drawer = page.locator("#drawer")
    expect(drawer).to_contain_text("in fails")
    expect(drawer).to_contain_text("raise ValueError(message)")
    expect(drawer).not_to_contain_text("hunter2")
    assert "open=" in page.url

    drawer.get_by_role("link", name="Edit and replay").click()
    dialog = page.locator("#dialog")
    payload = dialog.get_by_label("Payload")
    payload.fill('{"times": "none at all"}')
    expect(dialog.locator("tr", has_text="times")).to_contain_text("should be a valid integer")
    payload.fill('{"times": 0}')
    expect(dialog.locator("tr", has_text="times").locator(".is")).to_have_text("0")
    expect(dialog.locator("tr", has_text="message")).to_contain_text("removed")
    dialog.get_by_label("Reason").fill("the order is back")
    dialog.get_by_role("button", name="Replay").click()
    expect(page.get_by_role("status").filter(has_text="1 dead letter replayed.")).to_be_visible()
    expect(dialog).to_be_hidden()

    job = system.until_state(job_id, "succeeded")
    assert (job.tries, job.attempt, job.payload) == (1, 2, {"times": 0})
    outcomes = Attempt.objects.filter(job_id=job_id).order_by("number").values_list("outcome", flat=True)
    assert list(outcomes) == ["raised", "succeeded"]
    entry = AuditEntry.objects.get(target=f"job:{job_id}", verb="job.replayed")
    assert (entry.actor, entry.reason) == ("a-operator", "the order is back")
    page.goto(f"/admin/jobs/deadletter/{DeadLetter.objects.get().pk}/change/")
    expect(page.locator("#panel-replays")).to_contain_text("the order is back")


def refreshed_by_asking(page: Page) -> None:
    """Django's live server opens a stream and never sends it: without one, the page asks every few seconds."""
    page.route("**/sse/**", lambda route: route.abort())


def test_a_group_is_replayed_at_a_rate_and_stopped_midway(system: System, page: Page, sign_in: Any) -> None:
    system.worker()
    ids = dead_letters(system, 100, times=1)
    system.scheduler()
    refreshed_by_asking(page)
    sign_in("operator")
    page.goto(f"/admin/jobs/deadletter/?fingerprint={DeadLetter.objects.first().fingerprint}")  # type: ignore[union-attr]
    page.get_by_role("link", name="Replay the group").click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Replay 100 dead letters")
    dialog.get_by_label("Rate").fill("1")
    dialog.get_by_label("Reason").fill("mended")
    dialog.get_by_role("button", name="Replay 100 dead letters").click()
    operation = page.locator("#panel-operations article")
    expect(operation).to_contain_text("at 1 a second")
    expect(operation).to_contain_text(re.compile(r"\b([1-9]\d) of 100 replayed"))
    operation.get_by_role("button", name="Stop").click()
    expect(operation).to_contain_text("stopped by a-operator")
    expect(operation.get_by_role("button", name="Stop")).to_have_count(0)

    row = BulkOperation.objects.get()
    assert 10 <= row.done < 100
    replayed = DeadLetter.objects.filter(replay_count=1).values_list("job_id", flat=True)
    system.until_final(*replayed)
    assert Job.objects.filter(pk__in=ids, state="succeeded").count() == row.done
    assert Job.objects.filter(pk__in=ids, state="failed").count() == 100 - row.done


def test_selected_letters_are_deleted(system: System, page: Page, sign_in: Any) -> None:
    system.worker()
    dead_letters(system, 3)
    system.scheduler()
    refreshed_by_asking(page)
    sign_in("operator")
    page.goto("/admin/jobs/deadletter/?view=letters")
    delete = page.get_by_role("button", name="Delete selected")
    expect(delete).to_be_disabled()
    for box in page.locator("input[data-row]").all()[:2]:
        box.check()
    delete.click()
    page.locator("#dialog").get_by_role("button", name="Delete 2 dead letters").click()
    expect(page.locator("#panel-letters tbody tr")).to_have_count(1)
    assert DeadLetter.objects.count() == 1
