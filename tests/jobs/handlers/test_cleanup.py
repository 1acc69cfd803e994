from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from jobs.context import Context
from jobs.errors import Invalid
from jobs.handlers import cleanup
from jobs.handlers.cleanup import run_cleanup
from jobs.ids import uuid7
from jobs.models import Attempt, DeadLetter, Dependency, IdempotencyKey, Job
from jobs.store import prune
from tests.jobs.handlers.conftest import Run

pytestmark = pytest.mark.django_db

HOUR = 3600.0


def job(state: str = "succeeded", hours: float = 0.0, **more: object) -> Job:
    """A job that finished `hours` ago (if it did), with all that can belong to one."""
    then = datetime.now(UTC) - timedelta(hours=hours)
    final = state in ("succeeded", "failed", "cancelled")
    # Ids are of the present: the cut is by finished_at, the id only bounds the scan.
    made = Job.objects.create(type="echo", state=state, finished_at=then if final else None, **more)
    Job.objects.filter(id=made.id).update(id=_id_at(then, made))
    made = Job.objects.order_by("id").get(id=_id_at(then, made))
    Attempt.objects.create(job_id=made.id, number=1, worker="w", started_at=then, finished_at=then, outcome="succeeded")
    DeadLetter.objects.create(job_id=made.id, type="echo", queue="default", fingerprint="f", tries=1)
    IdempotencyKey.objects.create(type="echo", key=str(made.id), request_hash="h", job_id=made.id, expires_at=then)
    return made


def _id_at(then: datetime, made: Job) -> object:
    tail = made.id.int & (1 << 80) - 1
    return type(made.id)(int=int(then.timestamp() * 1000) << 80 | tail)


def left() -> set[object]:
    """The jobs that are left, after checking that exactly their belongings are."""
    ids = set(Job.objects.values_list("id", flat=True))
    for model in (Attempt, DeadLetter, IdempotencyKey):
        assert set(model._default_manager.values_list("job_id", flat=True)) == ids
    return ids


def test_deletes_what_is_old_and_finished(run: Run) -> None:
    job("succeeded", hours=3), job("cancelled", hours=3)
    kept = {
        job("succeeded", hours=1).id,
        job("failed", hours=3).id,
        job("queued").id,
        job("scheduled", hours=9).id,
    }
    result = run(run_cleanup, {"older_than": "2h"})
    assert result == {"matched": 2, "deleted": 2, "states": ["cancelled", "succeeded"], "dry_run": False}
    assert left() == kept


def test_deletes_the_states_that_are_named(run: Run) -> None:
    job("failed", hours=3)
    kept = {job("succeeded", hours=3).id}
    assert run(run_cleanup, {"older_than": HOUR, "states": ["dead", "failed"]})["deleted"] == 1
    assert left() == kept


def test_a_dry_run_only_counts(run: Run) -> None:
    kept = {job(hours=3).id, job(hours=4).id, job(hours=0).id}
    result = run(run_cleanup, {"olderThan": "1h", "dryRun": True})
    assert (result["matched"], result["deleted"], result["dry_run"]) == (2, 0, True)
    assert left() == kept


def test_goes_on_batch_by_batch(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "BATCH", 2)
    for _ in range(5):
        job(hours=3)
    assert run(run_cleanup, {"older_than": "1h"})["deleted"] == 5
    assert left() == set()


def test_stops_when_cancelled(run: Run, make_context: Callable[..., Context]) -> None:
    kept = {job(hours=3).id}
    ctx = make_context()
    ctx.cancelled = True
    assert run(run_cleanup, {"older_than": "1h"}, ctx)["deleted"] == 0
    assert left() == kept


def test_a_tenant_deletes_its_own(run: Run, make_context: Callable[..., Context]) -> None:
    job(hours=3, tenant_id="acme")
    kept = {job(hours=3, tenant_id="globex").id, job(hours=3).id}
    assert run(run_cleanup, {"older_than": "1h"}, make_context(tenant_id="acme"))["deleted"] == 1
    assert left() == kept


def test_what_a_blocked_job_still_waits_for_stays(run: Run) -> None:
    parent, child = job("failed", hours=3), job("blocked", unmet=1)
    Dependency.objects.create(parent_id=parent.id, child_id=child.id)
    assert run(run_cleanup, {"older_than": "1h", "states": ["failed"]})["deleted"] == 0
    assert left() == {parent.id, child.id}


@pytest.mark.parametrize("state", ["scheduled", "blocked", "queued", "running", "retrying", "failed", "cancelled"])
def test_what_a_job_reads_when_it_runs_again_stays(run: Run, state: str) -> None:
    parent, other = job(hours=3), job("failed", hours=3)
    child = job(state, unmet=state == "blocked", worker="w", claim=1)
    Dependency.objects.create(parent_id=parent.id, child_id=child.id, met_at=datetime.now(UTC))
    Dependency.objects.create(parent_id=other.id, child_id=child.id)
    assert run(run_cleanup, {"older_than": "1h", "states": ["succeeded", "failed"]})["deleted"] == 0
    assert left() == {parent.id, other.id, child.id}


def test_what_a_job_read_goes_once_that_succeeded(run: Run) -> None:
    parent, child = job(hours=3), job()
    Dependency.objects.create(parent_id=parent.id, child_id=child.id, met_at=datetime.now(UTC))
    assert run(run_cleanup, {"older_than": "1h"})["deleted"] == 1
    assert left() == {child.id}


def test_those_behind_what_stays_go_batch_by_batch(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "BATCH", 2)
    child = job("failed")
    kept = {child.id, *(job(hours=9).id for _ in range(5))}
    for parent_id in kept - {child.id}:
        Dependency.objects.create(parent_id=parent_id, child_id=child.id, met_at=datetime.now(UTC))
    for _ in range(5):
        job(hours=3)
    assert run(run_cleanup, {"older_than": "1h"})["deleted"] == 5
    assert left() == kept


def test_edges_go_with_their_child(run: Run) -> None:
    parent, child = job("failed", hours=3), job("cancelled", hours=3)
    Dependency.objects.create(parent_id=parent.id, child_id=child.id)
    result = run(run_cleanup, {"older_than": "1h", "states": ["failed", "cancelled"]})
    assert result["deleted"] == 2
    assert not Dependency.objects.exists()


@pytest.mark.parametrize(
    "payload",
    [
        {"states": ["running"]},
        {"states": ["queued"]},
        {"states": ["x"]},
        {"states": []},
        {"older_than": "-1s"},
    ],
)
def test_only_final_states_and_real_durations(run: Run, payload: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        run(run_cleanup, payload)


def test_the_store_itself_deletes_nothing_that_is_not_final() -> None:
    kept = {job("queued", hours=3).id, job("retrying", hours=3).id}
    assert prune.finished(["queued", "retrying", "running"], 0.0, 100).deleted == 0
    assert left() == kept


def test_a_batch_takes_the_oldest() -> None:
    young, old = job(hours=2), job(hours=3)
    assert prune.count_finished(["succeeded"], HOUR) == 2
    assert prune.finished(["succeeded"], HOUR, 1).deleted == 1
    assert left() == {young.id} != {old.id}
    assert uuid7() > young.id
