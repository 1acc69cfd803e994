"""What a running job does right now, asked of real workers."""

import os
import signal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User

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


def held(system: System, kind: str, gate: str = "gate", **payload: Any) -> UUID:
    """A job of that type that runs until the file `gate` is there."""
    path = str(system.folder / gate)
    job_id = services.enqueue(kind, {"ledger": system.ledger(), "gate": path, **payload}).id
    system.until_begun(job_id)
    return job_id


def let_go(system: System, gate: str = "gate") -> None:
    Path(system.folder / gate).touch()


def functions(found: Stack) -> list[str]:
    return [frame["function"].rpartition(".")[2] for frame in found.frames]


def standing(job_id: UUID, user: User, expected: list[str]) -> Stack | None:
    """Its stack, once that begins so: a job looks for its gate between two sleeps, and stands in there then."""
    found = stacks.take(job_id, user, ADA)
    return found if functions(found)[: len(expected)] == expected else None


FRAMES = {
    "test.holds": ["holds"],
    "test.holds_async": ["holds_async", "sleep"],
    "test.holds_deep": ["holds_deep", "_until_there", "sleep"],
    # The last, for nothing else on its loop goes on.
    "test.blocks_loop": ["blocks_loop", "_stand_still"],
}


def test_a_running_job_shows_its_frames_from_the_handler_on(system: System) -> None:
    user = scenes.user("ada", *RIGHTS, "view_payload")
    system.worker()
    gate = str(system.folder / "gate")
    ids, told = [], {}
    for kind, expected in FRAMES.items():
        ids.append(job_id := held(system, kind))
        found = system.until(partial(standing, job_id, user, expected), f"{kind} stands in {expected}")
        assert found is not None
        assert found.seconds > 0
        assert found.frames[0]["file"].endswith("tests/sample/running.py")
        shown = found.frames[0]["locals"]
        told[kind] = (found.status, found.attempt, shown["gate"], shown["ctx"])
    assert told == dict.fromkeys(FRAMES, ("running", 1, repr(gate), "<jobs.context.Context>"))
    let_go(system)
    assert {job.state for job in system.until_final(*ids)} == {"succeeded"}


def test_locals_are_for_those_who_may_see_payloads_and_what_is_secret_for_nobody(system: System) -> None:
    user, sees = scenes.user("ada", *RIGHTS), scenes.user("eve", *RIGHTS, "view_payload")
    system.worker()
    job_id = held(system, "test.holds_deep", recipe="two eggs")
    without = system.until(partial(standing, job_id, user, ["holds_deep", "_until_there"]), "it waits")
    assert without is not None
    assert not any("locals" in frame for frame in without.frames)
    whole = stacks.take(job_id, sees, ADA)
    assert whole.frames[0]["locals"]["recipe"] == "********"
    assert whole.frames[1]["locals"]["api_token"] == "********"
    assert "two eggs" not in str(whole)
    job = Job.objects.get(pk=job_id)
    assert stacks.kept(job, sees) == whole
    hidden = stacks.kept(job, user)
    assert hidden is not None
    assert [frame["line"] for frame in hidden.frames] == [frame["line"] for frame in whole.frames]
    assert not any("locals" in frame for frame in hidden.frames)
    taken = AuditEntry.objects.filter(verb="job.stack_taken").order_by("id")
    assert [row.after["locals"] for row in taken] == [False] * (len(taken) - 1) + [True]
    let_go(system)


def test_a_stack_is_of_an_attempt_that_runs_and_of_a_worker_that_answers(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = scenes.user("ada", *RIGHTS)
    worker = system.worker()
    # Once its job has ended, a stack is stale, and no other is to be had.
    job_id = held(system, "test.holds")
    found = stacks.take(job_id, user, ADA)
    assert not found.is_stale(Job.objects.get(pk=job_id))
    let_go(system)
    (job,) = system.until_final(job_id)
    assert found.is_stale(job)
    assert stacks.kept(job, user) == found
    with pytest.raises(Conflict):
        stacks.take(job_id, user, ADA)
    # PostgreSQL says that it runs there, in an attempt that this worker knows nothing of.
    job_id = held(system, "test.holds", gate="another")
    Job.objects.filter(pk=job_id).update(attempt=7)
    found = stacks.take(job_id, user, ADA)
    assert (found.status, found.frames) == ("ended", ())
    assert stacks.kept(Job.objects.get(pk=job_id), user) is None
    let_go(system, "another")
    # The worker is gone.
    monkeypatch.setattr(stacks, "PATIENCE", 0.2)
    pid = system.until_begun(job_id := held(system, "test.holds", gate="third"))
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
