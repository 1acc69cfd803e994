from uuid import UUID, uuid4

import pytest

from jobs.models import Job
from jobs.store.start import Started, start
from tests.jobs import builders

pytestmark = pytest.mark.django_db


def begin(*ids: UUID, worker: str = "w-1", claim: int = 7, queue: str = "default") -> list[Started]:
    return start(worker, claim, queue, [builders.TYPE], list(ids))


def test_a_queued_job_becomes_an_attempt_in_a_workers_hands() -> None:
    job_id = builders.queued(
        payload='{"n": 3}', tenant_id="acme", owner_id=5, timeout=2.5, retry_policy='{"policy": "none"}'
    )
    old = builders.row(job_id)
    before = builders.now()
    (started,) = begin(job_id)
    assert started == Started(
        id=job_id,
        type="test.noop",
        payload='{"n": 3}',
        attempt=1,
        tries=0,
        max_attempts=3,
        retry_policy='{"policy": "none"}',
        timeout=2.5,
        queue="default",
        tenant_id="acme",
        owner_id=5,
        has_dependencies=False,
        cancel_requested=False,
        waited=started.waited,
    )
    new = builders.row(job_id)
    assert started.waited == pytest.approx((new["started_at"] - old["run_at"]).total_seconds())
    changed = {"state": "running", "attempt": 1, "worker": "w-1", "claim": 7, "started_at": new["started_at"]}
    assert new == {**old, **changed}
    assert before <= new["started_at"] <= builders.now()


def test_a_question_asked_again_with_the_same_claim_gives_the_same_attempts() -> None:
    ids = [builders.queued() for _ in range(3)]
    first = begin(*ids)
    again = begin(*ids)
    # It may have waited longer by then; all else is the same.
    assert sorted(one._replace(waited=0.0) for one in again) == sorted(one._replace(waited=0.0) for one in first)
    assert set(Job.objects.values_list("attempt", flat=True)) == {1}


@pytest.mark.parametrize(("worker", "claim"), [("w-1", 8), ("w-2", 7)])
def test_a_running_job_is_nobody_elses(worker: str, claim: int) -> None:
    job_id = builders.running()
    old = builders.row(job_id)
    assert begin(job_id, worker=worker, claim=claim) == []
    assert builders.row(job_id) == old


def test_what_does_not_come_back_is_not_ours() -> None:
    ours = builders.queued()
    others = {
        "another queue": builders.queued(queue="other"),
        "another type": builders.queued(type="test.anything"),
        "not yet": builders.scheduled(),
        "over": builders.succeeded(),
        "unknown": uuid4(),
    }
    assert [started.id for started in begin(ours, *others.values())] == [ours]
    assert builders.state(others["another queue"]) == builders.state(others["another type"]) == "queued"


def test_an_expired_job_does_not_start() -> None:
    late, timely = builders.queued(expires_in=60.0), builders.queued(expires_in=60.0)
    builders.change(late, "expires_at = now() - interval '1 second'")
    assert [started.id for started in begin(late, timely)] == [timely]
    assert builders.state(late) == "queued"


def test_an_attempt_that_began_in_time_may_be_asked_for_again_after_the_expiry() -> None:
    job_id = builders.running(expires_in=60.0)
    builders.change(job_id, "expires_at = now() - interval '1 second'")
    assert [started.attempt for started in begin(job_id)] == [1]


def test_the_attempt_grows_with_every_start_whatever_became_of_the_last_one() -> None:
    job_id = builders.queued(max_attempts=9)
    for number, how in enumerate(["released", "retrying", "snoozed", "released"], start=1):
        assert builders.begin(job_id) == number
        builders.end(job_id, how, number)
        if how in ("retrying", "snoozed"):
            builders.change(job_id, "state = 'queued'")
    (started,) = begin(job_id)
    assert (started.attempt, started.tries) == (5, 1)


def test_a_job_with_dependencies_says_so() -> None:
    job_id = builders.queued(dependency_policy="block")
    assert [started.has_dependencies for started in begin(job_id)] == [True]


def test_the_same_id_twice_is_one_attempt() -> None:
    job_id = builders.queued()
    assert [started.attempt for started in begin(job_id, job_id)] == [1]


def test_nothing_asked_for_is_nothing_begun() -> None:
    assert begin() == []
