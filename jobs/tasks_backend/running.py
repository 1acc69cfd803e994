"""What a worker calls for a task's job: the task's function, between the interface's two signals.

`task_finished` says that the function has ended for the last time; the outcome is stored a moment later. It
is not sent for an attempt that will be tried again, nor for one that its worker had to give up.
"""

from collections.abc import Callable, Mapping, Sequence
from inspect import iscoroutinefunction
from traceback import format_exception
from types import MappingProxyType
from typing import Any

from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.dispatch import Signal
from django.utils import timezone

from jobs import context
from jobs.context import Context
from jobs.outcomes import Cancel, CancelRequested, Discard, LeaseLost, Snooze
from jobs.tasks_backend import results, rows
from jobs.tasks_backend.interface import (
    AnyTask,
    TaskContext,
    TaskError,
    TaskResultStatus,
    normalize_json,
    task_finished,
    task_started,
)

NOTHING: Mapping[str, Any] = MappingProxyType({})


def runner(task: AnyTask) -> Callable[..., Any]:
    """The handler function for `task`: a coroutine function if the task's is one."""
    return _async_runner(task) if iscoroutinefunction(task.func) else _sync_runner(task)


def _sync_runner(task: AnyTask) -> Callable[..., Any]:
    def run(ctx: Context, args: Sequence[Any] = (), kwargs: Mapping[str, Any] = NOTHING) -> Any:
        execution = Execution(task, ctx)
        try:
            value = normalize_json(task.func(*execution.positional(args), **kwargs))
        except BaseException as error:
            execution.failed(error)
            raise
        execution.succeeded(value)
        return value

    return run


def _async_runner(task: AnyTask) -> Callable[..., Any]:
    async def run(ctx: Context, args: Sequence[Any] = (), kwargs: Mapping[str, Any] = NOTHING) -> Any:
        execution = await _in_thread(Execution, task, ctx)
        try:
            value = normalize_json(await task.func(*execution.positional(args), **kwargs))
        except Exception as error:  # not CancelledError: its worker knows what that means
            await _in_thread(execution.failed, error)
            raise
        await _in_thread(execution.succeeded, value)
        return value

    return run


async def _in_thread(action: Callable[..., Any], *arguments: Any) -> Any:
    """Signal receivers and the ORM may block; the event loop must not."""

    def act() -> Any:
        if not connection.in_atomic_block:  # as it is in a test
            close_old_connections()
        return action(*arguments)

    return await sync_to_async(act)()


class Execution:
    """One attempt of a task, as the interface sees it."""

    def __init__(self, task: AnyTask, ctx: Context) -> None:
        try:
            job = rows.read(ctx.job_id)
        except (OperationalError, InterfaceError) as error:
            # Most tasks have one try only; it must not be lost before the function was called.
            raise Snooze("PostgreSQL could not be read", after="5s") from error
        if job is None:
            raise Cancel("the job is gone")
        self._takes_context = task.takes_context
        self._is_last_try = job.tries + 1 >= job.max_attempts
        self.result = results.make(job, task)
        _tell(task_started, self)

    def positional(self, args: Sequence[Any]) -> Sequence[Any]:
        """What the function takes by position."""
        return [TaskContext(task_result=self.result), *args] if self._takes_context else args

    def succeeded(self, value: Any) -> None:
        self._end(TaskResultStatus.SUCCESSFUL)
        results.set_field(self.result, "_return_value", value)
        _tell(task_finished, self)

    def failed(self, error: BaseException) -> None:
        """Call it where `error` is handled: receivers may ask for the exception at hand."""
        if not self._ends_the_job(error):
            return
        self._end(TaskResultStatus.FAILED)
        path = f"{type(error).__module__}.{type(error).__qualname__}"
        self.result.errors.append(TaskError(exception_class_path=path, traceback="".join(format_exception(error))))
        _tell(task_finished, self)

    def _end(self, status: TaskResultStatus) -> None:
        results.set_field(self.result, "status", status)
        results.set_field(self.result, "finished_at", timezone.now())

    def _ends_the_job(self, error: BaseException) -> bool:
        if isinstance(error, Snooze | LeaseLost):
            return False
        return self._is_last_try or isinstance(error, Cancel | Discard | CancelRequested)


def _tell(signal: Signal, execution: Execution) -> None:
    """Send `signal`. A receiver that raises is logged and changes nothing for the task; and the interface's
    own log lines about it stay out of the attempt's log."""
    token = context.current.set(None)
    try:
        sender = type(execution.result.task.get_backend())
        signal.send_robust(sender, task_result=execution.result)
    finally:
        context.current.reset(token)
