"""Who may call what: every address of the API, without a credential, without its permission, and with it."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern

from jobs.api.urls import urlpatterns
from tests.jobs import builders, scenes
from tests.jobs.api.callers import OPERATE, VIEW, refused, somebody

pytestmark = pytest.mark.django_db(transaction=True)
OPEN = {"health", "health-db", "health-redis", "metrics"}
SIGN_IN = {"token", "refresh"}
"""Where credentials come from: `test_identity.py` is about them."""
BY_VERB = {"bulk-stop"}
"""The permission is that of the operation's verb: `test_bulk.py` is about it."""
METHODS = ("get", "post", "patch", "put", "delete")


def view(pattern: URLPattern) -> Any:
    return pattern.callback.view_class  # type: ignore[attr-defined]


def operations() -> list[tuple[str, str, str, str | None]]:
    """(name, method, path, permission) of everything that can be called."""
    return [
        (str(pattern.name), method, str(pattern.pattern), view(pattern).needs.get(method.upper()))
        for pattern in urlpatterns
        for method in METHODS
        if hasattr(view(pattern), method) and pattern.name not in SIGN_IN
    ]


ALL = operations()
OF_JOBS = [(method, path) for _, method, path, _ in ALL if "job_id" in path]


def call(client: Client, method: str, path: str, job_id: object = None) -> Any:
    path = path.replace("<str:job_id>", str(job_id or uuid4())).replace("<str:name>", "default")
    body = "{}" if method != "get" else None
    path = f"/api/v1/{path.replace('<str:worker_id>', 'w-1')}"
    return getattr(client, method)(path, body, content_type="application/json") if body else client.get(path)


@pytest.mark.parametrize(("name", "method", "path", "permission"), ALL)
def test_nobody(client: Client, db: None, name: str, method: str, path: str, permission: str | None) -> None:
    answer = call(client, method, path)
    assert answer.status_code == 200 if name in OPEN else refused(answer, 401)


@pytest.mark.parametrize(("name", "method", "path", "permission"), [one for one in ALL if one[3]])
def test_all_permissions_but_the_one(
    transactional_db: None, name: str, method: str, path: str, permission: str
) -> None:
    client = somebody(*{*VIEW, *OPERATE} - {permission.removeprefix("jobs.")})
    assert refused(call(client, method, path), 403)["code"] == "permission_denied"


@pytest.mark.parametrize(
    ("name", "method", "path", "permission"), [one for one in ALL if one[1] != "get" and one[0] not in BY_VERB]
)
def test_whoever_only_looks_changes_nothing(
    viewer: Client, name: str, method: str, path: str, permission: str | None
) -> None:
    job_id = scenes.failed()
    before = builders.everything(job_id)
    refused(call(viewer, method, path, job_id), 403)
    assert builders.everything(job_id) == before


@pytest.mark.parametrize(("method", "path"), OF_JOBS)
def test_a_job_of_somebody_else_is_as_good_as_none(eve: Client, method: str, path: str) -> None:
    job_id = scenes.failed(owner_id=99)
    before = builders.everything(job_id)
    theirs, none = call(eve, method, path, job_id), call(eve, method, path)
    assert (theirs.status_code, theirs.content) == (404, none.content)
    assert builders.everything(job_id) == before


@pytest.mark.parametrize(("method", "path"), OF_JOBS)
@pytest.mark.parametrize("name", ["x", "1", "%00", "a" * 300])
def test_malformed_ids_are_not_found(operator: Client, method: str, path: str, name: str) -> None:
    refused(call(operator, method, path, name), 404)
