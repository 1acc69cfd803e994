"""The console by keys alone, and on a phone."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.jobs import scenes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
_FOCUSED = "element => element.contains(document.activeElement)"


def test_an_operator_finds_opens_and_leaves_a_job_by_keys(page: Page, sign_in: Any) -> None:
    job_id = scenes.queued()
    sign_in("operator")
    keys = page.keyboard
    keys.press("g")
    keys.press("j")
    page.wait_for_url("**/admin/jobs/job/")
    keys.press("?")
    expect(page.locator("#keys")).to_be_visible()
    expect(page.locator("#keys")).to_contain_text("g j")
    keys.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    keys.press("/")
    expect(page.locator("[data-search]")).to_be_focused()

    link = page.locator("#panel-rows a[data-drawer]").first
    for _ in range(60):
        keys.press("Tab")
        if link.evaluate(_FOCUSED):
            break
    expect(link).to_be_focused()
    keys.press("Enter")
    drawer = page.locator("#drawer")
    expect(drawer).to_contain_text(str(job_id))
    expect(drawer).to_be_focused()

    cancel = drawer.get_by_role("link", name="Cancel")
    cancel.focus()
    keys.press("Enter")
    dialog = page.locator("#dialog")
    expect(dialog).to_be_visible()
    for _ in range(12):
        keys.press("Tab")
        # Beyond the dialog there is only the browser's own frame: the page behind it is never reached.
        assert page.evaluate("document.activeElement === document.body") or dialog.evaluate(_FOCUSED)
    keys.press("Escape")
    expect(dialog).to_be_hidden()
    expect(drawer).to_be_visible()
    keys.press("Escape")
    expect(drawer).to_be_hidden()
    expect(link).to_be_focused()

    keys.press("Control+k")
    expect(page.locator("#cmd-search, [name=s], input[type=search]").last).to_be_focused()


def test_a_phones_navigation_opens_by_keys(page: Page, sign_in: Any) -> None:
    sign_in("operator")
    page.set_viewport_size({"width": 390, "height": 844})
    entry = page.locator("#nav-sidebar a", has_text="Queues").first
    expect(entry).not_to_be_in_viewport()
    menu = page.get_by_role("button", name="Show or hide the navigation").locator("visible=true").last
    menu.focus()
    page.keyboard.press("Enter")
    expect(entry).to_be_in_viewport()
    entry.click()
    page.wait_for_url("**/admin/jobs/queue/")
