"""How a page looks, measured in the browser."""

from pathlib import Path

from playwright.sync_api import Page

HEARD = "window.ran = []; window.alert = (text) => window.ran.push(text);"
"""A script for each page, before its own."""
_TALLEST = 12_000  # pixels, of what could be 200,000 letters
_TOO_FAINT = Path(__file__).with_name("too_faint.js").read_text()
_TURNED = Path(__file__).with_name("turned.js").read_text()
_SET = "dark => document.documentElement.classList.toggle('dark', dark)"


def look(page: Page, address: str) -> None:
    """Nothing that hostile text asks for is done, it stays within a wide window and a narrow one, and can be read."""
    answer = page.goto(address)
    assert answer is not None and answer.ok, address
    assert page.evaluate("window.ran") == [], address
    for width in (0, 390 if page.evaluate("innerWidth") > 390 else 1280):
        assert fits(page, width), f"{address} in {page.viewport_size}"
        if page.evaluate("innerWidth") > 390:
            _look_closely(page, address)


def _look_closely(page: Page, address: str) -> None:
    assert page.evaluate("document.documentElement.scrollHeight") < _TALLEST, address
    text = page.inner_text("body")
    # `{{ 7|add:7 }}` would have become 14.
    assert "\u202e" not in text and "</script>14" not in text, address
    assert turned(page) == [], address
    for dark in (False, True):
        assert too_faint(page, dark=dark) == [], f"{address}, dark: {dark}"


def too_faint(page: Page, *, dark: bool) -> list[str]:
    """What of the page has too little contrast, in one of the themes."""
    page.evaluate(_SET, dark)
    found: list[str] = page.evaluate(_TOO_FAINT)
    return found


def turned(page: Page) -> list[str]:
    """Texts in Hebrew that turn around what stands beside them."""
    found: list[str] = page.evaluate(_TURNED)
    return found


def fits(page: Page, width: int = 0) -> bool:
    """Whether the page is as wide as the window, when it has come to rest; with `width`, in a window of that width."""
    if width:
        page.set_viewport_size({"width": width, "height": 844})
    # Charts are drawn anew with the next frames.
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
