"""Tasks of the tests, for Django's own tasks interface (or its backport)."""

from django.core.exceptions import ValidationError

from jobs.context import current
from jobs.outcomes import Snooze
from jobs.tasks_backend.interface import TaskContext, task


@task
def add(a: int, b: int = 0) -> int:
    """Add two numbers."""
    return a + b


@task(priority=30, queue_name="tasks")
async def add_async(a: int, b: int = 0) -> int:
    return a + b


@task(takes_context=True)
def which_attempt(context: TaskContext, name: str = "") -> list[object]:
    return [context.attempt, context.task_result.task.name, name]


@task(takes_context=True)
def works_at_the_second_try(context: TaskContext) -> int:
    if context.attempt < 2:
        raise LookupError("not yet")
    return context.attempt


@task
def broken(message: str) -> None:
    raise ValidationError(message)


@task
async def broken_async(message: str) -> None:
    raise ValueError(message)


@task
def returns_a_set() -> object:
    return {1, 2}


@task
def large(size: int) -> str:
    return "x" * size


@task
def not_now() -> None:
    raise Snooze("busy", after="1h")


@task
def says_progress() -> None:
    """A task reaches what Flowbit knows of its attempt, too."""
    attempt = current.get()
    if attempt is not None:
        attempt.progress(0.5, "halfway")


def plain() -> str:
    """No task: nothing may call this by its path."""
    raise AssertionError("called")
