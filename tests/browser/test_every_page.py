"""Every page of the console, with hostile text wherever it can be: nothing of it runs, leaves the window or turns
around what stands beside it; and all there is can be read, in light and in dark.
"""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page

from jobs.broker import Broker
from tests.browser import looks
from tests.jobs import scenes
from tests.jobs.console.addresses import ROUTES, Route
from tests.jobs.console.hostile import hostile_rows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Enter = Callable[[User], None]
_NO_PAGE = re.compile(
    r"/r/|jsi18n|autocomplete|search/|log(in|out)|/stop/|/stack/|delete/|done/|history/|object_id>/$|url>"
)
_ALIKE = re.compile(
    r".*password|/admin/auth/group/$|/apikey/verb|/jobs/(duty|dependency|idempotencykey|apikey|storedfile)/.*change/"
    r"|/schedulerlease/|/job/verb/|/my/jobs"
)
"""Lists, forms and dialogs that look as others do."""
_RECORD = re.compile(r"/admin/(auth|dispatcher|jobs/(?!job/|queue/|worker/|deadletter/))")
_ADDED = ("/admin/jobs/job/add/", "/admin/jobs/apikey/add/")


def shown(route: Route) -> bool:
    """What a person may look at; rows of which none can be added have no such page."""
    if route.pattern.endswith("/add/"):
        return route.pattern in _ADDED
    return route.pattern != "/" and not _NO_PAGE.search(route.pattern) and not _ALIKE.search(route.pattern)


def kind(route: Route) -> str:
    return "records" if _RECORD.match(route.pattern) else "console"


@pytest.mark.parametrize("which", ["console", "records"])
def test_it_can_be_read_and_nothing_of_it_runs(page: Page, enter: Enter, broker: Broker, which: str) -> None:
    page.add_init_script(looks.HEARD)
    if which == "records":
        looks.look(page, "/login")
        looks.look(page, "/admin/login/")
    root = User.objects.create_superuser("root")
    hostile_rows(root)
    scenes.worker()
    scenes.running(queue="other")
    enter(root)
    routes = [route for route in ROUTES if shown(route) and kind(route) == which]
    assert len(routes) > 12
    for route in routes:
        looks.look(page, f"{route.path}?{route.shapes()[0]}")
