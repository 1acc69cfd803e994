"""A real Chromium, driven by Playwright, on the application as an ASGI server runs it."""

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, NamedTuple

import pytest
import uvicorn
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.failing import has_failed

# Playwright keeps an event loop in the test's own thread, and Django would refuse its ORM there.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 60_000
"""Milliseconds for what should take a few hundred."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Ended with its module: other tests may want an event loop of their own in this thread."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium on this machine")
        pytest.skip("no Chromium on this machine")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class Served(NamedTuple):
    url: str


@pytest.fixture
def served(transactional_db: None) -> Iterator[Served]:
    """In a thread of this process, with its settings. Django's own live server knows neither sockets nor streams."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            "flowbit.asgi:application", lifespan="off", log_config=None, timeout_graceful_shutdown=2
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield Served(f"http://localhost:{listening.getsockname()[1]}")
        server.should_exit = True
        thread.join(20)


@pytest.fixture
def page(request: pytest.FixtureRequest, chromium: Browser, served: Any) -> Iterator[Page]:
    """A page that fails its test when the browser reports an error in a script, or refuses something by policy."""
    context = chromium.new_context(base_url=served.url, viewport={"width": 1280, "height": 900})
    found = context.new_page()
    problems: list[str] = []
    found.on("pageerror", lambda error: problems.append(str(error)))
    found.on("console", lambda line: problems.append(line.text) if "Content Security Policy" in line.text else None)
    found.set_default_timeout(PATIENCE)
    yield found
    context.close()
    assert not problems or has_failed(request)


@pytest.fixture
def sign_in(page: Page, served: Any) -> Any:
    """`sign_in("operator")`: log in as a new person of that role."""

    def enter(role: str) -> None:
        with connection.schema_editor() as editor:
            # A test that empties the tables takes the groups of the migration with it.
            import_module("jobs.migrations.0002_roles").create(apps, editor)
            import_module("jobs.migrations.0005_identity").permit(apps, editor)
            import_module("jobs.migrations.0007_rebuild").permit(apps, editor)
        person = User.objects.create_user(f"a-{role}", password="a long enough secret", is_staff=True)
        person.groups.add(Group.objects.get(name=role))
        page.goto("/admin/login/")
        page.get_by_label("Username").fill(person.username)
        page.get_by_label("Password").fill("a long enough secret")
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/admin/")

    return enter


@pytest.fixture
def enter(page: Page, served: Any) -> Callable[[User], None]:
    """`enter(user)`: they are signed in."""

    def sign_in(user: User) -> None:
        client = Client()
        client.force_login(user)
        cookie = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": served.url}])

    return sign_in
