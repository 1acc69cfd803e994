"""Whatever stands in an address of the console, the answer is a page, and one with its policies: never an error 500."""

from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any
from urllib.parse import quote, urlencode
from zlib import crc32

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.utils.http import url_has_allowed_host_and_scheme

from dispatcher.models import Dispatch
from jobs.broker import Broker
from jobs.models import BulkOperation, Duty, Notification, SchedulerLease, StoredFile
from jobs.services import api_keys
from jobs.services.api_keys import Wanted
from jobs.services.audit import Actor
from tests.jobs import scenes
from tests.jobs.console.addresses import GROUPS, PART, ROUTES, names
from tests.jobs.console.hostile import SCRIPT, TEXT, hostile_jobs

pytestmark = pytest.mark.django_db(transaction=True)

ODD = (
    "%00", "%ED%A0%80", "9" * 25, "1" + "0" * 400, "-1", "0", "%D9%A3", "x" * 8000, "0000-00-00", "0001-01-01T00:00",
    "99999-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "00000000-0000-0000-0000-000000000000", "1e400", "nan", "[",
    "bmV3ZXIuOTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk=", "b2xkZXIuMA==", "__all__", "../..", "//evil.example/",
    "javascript:alert(1)", "a%0D%0AX-Odd:%201", quote(TEXT), quote("'\"><b>"), "%25s%25(x)s{0.__class__}", "",
)  # fmt: skip
PARTS = ("%00", "_00", "%ED%A0%80", "9" * 25, "1" + "0" * 400, "-1", "%D9%A3", "x" * 1500, quote(TEXT), "0" * 32)
FORM = "application/x-www-form-urlencoded"
AT_ONCE = 15
"""So many of the parameters that a page may look at are odd at once; those that it asks for by name are one by one."""


@pytest.fixture
def root(broker: Broker) -> Client:
    """Who may do everything, with a row in each table to look at."""
    scenes.worker()
    job_id = hostile_jobs()[0]
    user = User.objects.create_superuser("root")
    api_keys.make(user, Wanted(name=SCRIPT, scopes=["admin"]), Actor.shell(), None)
    Duty.objects.create(name="d")
    SchedulerLease.objects.create(holder="h", until="2030-01-01T00:00:00Z")
    BulkOperation.objects.create(verb="job.cancel", actor_id=1, actor=SCRIPT, estimated=1, reason=SCRIPT)
    Notification.objects.create(job_id=job_id, user_id=user.pk, message=TEXT)
    StoredFile.objects.create(file_id=SCRIPT, path=TEXT, size=1, sha256="0" * 64, mime=SCRIPT, job_id=job_id)
    Dispatch.objects.create(user=user, prompt=TEXT, answer=TEXT, payload={TEXT: TEXT}, provider=SCRIPT, job_id=job_id)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


@pytest.mark.parametrize("group", GROUPS)
def test_odd_text_is_answered(root: Client, group: str) -> None:
    """Each parameter is odd in one way, on the next page in another one; all are given twice at once; and each part of
    the path is odd in some ways.
    """
    odd, parts = islice(cycle(ODD), crc32(group.encode()) % len(ODD), None), cycle(PARTS[1:])
    for route in [one for one in ROUTES if one.group == group]:
        for shape in route.shapes():
            for given in tries(*names(root, f"{route.path}?{shape}"), alone=shape == route.shapes()[0]):
                query = "&".join(f"{name}={next(odd)}" for name in given)
                look(root, f"{route.path}?{shape}&{query}", partial=len(given) > 1)
                next(odd)
        for text in (PARTS[0], *islice(parts, 3)) if PART.search(route.pattern) else ():
            look(root, PART.sub(text, route.pattern))


def tries(own: list[str], every: list[str], alone: bool) -> Iterator[list[str]]:
    """Which parameters are odd, one page after the other."""
    if alone:
        yield from ([name] for name in own)
    together = every if alone else [*own, *every]
    yield from (together[start : start + AT_ONCE] for start in range(0, len(together), AT_ONCE))
    if alone:
        yield [form for name in (*own, *every) for form in (name, name, f"{name}[]", f"{name}[a]")]


def look(client: Client, address: str, partial: bool = False) -> None:
    answer: Any = client.get(address, headers={"HX-Request": "true"} if partial else {})
    place = address[:200]
    assert answer.status_code < 500, (place, answer.status_code, getattr(answer, "exc_info", None))
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"], place
    assert answer["X-Frame-Options"] in ("DENY", "SAMEORIGIN"), place  # Django 6.1 says the latter of the admin
    assert "X-Odd" not in answer, place
    led = answer.get("Location", "/")
    assert led.startswith("?") or url_has_allowed_host_and_scheme(led, {"testserver"}), (place, led)
    content = getattr(answer, "content", b"")
    assert SCRIPT.encode() not in content and b"'\"><b>" not in content, place
    assert b"&lt;/script&gt;14" not in content, place  # the template in TEXT was run


def test_every_page_of_the_console_is_among_them(root: Client) -> None:
    patterns = {route.pattern for route in ROUTES}
    assert {"/", "/login", "/admin/", "/admin/pipeline/", "/admin/bulk/begin/", "/my/jobs/<uuid:job_id>"} <= patterns
    assert len(patterns) > 100
    for route in ROUTES:
        if route.pattern.endswith(("/change/", "/verb/<str:name>/")) or route.pattern in ("/admin/bulk/begin/",):
            assert root.get(f"{route.path}?{route.shapes()[0]}").status_code == 200, route.pattern


@pytest.mark.parametrize("origin", [{}, {"Origin": "https://evil.example"}], ids=["without a token", "from elsewhere"])
def test_a_post_from_elsewhere_is_refused_everywhere(root: Client, origin: dict[str, str]) -> None:
    """Without its token, or with one but from a page of another origin."""
    root.handler.enforce_csrf_checks = True
    root.get("/admin/jobs/apikey/add/")
    token = {"csrfmiddlewaretoken": root.cookies["csrftoken"].value} if origin else {}
    before = [model.objects.count() for model in admin.site._registry]
    for place, route in enumerate(ROUTES):
        headers = {**origin, **({"HX-Request": "true"} if place % 2 else {})}
        answer = root.post(route.path, urlencode(token), FORM, headers=headers)
        assert answer.status_code in (403, 404, 405), route.pattern
    assert [model.objects.count() for model in admin.site._registry] == before
