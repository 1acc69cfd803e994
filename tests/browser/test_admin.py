"""An admin makes a key, with real clicks."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from jobs.services import identify

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


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
