"""Does with one queued job what a worker does: start, call, settle. In this process and this thread."""

from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync

from jobs.conf import options
from jobs.models import Job
from jobs.registry import registry
from jobs.store.settle import settle
from jobs.store.start import Started, start
from jobs.worker.execution import Execution
from jobs.worker.hand import Running

CLAIM = 1


def begin(job_id: UUID | str, worker: str = "hand") -> Started:
    job = Job.objects.get(pk=job_id)
    (started,) = start(worker, CLAIM, job.queue, [job.type], [job.id])
    return started


def perform(job_id: UUID | str, worker: str = "hand") -> Any:
    """Runs one attempt. Returns what the handler returned, or the exception that it raised."""
    started = begin(job_id, worker)
    definition = registry.get(started.type)
    execution = Execution(options())
    run = Running(started, definition, CLAIM, 1.0)
    positional, named = execution.arguments(run)
    call = async_to_sync(definition.function) if definition.is_async else definition.function
    try:
        answer = call(*positional, **named)
    except Exception as error:
        answer, settlement = error, execution.raised(run, error)
    else:
        settlement = execution.returned(run, answer)
    settle(worker, "test", [settlement])
    return answer
