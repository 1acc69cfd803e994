"""What a handler is given of the jobs that its own depends on."""

from pathlib import Path
from uuid import UUID

import pytest

from jobs import jsontext, services
from jobs.models import Job
from jobs.registry import registry
from jobs.services import DependsOn
from jobs.settlement import Settlement
from jobs.store.settle import settle
from jobs.store.start import start
from jobs.worker.hand import Running
from jobs.worker.performers import LoopPerformer, ThreadPerformer
from tests.jobs import builders
from tests.jobs.worker.test_performers import Seat

pytestmark = pytest.mark.django_db(transaction=True)
GATHERERS = ("test.gather", "test.gather_async")


def perform(job_id: UUID, type_: str) -> Settlement:
    """Run one attempt and store its end."""
    [job] = start(builders.WORKER, builders.CLAIM, "default", [type_], [job_id])
    seat = Seat(LoopPerformer if type_.endswith("async") else ThreadPerformer)
    seat.begin(Running(job, registry.get(type_), builders.CLAIM, 1.0))
    ended = seat.end()
    seat.stop()
    assert settle(builders.WORKER, builders.RELEASE, [ended]).moved == 1
    return ended


def child_of_large(type_: str) -> tuple[UUID, Job]:
    """A job that is ready, and the one that it waited for, whose result is in the artifact storage."""
    parent = services.enqueue("test.returns", {"what": "large"})
    child = services.enqueue(type_, dependencies=[DependsOn(parent.id, label="text")])
    perform(parent.id, "test.returns")
    return child.id, Job.objects.get(pk=parent.id)


@pytest.mark.parametrize("type_", GATHERERS)
def test_a_result_above_the_limit_reaches_the_child_whole(artifacts: Path, type_: str) -> None:
    child, parent = child_of_large(type_)
    assert parent.result is None and parent.artifact
    ended = perform(child, type_)
    assert ended.artifact
    assert jsontext.decode((artifacts / ended.artifact).read_text()) == {"text": "x" * 200_000}


@pytest.mark.parametrize("type_", GATHERERS)
def test_one_that_cannot_be_read_costs_a_try(artifacts: Path, type_: str) -> None:
    child, parent = child_of_large(type_)
    (artifacts / str(parent.artifact)).unlink()
    assert perform(child, type_).error_type == "FileNotFoundError"
    job = Job.objects.get(pk=child)
    assert (job.state, job.tries) == ("retrying", 1)
