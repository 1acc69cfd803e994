"""What an open page shows while its server is away, and by which way it hears of changes."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.demo import free_port
from tests.acceptance.system import System
from tests.jobs import scenes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_page_outlives_its_server(system: System, page: Page, sign_in: Any) -> None:
    port = free_port()
    system.web_at(port)
    sign_in("operator")
    scenes.queued()
    page.goto(f"http://localhost:{port}/admin/jobs/job/")
    page.evaluate("window.same = 'page'")
    mode, panel = page.locator(".live-mode"), page.locator("#panel-rows")
    rows = panel.locator("tbody tr")
    expect(mode).to_have_text("Live")
    expect(rows).to_have_count(1)

    system.processes[-1].kill()
    expect(mode).to_have_text("Offline")
    expect(panel).to_have_attribute("data-stale", re.compile(r"^(Offline|Not refreshed) · .+ old$"))
    expect(rows).to_have_count(1)

    scenes.queued()
    system.web_at(port)
    expect(mode).to_have_text("Live")
    expect(rows).to_have_count(2)
    expect(panel).not_to_have_class(re.compile(r"\bstale\b"))
    assert page.evaluate("window.same") == "page"


def test_without_a_websocket_it_hears_by_events_and_without_those_it_asks(page: Page, sign_in: Any) -> None:
    sign_in("operator")
    page.route_web_socket(re.compile("/ws/events"), lambda route: route.close())
    page.goto("/admin/jobs/job/")
    page.evaluate("window.same = 'page'")
    mode, rows = page.locator(".live-mode"), page.locator("#panel-rows a[data-drawer]")
    expect(mode).to_have_text("Live (SSE)")
    scenes.queued()
    expect(rows).to_have_count(1)

    page.route("**/sse/events*", lambda route: route.abort())
    page.locator(".live-button").click()
    page.get_by_role("button", name="Reconnect").click()
    expect(mode).to_have_text("Polling")
    expect(page.locator("#live-details")).to_contain_text("Polling every 5 s")
    scenes.queued()
    expect(rows).to_have_count(2)
    assert page.evaluate("window.same") == "page"
