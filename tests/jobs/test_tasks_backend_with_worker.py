"""Django's tasks interface from enqueue to result, with a real worker process."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from jobs.broker import Broker
from jobs.models import Job
from jobs.tasks_backend.interface import TaskResultStatus
from tests.jobs.real_worker import burst
from tests.sample import tasks

pytestmark = pytest.mark.django_db(transaction=True)


def test_tasks_of_every_kind_are_run_and_tell_how_they_ended(broker: Broker) -> None:
    results: dict[str, Any] = {
        "sync": tasks.add.enqueue(1, b=2),
        "async": tasks.add_async.enqueue(3, b=4),
        "context": tasks.which_attempt.enqueue(name="x"),
        "large": tasks.large.enqueue(100_000),
        "fails": tasks.broken.enqueue("no good"),
        "fails async": tasks.broken_async.enqueue("no good"),
        "snoozes": tasks.not_now.enqueue(),
    }
    burst()
    for result in results.values():
        result.refresh()
    assert {name: result.status for name, result in results.items()} == {
        **dict.fromkeys(("sync", "async", "context", "large"), TaskResultStatus.SUCCESSFUL),
        **dict.fromkeys(("fails", "fails async"), TaskResultStatus.FAILED),
        "snoozes": TaskResultStatus.READY,
    }
    assert {name: results[name].return_value for name in ("sync", "async", "context", "large")} == {
        "sync": 3,
        "async": 7,
        "context": [1, "which_attempt", "x"],
        "large": "x" * 100_000,
    }
    assert len({result.worker_ids[0] for name, result in results.items() if name != "snoozes"}) == 1
    failed = results["fails"]
    assert [one.exception_class for one in failed.errors] == [ValidationError]
    assert [one.exception_class for one in results["fails async"].errors] == [ValueError]
    assert "in broken\n    raise ValidationError(message)" in failed.errors[0].traceback
    assert Job.objects.get(pk=failed.id).tries == 1
    # A snooze uses no try.
    snoozed = Job.objects.get(pk=results["snoozes"].id)
    assert (snoozed.state, snoozed.tries, snoozed.reason) == ("scheduled", 0, "busy")
