"""Every address and method against everybody who may come. An address without expectations fails here.

A request counts as let through unless it is answered 401, 403 or 404: what it then says about its body or about the
state of a job is the affair of other tests.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.signals import request_finished
from django.db import close_old_connections, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import DjangoDbBlocker

from dispatcher.models import Dispatch
from jobs.broker import Broker
from jobs.console import urls as console_urls
from jobs.models import BulkOperation
from tests.jobs import scenes
from tests.jobs.api import roles

pytestmark = pytest.mark.django_db


class Scene(NamedTuple):
    clients: dict[str, Client]
    values: dict[str, Any]


METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OPEN = set(roles.ALL)
KNOWN = OPEN - {"anonymous"}
LOOK = {"viewer", "operator", "admin", "key jobs:read", "key admin"}
SUBMIT = {"owner", "member", "operator", "admin", "key jobs:write", "key admin"}
OPERATE = {"operator", "admin", "key jobs:operate", "key admin"}
SEE_ONE = {*LOOK, "owner", "member", "key jobs:operate"}
"""Who sees a job of `owner`, for the tenant of `member`."""
SEE_INSIDE = {"owner", "operator", "admin", "key jobs:read", "key admin"}

CHANGE_OWN = KNOWN - {"key jobs:read", "key jobs:operate", "key worker"}
PLACES = ("", "api/", "api/v1/")
EXPECTED: dict[tuple[str, str], set[str]] = {
    **dict.fromkeys([("GET", route) for route in ("health", "health/db", "health/redis", "healthz", "readyz")], OPEN),
    **dict.fromkeys([("GET", f"api/v1/health{part}") for part in ("", "/db", "/redis")], OPEN),
    ("GET", "api/docs"): OPEN,
    ("GET", "api/schema"): OPEN,
    ("POST", "api/v1/auth/token"): OPEN,
    ("POST", "api/v1/auth/refresh"): OPEN,
    ("GET", "api/v1/"): KNOWN,
    ("GET", "api/v1/handlers"): KNOWN,
    ("GET", "api/v1/jobs"): KNOWN,
    ("POST", "api/v1/jobs"): SUBMIT,
    ("POST", "api/v1/jobs/batch"): SUBMIT,
    ("POST", "api/v1/uploads"): SUBMIT,
    ("GET", "api/v1/jobs/<str:job_id>"): SEE_ONE,
    **dict.fromkeys(
        [("GET", f"api/v1/jobs/<str:job_id>/{part}") for part in ("attempts", "events", "graph", "inspection")],
        SEE_ONE,
    ),
    ("GET", "api/v1/jobs/<str:job_id>/artifact"): SEE_INSIDE,
    ("GET", "api/v1/jobs/<str:job_id>/logs"): SEE_INSIDE,
    ("PATCH", "api/v1/jobs/<str:job_id>"): OPERATE,
    ("DELETE", "api/v1/jobs/<str:job_id>"): OPERATE,
    ("POST", "api/v1/jobs/<str:job_id>/cancel"): OPERATE,
    ("POST", "api/v1/jobs/<str:job_id>/retry"): OPERATE,
    ("GET", "api/v1/dlq"): KNOWN,
    ("GET", "api/v1/dlq/groups"): KNOWN,
    ("POST", "api/v1/dlq/replay"): OPERATE,
    ("POST", "api/v1/dlq/delete"): OPERATE,
    ("GET", "api/v1/bulk"): LOOK,
    ("GET", "api/v1/bulk/<str:operation_id>"): LOOK,
    ("POST", "api/v1/bulk/<str:operation_id>/stop"): OPERATE,
    ("GET", "api/v1/queues"): LOOK,
    ("POST", "api/v1/queues"): OPERATE,
    **dict.fromkeys([("POST", f"api/v1/queues/<str:name>/{verb}") for verb in ("pause", "resume", "drain")], OPERATE),
    ("GET", "api/v1/workers"): LOOK,
    **dict.fromkeys(
        [("POST", f"api/v1/workers/<str:worker_id>/{verb}") for verb in ("cordon", "resume", "drain")], OPERATE
    ),
    **{("POST", f"{place}jobs"): SUBMIT for place in ("", "api/")},
    **{("GET", f"{place}jobs/<str:job_id>"): SEE_ONE for place in ("", "api/")},
    **{("POST", f"{place}dispatch"): SUBMIT for place in PLACES},
    **{("GET", f"{place}dispatch"): SUBMIT for place in PLACES},
    **{("GET", f"{place}dispatch/<int:dispatch_id>"): {"owner"} for place in PLACES},
    **{("GET", f"{place}settings/dispatch-categories"): KNOWN for place in PLACES},
    **{("PUT", f"{place}settings/dispatch-categories"): CHANGE_OWN for place in PLACES},
    **{("POST", f"{place}settings/dispatch-categories"): CHANGE_OWN for place in PLACES},
    ("GET", "api/v1/overview"): LOOK,
    ("GET", "api/v1/dashboard"): LOOK,
    ("GET", "api/v1/metrics"): OPEN,
    ("GET", "metrics"): OPEN,
    ("GET", "sse/events"): KNOWN,
}
STREAM = ("GET", "sse/events")
"""Asked in `tests/jobs/live/test_permissions.py`: another thread answers, which sees only what is committed."""
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "api/v1/jobs"): {"type": "test.noop"},
    ("PATCH", "api/v1/jobs/<str:job_id>"): {"priority": 9},
}
PAGES = {"", "admin/", "admin/pipeline/", "login", "logout", "my/jobs/<uuid:job_id>"}
"""Not of the API: they have tests of their own, and no credential but a session opens them."""


def routes(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, str]]:
    """(method, route) of every address outside of the admin, from the URLs themselves."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if route not in PAGES - {""}:
                yield from routes(pattern.url_patterns, route)
        elif route not in PAGES:
            yield from ((method, route) for method in methods(pattern))


