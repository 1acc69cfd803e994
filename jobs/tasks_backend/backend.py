"""The backend class: enqueue and look up."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.core import checks
from django.db import transaction
from django.utils import timezone

from jobs import durations, envelope, services
from jobs.errors import Invalid
from jobs.ids import uuid7
from jobs.tasks_backend import known, results, rows
from jobs.tasks_backend.interface import (
    AnyResult,
    AnyTask,
    BaseTaskBackend,
    InvalidTask,
    TaskResult,
    TaskResultDoesNotExist,
    TaskResultStatus,
    task_enqueued,
)


class FlowbitBackend(BaseTaskBackend):
    """Tasks as jobs.

    OPTIONS:
        max_attempts: 1, a task is tried once; more lets it be tried again as the project's retry policy says.
        timeout: seconds or "10m"; the project's.
    """

    supports_defer = True
    supports_async_task = True
    supports_get_result = True
    supports_priority = True

    def validate_task(self, task: AnyTask) -> None:
        """Raises InvalidTask. Every task is validated when it is made: this is also where it gets known."""
        super().validate_task(task)
        try:
            envelope.check_queue(task.queue_name)
        except ValueError as error:
            raise InvalidTask(f"queue_name {error}") from None
        known.declare(task)

    def enqueue(  # type: ignore[override] # a result's type follows from its task, which is not said here
        self, task: AnyTask, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> AnyResult:
        """Store a job for the task, with the caller's transaction if there is one.

        Raises:
            InvalidTask: the task is not one for this backend.
            TypeError, ValueError: an argument is no JSON, or all are too large.
            StoreUnavailable: PostgreSQL cannot be reached.
        """
        self.validate_task(task)
        result = self._fresh_result(task, args, kwargs)
        try:
            services.enqueue_many([self._request(result)])
        except Invalid as error:
            raise ValueError(error.message) from None
        # Once the job is there for everybody; and it stays enqueued, whatever a receiver does.
        told = partial(task_enqueued.send_robust, type(self), task_result=result)
        transaction.on_commit(told, robust=True)
        return result

    def _fresh_result(self, task: AnyTask, args: Sequence[Any], kwargs: Mapping[str, Any]) -> AnyResult:
        return TaskResult(
            task=task,
            id=str(uuid7()),
            status=TaskResultStatus.READY,
            enqueued_at=timezone.now(),
            started_at=None,
            last_attempted_at=None,
            finished_at=None,
            args=list(args),
            kwargs=dict(kwargs),
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )

    def _request(self, result: AnyResult) -> services.JobRequest:
        task = result.task
        return services.JobRequest(
            id=UUID(result.id),
            type=known.type_of(task),
            payload={"args": result.args, "kwargs": result.kwargs},
            queue=task.queue_name,
            priority=results.to_priority(task.priority),
            run_at=task.run_after,
            max_attempts=self.options.get("max_attempts", 1),
            timeout=self.options.get("timeout"),
            backend_data=results.kept(task, self.alias),
        )

    def get_result(self, result_id: str) -> AnyResult:
        """Raises TaskResultDoesNotExist, also when the job is no task's, or its task cannot be found."""
        try:
            job = rows.read(UUID(result_id))
        except (ValueError, TypeError, AttributeError):  # what is no id of ours may be of any type
            job = None
        if job is None:
            raise TaskResultDoesNotExist(str(result_id)[:100])
        task = known.find(job.type)
        if task is None:
            raise TaskResultDoesNotExist(f"{job.id} is a job of type {job.type}, which is no task here")
        return results.make(job, task)

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        problems = envelope.Problems()
        unknown = sorted(set(self.options) - {"max_attempts", "timeout"})
        for name in unknown:
            problems.add(f"OPTIONS[{name!r}]", "is not an option of this backend")
        problems.take("OPTIONS['max_attempts']", partial(_check_tries, self.options.get("max_attempts", 1)))
        problems.take("OPTIONS['timeout']", partial(durations.parse, self.options.get("timeout") or 1))
        for queue in sorted(self.queues, key=str):
            problems.take(f"QUEUES: {queue!r}", partial(envelope.check_queue, queue))
        return [
            checks.Error(f"TASKS[{self.alias!r}] {name} {message}", id="flowbit.E002")
            for name, messages in problems.found.items()
            for message in messages
        ]


def _check_tries(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= envelope.MAX_ATTEMPTS:
        raise ValueError(f"must be a whole number from 1 to {envelope.MAX_ATTEMPTS}")
