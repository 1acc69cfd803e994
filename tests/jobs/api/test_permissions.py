"""Every address and method against everybody who may come. An address without expectations fails here.

A request counts as let through unless it is answered 401, 403 or 404: what it then says about its body or about the
state of a job is the affair of other tests.
"""

import json
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from dispatcher.models import Dispatch
from jobs.broker import Broker
from jobs.console import urls as console_urls
from jobs.live.routing import websocket_urlpatterns
from jobs.models import BulkOperation
from tests.jobs import scenes
from tests.jobs.api import roles
from tests.jobs.live.listening import Refused, do, listening, run

pytestmark = pytest.mark.django_db(transaction=True)

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
STREAMS: dict[str, tuple[set[str], set[str]]] = {
    "ws": ({"owner"}, set()),
    "ws/events": (SEE_ONE, {*LOOK, "key jobs:operate"}),
}
"""Who hears of a job of `owner`, for the tenant of `member`, and who of somebody else's for no tenant. All but
`anonymous` are let in."""
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


@pytest.fixture
def everybody(transactional_db: None, broker: Broker) -> dict[str, Client]:
    return roles.make()


@pytest.fixture
def values(everybody: dict[str, Client]) -> dict[str, Any]:
    """What stands in the addresses."""
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


@pytest.mark.parametrize(("method", "route"), sorted(EXPECTED))
def test_who_is_let_through(everybody: dict[str, Client], values: dict[str, Any], method: str, route: str) -> None:
    let_through = set()
    for name, client in everybody.items():
        answer = ask(client, method, route, values)
        assert answer.status_code < 500, (name, answer.content)
        if answer.status_code not in (401, 403, 404) or b"left no artifact" in answer.content:
            let_through.add(name)
        elif name == "anonymous":
            assert answer.status_code == 401
    assert let_through == EXPECTED[method, route]


@pytest.mark.parametrize(("method", "route"), sorted(key for key in EXPECTED if "<str:job_id>" in key[1]))
def test_what_somebody_may_not_see_is_not_there(
    everybody: dict[str, Client], values: dict[str, Any], method: str, route: str
) -> None:
    """The same answer for a job of others and for one that does not exist."""
    missing = {name: uuid4() for name in values}
    for name in sorted(KNOWN - SEE_ONE):
        foreign, absent = (ask(everybody[name], method, route, given) for given in (values, missing))
        assert (foreign.status_code, foreign.content) == (absent.status_code, absent.content), name


def test_every_stream_has_its_expectations() -> None:
    assert {str(route.pattern) for route in websocket_urlpatterns} - {""} == set(STREAMS)


@pytest.mark.parametrize("route", sorted(STREAMS))
def test_who_hears_of_whose_jobs(everybody: dict[str, Client], broker: Broker, route: str) -> None:
    """Jobs from before are in a first snapshot, all later ones come; after a flush everybody is told that it was."""
    owner = User.objects.get(username="owner")
    heard: dict[str, str] = {}

    async def scene() -> list[str]:
        with pytest.raises(Refused) as refusal:
            async with listening(f"/{route}", shown(everybody["anonymous"])):
                pass
        assert refusal.value.status == 401
        async with AsyncExitStack() as stack:
            ears = {}
            if route == "ws":
                made = [await do(submit, owner.pk, roles.TENANT), await do(submit, owner.pk + 1000, "")]
            for name in sorted(KNOWN):
                ears[name] = await stack.enter_async_context(listening(f"/{route}", shown(everybody[name])))
                heard[name] = str(await ears[name].message())
            if route != "ws":
                made = [await do(submit, owner.pk, roles.TENANT), await do(submit, owner.pk + 1000, "")]
                while made[1] not in heard["admin"]:
                    heard["admin"] += str(await ears["admin"].message())
                broker.flush()
                for name in sorted(KNOWN):
                    while "resync" not in heard[name]:
                        heard[name] += str(await ears[name].message())
        return made

    own, foreign = run(scene)
    assert {name for name, text in heard.items() if own in text} == STREAMS[route][0]
    assert {name for name, text in heard.items() if foreign in text} == STREAMS[route][1]


def submit(owner_id: int, tenant_id: str) -> str:
    return str(scenes.queued("test.noop", owner_id=owner_id, tenant_id=tenant_id))


def shown(client: Client) -> dict[str, str]:
    """The headers by which a client says who it is."""
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    key = client.defaults.get("HTTP_X_API_KEY")
    return ({"Cookie": cookie} if cookie else {}) | ({"X-API-Key": key} if key else {})


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
    answer.close()
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
