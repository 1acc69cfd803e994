"""Who may only look, or not even that: no button works, and the addresses behind the buttons refuse."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page, expect

from jobs.models import AuditEntry, DeadLetter, Job, Queue, Worker
from tests.jobs import scenes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
VERBS = {
    "job": ("cancel", "retry", "priority", "edit"),
    "queue": ("pause", "resume", "drain"),
    "worker": ("cordon", "resume", "drain"),
    "deadletter": ("replay", "delete-letters"),
}
BUTTONS = "a[data-dialog], button[data-dialog], [hx-post], main form[method=post], a.addlink"
_POST = """async ([address, token]) => (await fetch(address, {
    method: "POST", headers: { "X-CSRFToken": token }, body: new URLSearchParams({ reason: "because" }),
})).status"""


def scene() -> dict[str, str]:
    """One of each that has verbs: model -> key."""
    failed = scenes.failed()
    worker = Worker.objects.first() or Worker.objects.get(pk=scenes.worker())
    letter = DeadLetter.objects.get(job_id=failed)
    return {
        "job": str(scenes.queued()),
        "queue": "default",
        "worker": str(worker.pk),
        "deadletter": str(letter.pk),
    }


def post(page: Page, address: str) -> int:
    """As a script of the page would, with its cookies."""
    tokens = [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "csrftoken"]
    return int(page.evaluate(_POST, [address, tokens[0]]))


def test_a_viewer_walks_through_all_pages_and_can_press_nothing(page: Page, sign_in: Any) -> None:
    keys = scene()
    sign_in("viewer")
    pages = page.locator("[data-go]").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    own = reverse("dispatcher:categories")
    assert {reverse("admin:jobs_job_changelist"), reverse("admin:jobs_queue_changelist"), own} <= set(pages)
    details = [reverse(f"admin:jobs_{model}_change", args=[key]) for model, key in keys.items()]
    for address in [*pages, *details]:
        answer = page.goto(address)
        assert answer is not None and answer.ok, address
        if address not in (own, reverse("console-pipeline")):
            expect(page.locator(BUTTONS), address).to_have_count(0)
    for model, verbs in VERBS.items():
        for verb in verbs:
            address = reverse(f"admin:jobs_{model}_verb", args=[verb])
            assert post(page, f"{address}?key={keys[model]}") == 403, address
    assert post(page, reverse("console-rebuild")) == 403
    assert post(page, f"{reverse('console-bulk-begin')}?verb=job.cancel&state=queued") == 403
    assert not AuditEntry.objects.exists()
    assert Job.objects.get(pk=keys["job"]).state == "queued"
    assert Queue.objects.get().mode == "open"


def test_staff_without_a_role_see_no_job_and_others_no_admin(page: Page, served: Any) -> None:
    keys = scene()
    job_page = reverse("admin:jobs_job_change", args=[keys["job"]])
    User.objects.create_user("idle", password="a long enough secret", is_staff=True)
    page.goto("/admin/login/")
    page.get_by_label("Username").fill("idle")
    page.get_by_label("Password").fill("a long enough secret")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin/")
    expect(page.locator("#panel-counters")).to_have_count(0)
    expect(page.locator("body")).not_to_contain_text("test.anything")
    for address in (job_page, reverse("admin:jobs_queue_changelist"), reverse("admin:jobs_auditentry_changelist")):
        answer = page.goto(address)
        assert answer is not None and answer.status in (403, 404), address
    page.context.clear_cookies()

    scenes.user("ada", "submit_job")
    page.goto("/")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill("secret-of-a-test")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Plain English in")).to_be_visible()
    page.goto("/admin/")
    expect(page.locator("body")).to_contain_text("not authorized")
    page.goto(job_page)
    expect(page.locator("body")).not_to_contain_text("test.anything")
