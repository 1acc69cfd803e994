"""An operator's and a viewer's way through the admin, with real clicks and a real worker."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from jobs import services
from jobs.models import Job
from jobs.services import identify
from tests.acceptance.system import System

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def dead_letter(system: System) -> Any:
    """A job that failed for good in a real worker."""
    job_id = services.enqueue("test.fails", {"message": "<script>alert(1)</script> order 17"}, max_attempts=1).id
    system.until_final(job_id)
    return job_id


def test_a_viewer_finds_no_button_that_works(system: System, page: Page, sign_in: Any) -> None:
    system.worker()
    job_id = dead_letter(system)
    sign_in("viewer")
    page.goto(f"/admin/jobs/job/{job_id}/change/")
    expect(page.locator("body")).to_contain_text("test.fails")
    expect(page.locator("body")).not_to_contain_text("order 17 is secret")
    expect(page.get_by_role("link", name="Retry")).to_have_count(0)
    page.goto("/admin/jobs/deadletter/")
    expect(page.get_by_role("link", name="ValueError")).to_be_visible()
    expect(page.get_by_role("link", name="Replay")).to_have_count(0)
    expect(page.get_by_role("button", name="Replay")).to_have_count(0)
    assert Job.objects.get(pk=job_id).state == "failed"


def test_an_admin_makes_a_key_and_sees_its_token_once(page: Page, sign_in: Any) -> None:
    sign_in("admin")
    page.goto("/admin/jobs/apikey/add/")
    page.locator("[name=name]").fill("the mailer")
    page.locator("[name=scopes][value='jobs:write']").check()
    page.get_by_role("button", name="Make the key").click()
    token = page.locator("#token").inner_text()
    identity = identify.by_token(token)
    assert identity is not None
    assert identity.user.get_username() == "a-admin"
    page.get_by_role("link", name="Done").click()
    expect(page.locator("#result_list")).to_contain_text("the mailer")
    expect(page.locator("body")).not_to_contain_text(token)
