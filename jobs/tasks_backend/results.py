"""A job and its attempts, told as the interface's `TaskResult`."""

import builtins
from dataclasses import replace
from datetime import datetime
from typing import Any

from jobs import artifacts, jsontext
from jobs.models import Attempt
from jobs.states import Outcome, State
from jobs.tasks_backend import rows
from jobs.tasks_backend.interface import (
    AnyResult,
    AnyTask,
    InvalidTask,
    InvalidTaskBackend,
    TaskError,
    TaskResult,
    TaskResultDoesNotExist,
    TaskResultStatus,
)
from jobs.tasks_backend.rows import TaskJob

_STATUS = {
    State.RUNNING: TaskResultStatus.RUNNING,
    State.SUCCEEDED: TaskResultStatus.SUCCESSFUL,
    State.FAILED: TaskResultStatus.FAILED,
    State.CANCELLED: TaskResultStatus.FAILED,
}
# Errors that the engine names itself, and what they are as classes.
_CLASSES = {
    Outcome.TIMED_OUT: "jobs.outcomes.TimedOut",
    Outcome.LEASE_EXPIRED: "jobs.outcomes.LeaseLost",
    Outcome.CANCELLED: "jobs.outcomes.CancelRequested",
}
_ENGINE_ERROR = "jobs.errors.FlowbitError"


def to_priority(priority: int) -> int:
    """-100..100 as 0..10, in steps of 20 around 0, which is 5."""
    return (int(priority) + 110) // 20


def kept(task: AnyTask, alias: str) -> dict[str, Any]:
    """What the job does not know about the task as it was enqueued: `Job.backend_data`."""
    run_after = task.run_after.isoformat() if task.run_after else None
    return {"backend": alias, "priority": int(task.priority), "run_after": run_after}


def make(job: TaskJob, task: AnyTask) -> AnyResult:
    """The job as a result of `task`.

    Raises TaskResultDoesNotExist when the value was in the artifact storage and is gone from there.
    """
    attempts = rows.ended_attempts(job)
    payload = jsontext.decode(job.payload)
    task = _as_enqueued(task, job)
    workers = [attempt.worker for attempt in attempts]
    if job.state == State.RUNNING and job.worker:
        workers.append(job.worker)
    result: AnyResult = TaskResult(
        task=task,
        id=str(job.id),
        status=_STATUS.get(State(job.state), TaskResultStatus.READY),
        enqueued_at=job.created_at,
        started_at=attempts[0].started_at if attempts else job.started_at,
        last_attempted_at=job.started_at,
        finished_at=job.finished_at,
        args=payload.get("args", []),
        kwargs=payload.get("kwargs", {}),
        backend=task.backend,
        errors=[_error(attempt) for attempt in attempts if attempt.outcome not in (Outcome.SUCCEEDED, Outcome.SNOOZED)],
        worker_ids=workers,
    )
    if job.state == State.SUCCEEDED:
        set_field(result, "_return_value", _value(job))
    return result


def set_field(result: AnyResult, name: str, value: Any) -> None:
    """Results are frozen for users; the interface lets backends fill them this way."""
    object.__setattr__(result, name, value)


def _as_enqueued(task: AnyTask, job: TaskJob) -> AnyTask:
    data = jsontext.decode(job.backend_data or "{}")
    run_after = data.get("run_after")
    try:
        return replace(
            task,
            priority=data.get("priority", job.priority * 20 - 100),
            backend=data.get("backend", task.backend),
            queue_name=job.queue,
            run_after=datetime.fromisoformat(run_after) if run_after else None,
        )
    except (InvalidTask, InvalidTaskBackend):
        # The settings have changed since: the backend or the queue is no longer one of theirs.
        return task


def _error(attempt: Attempt) -> TaskError:
    frames = "".join(
        f'  File "{frame["file"]}", line {frame["line"]}, in {frame["function"]}\n    {frame["code"]}\n'
        for frame in attempt.traceback or ()
    )
    path = _class_path(attempt)
    opening = "Traceback (most recent call last):\n" if frames else ""
    message = attempt.error_message or attempt.outcome
    return TaskError(exception_class_path=path, traceback=f"{opening}{frames}{path}: {message}\n")


def _class_path(attempt: Attempt) -> str:
    name = attempt.error_type or ""
    if "." in name:
        return name
    if isinstance(getattr(builtins, name, None), type):
        return f"builtins.{name}"
    return _CLASSES.get(Outcome(attempt.outcome), _ENGINE_ERROR)


def _value(job: TaskJob) -> Any:
    try:
        return artifacts.result(job.result, job.artifact)
    except FileNotFoundError:
        raise TaskResultDoesNotExist(f"the value of {job.id} is no longer in the artifact storage") from None
