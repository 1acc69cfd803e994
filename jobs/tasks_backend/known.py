"""The tasks that this process knows, and their handler types."""

from inspect import getdoc, iscoroutinefunction
from typing import Any

import pydantic
from django.utils.module_loading import import_string

from jobs.registry import Definition, registry
from jobs.tasks_backend import running
from jobs.tasks_backend.interface import AnyTask, Task

PREFIX = "task:"
_declared: dict[str, AnyTask] = {}


class TaskArguments(pydantic.BaseModel):
    """The payload of every task's job."""

    model_config = pydantic.ConfigDict(extra="forbid")

    args: list[Any] = []
    kwargs: dict[str, Any] = {}


def type_of(task: AnyTask) -> str:
    return PREFIX + task.module_path


def declare(task: AnyTask) -> None:
    """Register the task's handler, if this process does not know it yet. Variants by `using` are one task."""
    path = task.module_path
    if path in _declared and _declared[path].func is task.func:
        return
    _declared[path] = task
    registry.add(
        Definition(
            type=type_of(task),
            function=running.runner(task),
            model=TaskArguments,
            takes_context=True,
            is_async=iscoroutinefunction(task.func),
            accepts_any=False,
            queue=task.queue_name,
            max_attempts=1,
            summary=(getdoc(task.func) or "").partition("\n")[0],
        )
    )


def find(type: str) -> AnyTask | None:
    """The task of a stored job's type. Its module is imported if need be, but only a `Task` is taken from it:
    the type comes from a table, and could name any callable."""
    if not type.startswith(PREFIX):
        return None
    path = type.removeprefix(PREFIX)
    if path not in _declared:
        try:
            found = import_string(path)
        except ImportError:
            return None
        if isinstance(found, Task):
            declare(found)
    return _declared.get(path)
