"""The console by keys alone, on a phone, in light and in dark."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.jobs import scenes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
_FOCUSED = "element => element.contains(document.activeElement)"
# Contrast as WCAG counts it: of the tokens on both grounds, and of every text in a panel on what is behind it.
_TOO_FAINT = """() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const parts = (colour) => {
        canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = (colour) => parts(colour).slice(0, 3).map((one) => one / 255)
        .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
        .reduce((sum, one, place) => sum + one * [0.2126, 0.7152, 0.0722][place], 0);
    const contrast = (one, two) => {
        const [dark, bright] = [light(one), light(two)].sort((a, b) => a - b);
        return (bright + 0.05) / (dark + 0.05);
    };
    const probe = document.body.appendChild(document.createElement("i"));
    const token = (name) => { probe.style.color = `var(${name})`; return getComputedStyle(probe).color; };
    const states = ["waiting", "running", "retrying", "throttled", "succeeded", "failed", "cancelled"];
    const faint = [];
    for (const name of ["--ink", "--soft", ...states.map((state) => `--state-${state}`)])
        for (const ground of ["--ground", "--raised"]) {
            const found = contrast(token(name), token(ground));
            if (found < 4.5) faint.push(`${name} on ${ground}: ${found.toFixed(2)}`);
        }
    const behind = (node) => {
        for (; node; node = node.parentElement) {
            const colour = getComputedStyle(node).backgroundColor;
            if (parts(colour)[3] === 255) return colour;
        }
        return "white";
    };
    let looked = 0;
    for (const node of document.querySelectorAll(".panel *")) {
        const written = [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
        if (!written || !node.checkVisibility() || node.closest(":disabled")) continue;
        looked += 1;
        const found = contrast(getComputedStyle(node).color, behind(node)), what = node.className || node.tagName;
        if (found < 4.5) faint.push(`${what} "${node.textContent.trim()}": ${found.toFixed(2)}`);
    }
    probe.remove();
    return looked ? faint : ["no text was found"];
}"""


def scene() -> None:
    """A job in every state that has a colour of its own."""
    scenes.queued()
    scenes.running()
    scenes.failed()
    scenes.succeeded()


def pages(page: Page) -> list[str]:
    found = page.locator("[data-go]").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert len(found) > 8
    return list(found)


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


def test_every_page_fits_a_phone_and_can_be_read_in_light_and_in_dark(page: Page, sign_in: Any) -> None:
    scene()
    sign_in("admin")
    for address in pages(page):
        page.goto(address)
        page.set_viewport_size({"width": 390, "height": 844})
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, f"{address} is {width} wide"
        page.set_viewport_size({"width": 1280, "height": 900})
        if page.locator(".panel").count():
            for dark in (False, True):
                page.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", dark)
                assert page.evaluate(_TOO_FAINT) == [], f"{address}, dark: {dark}"


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
