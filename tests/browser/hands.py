"""What a hand does in more than one test."""

from playwright.sync_api import Page, expect


def press(page: Page, button: str, reason: str) -> None:
    """A verb's button, its dialog, and the answer."""
    page.get_by_role("link", name=button, exact=True).first.click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_role("button", name=button).click()
    expect(dialog).to_be_hidden()
