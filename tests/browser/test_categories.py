"""Somebody who is no staff chooses their dispatch categories."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dispatcher import categories
from tests.jobs import scenes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_person_adds_tries_removes_and_saves(page: Page, served: Any) -> None:
    person = scenes.user("ada", "submit_job")
    page.goto("/")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill("secret-of-a-test")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("rowheader", name="general")).to_be_visible()

    page.get_by_role("textbox", name="Label").fill("newsletter")
    page.get_by_label("Stands for").select_option("email.send")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("row", name="newsletter")).to_contain_text("email.send")
    expect(page.get_by_text("Unsaved changes")).to_be_visible()

    sentence = page.get_by_role("textbox", name="Sentence")
    sentence.fill("the newsletter for zoe@example.com about <b>spring</b>")
    sentence.press("Enter")
    expect(page.locator(".reading")).to_contain_text("zoe@example.com")
    expect(page.locator(".reading")).to_contain_text("<b>spring</b>")

    page.get_by_role("button", name="Remove general").click()
    expect(page.get_by_role("row", name="general")).to_have_count(0)
    assert [one.label for one in categories.of(person.pk)] == ["general"]

    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    assert categories.of(person.pk) == [("newsletter", "email.send")]
    page.reload()
    expect(page.get_by_role("row", name="newsletter")).to_be_visible()


def test_a_label_that_is_refused_says_why(page: Page, served: Any) -> None:
    scenes.user("ada")
    page.goto("/login")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill("secret-of-a-test")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Settings").click()
    label = page.get_by_role("textbox", name="Label")
    label.fill("GENERAL")
    label.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("is there twice")
    expect(label).to_have_value("GENERAL")
