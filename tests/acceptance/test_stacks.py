"""What a running job does right now, asked of real workers."""

import os
import signal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from jobs import services
from jobs.broker import Broker
from jobs.errors import Conflict, NotFound
from jobs.models import AuditEntry, Job
from jobs.services import stacks
from jobs.services.audit import Actor
from jobs.services.stacks import Stack
from jobs.store import moves
from tests.acceptance.system import System
from tests.jobs import scenes

pytestmark = pytest.mark.acceptance
ADA = Actor(5, "ada")
RIGHTS = ("view_job", "operate_worker")


def held(system: System, kind: str, **payload: Any) -> UUID:
    """A job of that type that runs until `gate` is there."""
    gate = str(system.folder / "gate")
    job_id = services.enqueue(kind, {"ledger": system.ledger(), "gate": gate, **payload}).id
    system.until_begun(job_id)
    return job_id


def let_go(system: System) -> None:
    Path(system.folder / "gate").touch()


def functions(found: Stack) -> list[str]:
    return [frame["function"].rpartition(".")[2] for frame in found.frames]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("test.holds", ["holds"]),
        ("test.holds_async", ["holds_async", "sleep"]),
        ("test.holds_deep", ["holds_deep", "_until_there", "sleep"]),
        ("test.blocks_loop", ["blocks_loop", "_stand_still"]),
    ],
)
def test_a_running_job_shows_its_frames_from_the_handler_on(system: System, kind: str, expected: list[str]) -> None:
    user = scenes.user("ada", *RIGHTS, "view_payload")
    system.worker()
    job_id = held(system, kind)
    found = stacks.take(job_id, user, ADA)
    # A job looks for its gate between two sleeps: then it stands in there.
    found = system.until(
        lambda: (taken := stacks.take(job_id, user, ADA)) and functions(taken)[: len(expected)] == expected and taken,
        f"{kind} stands where it waits, not at {functions(found)}",
    )
    assert (found.status, found.attempt) == ("running", 1)
    assert found.seconds > 0
    assert found.frames[0]["file"].endswith("tests/sample/running.py")
    assert found.frames[0]["locals"]["gate"] == repr(str(system.folder / "gate"))
    assert found.frames[0]["locals"]["ctx"] == "<jobs.context.Context>"
    let_go(system)
    assert system.until_final(job_id)[0].state == "succeeded"


def test_what_is_secret_stays_so(system: System) -> None:
    user = scenes.user("ada", *RIGHTS, "view_payload")
    system.worker()
    found = stacks.take(held(system, "test.holds_deep", recipe="two eggs"), user, ADA)
    assert found.frames[0]["locals"]["recipe"] == "********"
    assert found.frames[1]["locals"]["api_token"] == "********"
    assert "two eggs" not in str(found)
    let_go(system)


def test_locals_are_for_those_who_may_see_payloads(system: System) -> None:
    user, sees = scenes.user("ada", *RIGHTS), scenes.user("eve", *RIGHTS, "view_payload")
    system.worker()
    job_id = held(system, "test.holds")
    assert "locals" not in stacks.take(job_id, user, ADA).frames[0]
    whole = stacks.take(job_id, sees, ADA)
    job = Job.objects.get(pk=job_id)
    assert stacks.kept(job, sees) == whole
    hidden = stacks.kept(job, user)
    assert hidden is not None
    assert [frame["line"] for frame in hidden.frames] == [frame["line"] for frame in whole.frames]
    assert not any("locals" in frame for frame in hidden.frames)
    assert [row.after["locals"] for row in AuditEntry.objects.filter(verb="job.stack_taken").order_by("id")] == [
        False,
        True,
    ]
    let_go(system)


def test_a_stack_is_stale_once_its_job_has_ended(system: System) -> None:
    user = scenes.user("ada", *RIGHTS)
    system.worker()
    job_id = held(system, "test.holds")
    found = stacks.take(job_id, user, ADA)
    assert not found.is_stale(Job.objects.get(pk=job_id))
    let_go(system)
    (job,) = system.until_final(job_id)
    assert found.is_stale(job)
    assert stacks.kept(job, user) == found
    with pytest.raises(Conflict):
        stacks.take(job_id, user, ADA)


def test_an_attempt_that_is_not_with_its_worker_any_more_has_ended(system: System) -> None:
    """PostgreSQL says that it runs there, in an attempt that this worker knows nothing of."""
    user = scenes.user("ada", *RIGHTS)
    system.worker()
    job_id = held(system, "test.holds")
    Job.objects.filter(pk=job_id).update(attempt=7)
    found = stacks.take(job_id, user, ADA)
    assert (found.status, found.frames) == ("ended", ())
    assert stacks.kept(Job.objects.get(pk=job_id), user) is None
    let_go(system)


def test_a_worker_that_is_gone_does_not_answer(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "PATIENCE", 0.2)
    user = scenes.user("ada", *RIGHTS)
    worker = system.worker()
    pid = system.until_begun(job_id := held(system, "test.holds"))
    os.kill(pid, signal.SIGKILL)
    assert stacks.take(job_id, user, ADA).status == "silent"
    worker.signal(signal.SIGTERM)


def test_a_job_of_somebody_else_is_not_there(system: System) -> None:
    eve = scenes.user("eve")
    job_id = scenes.running()
    for unseen in (job_id, uuid4()):
        with pytest.raises(NotFound):
            stacks.take(unseen, eve, ADA)
    assert not AuditEntry.objects.exists()


def test_a_job_that_does_not_run_has_no_stack(broker: Broker, transactional_db: None) -> None:
    user = scenes.user("ada", *RIGHTS)
    job_id = scenes.queued()
    with pytest.raises(Conflict):
        stacks.take(job_id, user, ADA)
    moves.cancel([job_id], "no longer wanted")
    with pytest.raises(Conflict):
        stacks.take(job_id, user, ADA)
    assert stacks.kept(Job.objects.get(pk=job_id), user) is None
