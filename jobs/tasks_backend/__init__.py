"""Django's tasks interface on Flowbit: a task is a handler of the type `task:<its module path>`.

    TASKS = {"default": {"BACKEND": "jobs.tasks_backend.FlowbitBackend", "QUEUES": [], "OPTIONS": {...}}}

    interface   Django's own `django.tasks`, or its backport
    known       tasks <-> types; the only place that finds a task by its path
    running     what a worker calls
    rows        what a result is made of, read
    results     a job as a `TaskResult`
    backend     the contract, put together

One type per task, so that a task has lanes, durations, limits and statistics of its own, and so that a worker
of another release leaves a task that it does not know in its lane instead of failing it. Workers know the
tasks that are declared in the `tasks` modules of installed apps, and in what those and the URLconf import.
"""

from jobs.tasks_backend.backend import FlowbitBackend

__all__ = ["FlowbitBackend"]
