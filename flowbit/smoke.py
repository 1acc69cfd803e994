"""Is this installation in order? Checks from the outside in; each says what is wrong, and what to do."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from jobs import services, waiting
from jobs.broker import patient_broker
from jobs.errors import FlowbitError
from jobs.models import Queue, Worker
from jobs.states import State

OLDEST_POSTGRES = 14
QUEUE = "default"
HOW_TO_START = "start one with `manage.py runworker`, or everything with `manage.py up`"
_WORKER_WITHIN = 5.0
_ECHO_WITHIN = 15.0
_LOOK_EVERY = 0.2


class Wrong(Exception):
    """What is wrong, in one sentence."""


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    ok: bool
    text: str


def run(worker_within: float = _WORKER_WITHIN, echo_within: float = _ECHO_WITHIN) -> Iterator[Finding]:
    """One finding after the other. `worker_within` and `echo_within` are seconds to wait for each."""
    reached = [_find("postgresql", postgresql)]
    yield reached[0]
    reached.append(_find("redis", redis))
    yield reached[1]
    if not all(finding.ok for finding in reached):
        yield Finding("the rest", False, "not checked: PostgreSQL and Redis first")
        return
    migrated = _find("migrations", migrations)
    yield migrated
    if migrated.ok:
        alive = _find("workers", lambda: workers(worker_within))
        yield alive
        if alive.ok:
            yield _find("echo", lambda: echo(echo_within))


def _find(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, check())
    except Wrong as error:
        return Finding(name, False, str(error))
    except (DatabaseError, FlowbitError) as error:
        return Finding(name, False, " ".join(str(error).split()) or type(error).__name__)


def postgresql() -> str:
    """The server's version."""
    connection.ensure_connection()
    version = connection.pg_version  # type: ignore[attr-defined] # of the PostgreSQL backend only
    if version < OLDEST_POSTGRES * 10_000:
        raise Wrong(f"version {version // 10_000} is too old: {OLDEST_POSTGRES} is the oldest that will do")
    return f"version {version // 10_000}.{version % 10_000}"


def redis() -> str:
    broker = patient_broker()
    try:
        broker.ping()
        policy = broker.eviction_policy()
    finally:
        broker.close()
    if policy == "unknown":
        return "answers (its eviction policy cannot be read: see that it is noeviction)"
    if policy != "noeviction":
        raise Wrong(f"maxmemory-policy is {policy}: set it to noeviction, or a full Redis drops what is ready")
    return f"answers, {policy}"


def migrations() -> str:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        first = f"{missing[0][0].app_label}.{missing[0][0].name}"
        raise Wrong(f"{len(missing)} not applied, the first is {first}: run `manage.py migrate`")
    return "all applied"


def workers(within: float) -> str:
    """Living workers that would run an echo."""
    deadline = time.monotonic() + within
    while True:
        alive = Worker.objects.alive().filter(mode=Worker.Mode.ACTIVE)
        able = [one for one in alive if "echo" in one.types and (not one.queues or QUEUE in one.queues)]
        if able:
            return f"{len(able)} alive"
        if time.monotonic() >= deadline:
            other = " that serves the queue default and the type echo" if alive else ""
            raise Wrong(f"no live worker{other}: {HOW_TO_START}")
        time.sleep(_LOOK_EVERY)


def echo(within: float) -> str:
    """A job there and back."""
    queue = Queue.objects.filter(pk=QUEUE).first()
    if queue and queue.mode != Queue.Mode.OPEN:
        raise Wrong(f"not tried: the queue {QUEUE} is {queue.mode} ({queue.why or 'no reason given'})")
    began = time.monotonic()
    sent = {"message": "smoke"}
    submission = services.enqueue("echo", sent, queue=QUEUE, priority=10, max_attempts=1, expires_in=within + 60)
    *_, job = waiting.changes(submission.id, within)
    if job.state == State.SUCCEEDED and job.result == sent:
        return f"there and back in {(time.monotonic() - began) * 1000:.0f} ms"
    if not job.is_final:
        raise Wrong(f"job {job.id} is still {job.state} after {within:g} s: are the workers busy or stuck?")
    raise Wrong(f"job {job.id} {job.state}: {job.last_error or job.reason or 'another result than was sent'}")
