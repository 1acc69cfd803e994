"""What `prune.leftovers` forgets. Jobs and what belongs to them: see the tests of the cleanup handler."""

from datetime import UTC, datetime, timedelta

import pytest

from jobs.models import AuditEntry, IdempotencyKey, Worker
from jobs.store import prune, statistics
from jobs.store.statistics import Minute
from tests.jobs import builders

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY_SECONDS = 86_400.0


def key(name: str, expires_in: timedelta) -> None:
    IdempotencyKey.objects.create(
        type="t", key=name, request_hash="h", job_id=builders.queued(), expires_at=datetime.now(UTC) + expires_in
    )


def worker(name: str, lease: timedelta) -> None:
    builders.worker(name, lease.total_seconds())


def audit(target: str, age: timedelta) -> None:
    entry = AuditEntry.objects.create(actor="ada", verb="job.cancelled", target=target)
    AuditEntry.objects.filter(pk=entry.pk).update(at=datetime.now(UTC) - age)


def test_expired_keys_are_forgotten() -> None:
    key("old", -HOUR)
    key("live", HOUR)
    assert prune.leftovers(DAY_SECONDS, DAY_SECONDS, 100) == 1
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["live"]


def test_audit_rows_are_forgotten_after_their_time() -> None:
    audit("old", timedelta(days=2))
    audit("young", HOUR)
    assert prune.leftovers(DAY_SECONDS, DAY_SECONDS, 100) == 1
    assert list(AuditEntry.objects.values_list("target", flat=True)) == ["young"]


def test_workers_are_forgotten_a_week_after_they_lived_unless_a_job_still_names_them() -> None:
    worker("long gone", timedelta(days=-8))
    worker("gone", timedelta(days=-6))
    worker("alive", HOUR)
    worker("holds a job", timedelta(days=-8))
    builders.begin(builders.queued(), "holds a job")
    assert prune.leftovers(DAY_SECONDS, DAY_SECONDS, 100) == 1
    assert set(Worker.objects.values_list("id", flat=True)) == {"gone", "alive", "holds a job"}


def test_at_most_so_many_of_each_at_a_time() -> None:
    for number in range(3):
        key(f"k{number}", -HOUR)
        audit(f"a{number}", timedelta(days=2))
    assert [prune.leftovers(DAY_SECONDS, DAY_SECONDS, 2) for _ in range(3)] == [4, 2, 0]


def test_counting_is_what_deleting_does() -> None:
    old = builders.succeeded()
    builders.change(old, "finished_at = now() - interval '2 hours'")
    builders.failed()
    assert prune.count_finished(["succeeded", "failed"], 3600.0) == 0
    # A job's id tells when it was made: only one that is old itself can have ended long ago.
    builders.change(old, "id = '01800000-0000-7000-8000-000000000000'")
    assert prune.count_finished(["succeeded", "failed"], 3600.0) == 1
    assert prune.finished(["succeeded", "failed"], 3600.0, 100).deleted == 1
    assert prune.count_finished(["succeeded", "failed"], 3600.0) == 0


def test_a_state_that_is_not_final_is_never_deleted() -> None:
    job_id = builders.queued()
    builders.change(job_id, "id = '01800000-0000-7000-8000-000000000000'")
    assert prune.finished(["queued"], 0.0, 100).deleted == 0


def test_old_minutes_of_statistics_go() -> None:
    now = int(statistics.clock()) // 60 * 60
    old = now - int(DAY_SECONDS) - 120
    statistics.keep([Minute("default", at, "here", {"a|enqueued": 1}) for at in (old, now)])
    assert prune.leftovers(DAY_SECONDS, DAY_SECONDS, 100) == 1
    assert statistics.latest() == {"default": now}
