from uuid import uuid4

import pytest

from jobs import services, waiting
from jobs.models import Job
from tests.jobs.by_hand import perform

pytestmark = pytest.mark.django_db


def test_gives_the_job_at_once_and_ends_in_time() -> None:
    submission = services.enqueue("test.noop")
    assert [job.state for job in waiting.changes(submission.id, 0)] == ["queued"]


def test_tells_changes_only_and_ends_with_the_final_one() -> None:
    submission = services.enqueue("test.noop")
    changes = waiting.changes(submission.id, 60)
    assert next(changes).state == "queued"
    perform(submission.id)
    assert [job.state for job in changes] == ["succeeded"]


def test_raises_when_there_is_no_such_job() -> None:
    with pytest.raises(Job.DoesNotExist):
        next(waiting.changes(uuid4(), 0))