def methods(pattern: URLPattern) -> list[str]:
    """Those that a view class has; a plain function is asked with each, and answers 405 to the others."""
    view = getattr(pattern.callback, "cls", None) or getattr(pattern.callback, "view_class", None)
    return ["GET"] if view is None else [method for method in METHODS if hasattr(view, method.lower())]


def test_every_address_has_its_expectations() -> None:
    assert set(routes()) == set(EXPECTED)


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Scene]:
    """Made once, and gone with the last test: to let everybody sign in takes longer than to ask them all."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Scene(roles.make(), _values())
        transaction.set_rollback(True)


@pytest.fixture
def everybody(scene: Scene, db: None, broker: Broker) -> dict[str, Client]:
    """As they were at first, whatever other tests have asked, or changed: each test is undone to a savepoint."""
    return {name: roles.again(client) for name, client in scene.clients.items()}


@pytest.fixture
def values(scene: Scene) -> dict[str, Any]:
    """What stands in the addresses."""
    return scene.values


def _values() -> dict[str, Any]:
    owner = User.objects.get(username="owner")
    row = Dispatch.objects.create(user=owner, prompt="say hello", provider="offline")
    job_id = scenes.queued(owner_id=owner.pk, tenant_id=roles.TENANT)
    operation = BulkOperation.objects.create(verb="dlq.replay", actor_id=owner.pk, actor="owner", estimated=1)
    return {
        "operation_id": operation.pk,
        "job_id": job_id,
        "dispatch_id": row.pk,
        "name": "default",
        "worker_id": scenes.worker(),
    }


@pytest.mark.parametrize(("method", "route"), sorted(set(EXPECTED) - {STREAM}))
def test_who_is_let_through(everybody: dict[str, Client], values: dict[str, Any], method: str, route: str) -> None:
    assert let_through(everybody, method, route, values) == EXPECTED[method, route]


def let_through(everybody: dict[str, Client], method: str, route: str, values: dict[str, Any]) -> set[str]:
    found = set()
    for name, client in everybody.items():
        answer = ask(client, method, route, values)
        assert answer.status_code < 500, (name, answer.content)
        if answer.status_code not in (401, 403, 404) or b"left no artifact" in answer.content:
            found.add(name)
        elif name == "anonymous":
            assert answer.status_code == 401
    return found


@pytest.mark.parametrize(("method", "route"), sorted(key for key in EXPECTED if "<str:job_id>" in key[1]))
def test_what_somebody_may_not_see_is_not_there(
    everybody: dict[str, Client], values: dict[str, Any], method: str, route: str
) -> None:
    """The same answer for a job of others and for one that does not exist."""
    missing = {name: uuid4() for name in values}
    for name in sorted(KNOWN - SEE_ONE):
        foreign, absent = (ask(everybody[name], method, route, given) for given in (values, missing))
        assert (foreign.status_code, foreign.content) == (absent.status_code, absent.content), name


def test_no_key_opens_the_admin(everybody: dict[str, Client]) -> None:
    pages = [path for path, takes in admin_pages() if not takes]
    assert len(pages) > 20
    for name in ("anonymous", "nobody", "owner", "member", *roles.KEYS):
        for path in pages:
            answer = everybody[name].get(path)
            assert answer.status_code in (302, 404), (name, path)
            assert answer.status_code == 404 or "/admin/login/" in answer["Location"], (name, path)


def ask(client: Client, method: str, route: str, values: dict[str, Any]) -> Any:
    path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(values[match[1]]), route)
    body = BODIES.get((method, route), {})
    text = json.dumps(body) if method != "GET" else ""
    answer = client.generic(method, path, text, content_type="application/json")
    if answer.streaming:
        # As Django's client closes what does not stream: the connection, with our transaction, stays.
        request_finished.disconnect(close_old_connections)
        answer.close()
        request_finished.connect(close_old_connections)
    return answer


def admin_pages() -> Iterator[tuple[str, bool]]:
    """(path, whether it takes arguments) of the pages that need somebody signed in."""
    open_to_all = {"login", "logout", "jsi18n"}
    for pattern in (*admin.site.urls[0], *console_urls.urlpatterns):
        yield from _below(pattern, "/admin/", open_to_all)
    yield "/admin/pipeline/", False


def _below(pattern: Any, prefix: str, skip: set[str]) -> Iterator[tuple[str, bool]]:
    path = prefix + str(pattern.pattern).lstrip("^")
    if isinstance(pattern, URLResolver):
        for one in pattern.url_patterns:
            yield from _below(one, path, skip)
    elif pattern.name not in skip:
        yield path, any(mark in path for mark in "<(?$")
