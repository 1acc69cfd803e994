"""An operator steers queues and workers by clicking, with a real worker; an admin throws Redis' copy away."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from jobs import services
from jobs.models import AuditEntry, Worker
from jobs.services import queues
from jobs.services.audit import Actor
from tests.acceptance.system import System
from tests.browser.hands import press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
REASON = "the mail server is down <script>alert(1)</script>"


def test_a_paused_queue_says_so_at_once_and_its_jobs_wait(system: System, page: Page, sign_in: Any) -> None:
    system.worker()
    system.until_final(services.enqueue("test.noop").id)
    sign_in("operator")
    page.goto("/admin/jobs/queue/")
    press(page, "Pause", REASON)
    expect(page.locator(".toast")).to_contain_text("1 queue paused.")
    expect(page.locator("#panel-list")).to_contain_text(REASON)
    expect(page.locator("#panel-list .state-paused")).to_be_visible()
    # The worker hears of the pause with its next look at the queues; Redis refuses its claims at once.
    waiting = services.enqueue("test.noop").id
    assert system.until_state(waiting, "queued")
    page.goto("/admin/jobs/queue/default/change/")
    expect(page.locator("#panel-state")).to_contain_text("a-operator")
    press(page, "Resume", "it is back")
    expect(page.locator("#panel-state .state-open")).to_be_visible()
    system.until_final(waiting)
    verbs = list(AuditEntry.objects.order_by("id").values_list("verb", "reason"))
    assert verbs == [("queue.paused", REASON), ("queue.resumed", "it is back")]


def test_a_worker_is_cordoned_and_resumed(system: System, page: Page, sign_in: Any) -> None:
    system.worker()
    sign_in("operator")
    page.goto("/admin/jobs/worker/")
    press(page, "Cordon", "the machine is moved")
    expect(page.locator("#panel-list .state-cordoned")).to_be_visible()
    waiting = services.enqueue("test.noop").id
    page.locator("#panel-list a.name").first.click()
    press(page, "Resume", "it has moved")
    expect(page.locator("#panel-state .state-alive")).to_be_visible()
    system.until_final(waiting)
    assert Worker.objects.get().mode == "active"


def test_an_admin_flushes_redis_under_a_running_worker_and_nothing_is_lost(
    system: System, page: Page, sign_in: Any
) -> None:
    system.worker()
    ids = [services.enqueue("test.work", {"seconds": 0.2}).id for _ in range(40)]
    sign_in("admin")
    page.goto("/admin/stores/")
    press(page, "Flush and rebuild", "to see it")
    expect(page.locator(".toast")).to_contain_text("missing: 0.")
    expect(page.locator("#panel-rebuilds tbody tr")).to_have_count(1)
    expect(page.locator("#panel-truth")).to_have_count(1)
    jobs = system.until_final(*ids)
    assert {(job.state, job.attempt) for job in jobs} == {("succeeded", 1)}


def test_a_jobs_page_says_why_it_waits_and_where_it_stands(system: System, page: Page, sign_in: Any) -> None:
    system.worker()
    gate = system.folder / "gate"
    running = services.enqueue("test.holds", {"ledger": system.ledger(), "gate": str(gate)}).id
    system.until_begun(running)
    queues.pause("default", Actor(5, "ada"), reason=REASON)
    waiting = services.enqueue("test.noop").id
    sign_in("operator")
    page.goto(f"/admin/jobs/job/{waiting}/change/")
    expect(page.locator("#panel-why")).to_contain_text(f"The queue default is paused by ada: {REASON}")
    page.goto(f"/admin/jobs/job/{running}/change/")
    page.get_by_role("button", name="Take its stack").click()
    expect(page.locator("#panel-stack")).to_contain_text("tests/sample/running.py")
    expect(page.locator("#panel-stack")).not_to_contain_text("Stale")
    gate.touch()
    system.until_final(running)
    page.reload()
    expect(page.locator("#panel-stack")).to_contain_text("Stale")
