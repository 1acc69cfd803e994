"""Jobs in any state, brought there by the real store, and users with chosen permissions."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission, User

from jobs import jsontext, services
from jobs.models import Profile
from jobs.settlement import Settlement
from jobs.store import insert, settle, start, workers

WORKER = "w-1"
FRAMES = jsontext.encode(
    [{"file": "app/mail.py", "line": 7, "function": "send", "code": "raise Boom", "locals": {"to": "'ada'"}}]
)


def queue(name: str) -> str:
    """A queue with its row. Submits remember which rows they made, and tests empty the tables."""
    insert.add_queues([name])
    return name


def queued(type: str = "test.anything", payload: dict[str, Any] | None = None, **options: Any) -> UUID:
    queue(options.get("queue", "default"))
    return services.enqueue(type, payload, **options).id


def worker(name: str = WORKER, lease: float = 60.0) -> str:
    workers.register(id=name, host="here", pid=1, release="1", queues=[], types=["test.anything"], slots=4, lease=lease)
    return name


def running(type: str = "test.anything", payload: dict[str, Any] | None = None, **options: Any) -> UUID:
    job_id = queued(type, payload, **options)
    begin(job_id, type, options.get("queue", "default"))
    return job_id


def begin(job_id: UUID, type: str = "test.anything", queue: str = "default") -> int:
    """Start an attempt; returns its number."""
    return start.start(WORKER, 7, queue, [type], [job_id])[0].attempt


def end(job_id: UUID, number: int, state: str, outcome: str, **fields: Any) -> None:
    settle.settle(WORKER, "1", [Settlement(job_id, number, 7, outcome, state, took=0.5, **fields)])


def fail(job_id: UUID, number: int, message: str = "no such thing", **fields: Any) -> None:
    found = {"error_type": "app.Boom", "error_message": message, "fingerprint": "f" * 16, "traceback": FRAMES}
    end(job_id, number, "failed", "raised", **{**found, **fields})


def failed(type: str = "test.anything", payload: dict[str, Any] | None = None, **options: Any) -> UUID:
    job_id = running(type, payload, **options)
    fail(job_id, 1)
    return job_id


def succeeded(type: str = "test.anything", result: str = "42", **options: Any) -> UUID:
    job_id = running(type, **options)
    end(job_id, 1, "succeeded", "succeeded", result=result)
    return job_id


def user(name: str, *permissions: str, staff: bool = False, tenants: Sequence[str] = ()) -> User:
    """A user with these permissions of the app `jobs` (view_job, cancel_job, ...), of these tenants."""
    found = User.objects.create_user(name, password="secret-of-a-test", is_staff=staff)
    found.user_permissions.set(Permission.objects.filter(content_type__app_label="jobs", codename__in=permissions))
    assert found.user_permissions.count() == len(permissions)
    if tenants:
        Profile.objects.create(user=found, tenants=list(tenants))
    return found
