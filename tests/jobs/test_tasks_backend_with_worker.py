"""Django's tasks interface from enqueue to result, with a real worker process."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from jobs.broker import Broker
from jobs.models import Job
from jobs.tasks_backend.interface import TaskResultStatus
from tests.jobs.real_worker import burst
from tests.sample import tasks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


def test_tasks_of_every_kind_are_run(broker: Broker) -> None:
    results: dict[str, Any] = {
        "sync": tasks.add.enqueue(1, b=2),
        "async": tasks.add_async.enqueue(3, b=4),
        "context": tasks.which_attempt.enqueue(name="x"),
        "large": tasks.large.enqueue(100_000),
    }
    burst()
    for result in results.values():
        result.refresh()
    assert {name: result.status for name, result in results.items()} == dict.fromkeys(
        results, TaskResultStatus.SUCCESSFUL
    )
    assert results["sync"].return_value == 3
    assert results["async"].return_value == 7
    assert results["context"].return_value == [1, "which_attempt", "x"]
    assert results["large"].return_value == "x" * 100_000
    assert len({result.worker_ids[0] for result in results.values()}) == 1


def test_failures_are_told_by_class_and_traceback() -> None:
    failed, failed_async = tasks.broken.enqueue("no good"), tasks.broken_async.enqueue("no good")
    burst()
    failed.refresh()
    failed_async.refresh()
    assert [one.exception_class for one in failed.errors] == [ValidationError]
    assert [one.exception_class for one in failed_async.errors] == [ValueError]
    assert "in broken\n    raise ValidationError(message)" in failed.errors[0].traceback
    assert {failed.status, failed_async.status} == {TaskResultStatus.FAILED}
    assert Job.objects.get(pk=failed.id).tries == 1


def test_a_snoozed_task_waits_without_using_its_try() -> None:
    result = tasks.not_now.enqueue()
    burst()
    job = Job.objects.get(pk=result.id)
    assert (job.state, job.tries, job.reason) == ("scheduled", 0, "busy")
    result.refresh()
    assert result.status == TaskResultStatus.READY
