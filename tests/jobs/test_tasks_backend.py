"""Django's tasks interface, without a worker process: the attempts are performed by hand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.dispatch import Signal
from django.utils import timezone

from jobs import services
from jobs.errors import Invalid
from jobs.models import Job
from jobs.registry import registry
from jobs.store import moves
from jobs.tasks_backend import FlowbitBackend, known
from jobs.tasks_backend.interface import (
    BaseTaskBackend,
    InvalidTask,
    TaskResultDoesNotExist,
    TaskResultMismatch,
    TaskResultStatus,
    task_backends,
    task_enqueued,
    task_finished,
    task_started,
)
from jobs.tasks_backend.results import to_priority
from tests.jobs.by_hand import begin, perform
from tests.sample import tasks

ADD = "task:tests.sample.tasks.add"

pytestmark = pytest.mark.django_db


@contextmanager
def heard(*signals: Signal) -> Iterator[list[tuple[type, str, str]]]:
    """(sender, result id, status) of each sending meanwhile."""
    calls: list[tuple[type, str, str]] = []

    def receive(sender: type, task_result: Any, **_kwargs: Any) -> None:
        calls.append((sender, task_result.id, task_result.status))

    for signal in signals:
        signal.connect(receive)
    try:
        yield calls
    finally:
        for signal in signals:
            signal.disconnect(receive)


def enqueue_with_options(settings: Any, options: dict[str, Any], call: Callable[[], Any]) -> Any:
    """What `call` returns while the backend has these OPTIONS."""
    settings.TASKS = {"default": {**settings.TASKS["default"], "OPTIONS": options}}
    return call()


# -- enqueue ------------------------------------------------------------------------------------------------


def test_a_task_becomes_a_job_of_its_own_type() -> None:
    result = tasks.add.using(priority=-30, queue_name="sums").enqueue(1, b=2)
    job = Job.objects.get(pk=result.id)
    assert (job.type, job.queue, job.state, job.max_attempts) == (ADD, "sums", "queued", 1)
    assert job.payload == {"args": [1], "kwargs": {"b": 2}}
    assert job.priority == 4
    assert job.backend_data == {"backend": "default", "priority": -30, "run_after": None}
    assert (result.status, result.args, result.kwargs) == (TaskResultStatus.READY, [1], {"b": 2})
    assert (result.backend, result.errors, result.worker_ids, result.attempts) == ("default", [], [], 0)


def test_a_task_is_registered_when_it_is_declared() -> None:
    definition = registry.get(ADD)
    assert (definition.is_async, definition.summary) == (False, "Add two numbers.")
    assert registry.get("task:tests.sample.tasks.add_async").is_async
    assert definition.json_schema()["properties"].keys() == {"args", "kwargs"}


def test_a_task_can_be_submitted_as_any_job() -> None:
    submission = services.enqueue(ADD, {"args": [1, 2]})
    assert perform(submission.id) == 3
    assert task_backends["default"].get_result(str(submission.id)).return_value == 3
    with pytest.raises(Invalid):
        services.enqueue(ADD, {"a": 1})


def test_run_after_is_when_it_runs_and_what_is_given_back() -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    result = tasks.add.using(run_after=tomorrow).enqueue(1)
    job = Job.objects.get(pk=result.id)
    assert (job.state, job.run_at) == ("scheduled", tomorrow)
    assert tasks.add.get_result(result.id).task.run_after == tomorrow
    assert tasks.add.get_result(result.id).status == TaskResultStatus.READY


@pytest.mark.parametrize(
    ("given", "stored"),
    [(-100, 0), (-91, 0), (-90, 1), (-10, 5), (0, 5), (9, 5), (10, 6), (89, 9), (100, 10)],
)
def test_priorities_keep_their_order(given: int, stored: int) -> None:
    assert to_priority(given) == stored


@pytest.mark.parametrize("priority", [-100, -1, 0, 37, 100])
def test_the_priority_is_given_back_as_it_came(priority: int) -> None:
    result = tasks.add.using(priority=priority).enqueue(1)
    assert tasks.add.get_result(result.id).task.priority == priority


def test_a_job_lives_and_dies_with_the_callers_transaction() -> None:
    class Undone(Exception):
        pass

    with pytest.raises(Undone), transaction.atomic():
        result = tasks.add.enqueue(1)
        assert Job.objects.filter(pk=result.id).exists()
        raise Undone
    assert not Job.objects.filter(pk=result.id).exists()


def test_task_enqueued_is_sent_once_the_job_is_committed(django_capture_on_commit_callbacks: Any) -> None:
    with heard(task_enqueued) as calls:
        with django_capture_on_commit_callbacks(execute=True):
            result = tasks.add.enqueue(1)
            assert calls == []
        assert calls == [(FlowbitBackend, result.id, TaskResultStatus.READY)]


@pytest.mark.django_db(transaction=True)
def test_a_receiver_that_raises_does_not_make_the_enqueue_fail(broker: Any) -> None:
    def receive(**_kwargs: Any) -> None:
        raise RuntimeError("receiver")

    task_enqueued.connect(receive)
    try:
        result = tasks.add.enqueue(1)
    finally:
        task_enqueued.disconnect(receive)
    assert Job.objects.filter(pk=result.id).exists()
    assert broker.lanes("default") == {ADD: 1}


def test_aenqueue_and_aget_result() -> None:
    result = async_to_sync(tasks.add_async.aenqueue)(1, b=2)
    assert perform(result.id) == 3
    found = async_to_sync(tasks.add_async.aget_result)(result.id)
    assert (found.return_value, found.task.priority, found.task.queue_name) == (3, 30, "tasks")
    async_to_sync(result.arefresh)()
    assert result.return_value == 3


@pytest.mark.parametrize(
    ("argument", "error"),
    [(object(), TypeError), ({1, 2}, TypeError), (datetime.now(UTC), TypeError), (b"\xff", ValueError)]
    + [(value, ValueError) for value in (float("nan"), "\0", "\ud800", 2**70, "x" * 300_000)],
)
def test_arguments_that_are_no_json_are_refused(argument: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        tasks.add.enqueue(argument)
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"queue_name": "Not A Queue"},
        {"queue_name": ""},
        {"priority": 101},
        {"run_after": datetime(2030, 1, 1)},  # noqa: DTZ001 - that is the point
    ],
)
def test_invalid_tasks_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidTask):
        tasks.add.using(**changes)


def test_a_function_within_a_function_is_no_task() -> None:
    def inner() -> None: ...

    with pytest.raises(InvalidTask):
        task_backends["default"].task_class(func=inner)


def test_only_the_listed_queues_are_valid(settings: Any) -> None:
    settings.TASKS = {"default": {**settings.TASKS["default"], "QUEUES": ["default", "mail"]}}
    assert tasks.add.using(queue_name="mail").queue_name == "mail"
    with pytest.raises(InvalidTask):
        tasks.add.using(queue_name="other")


# -- results ------------------------------------------------------------------------------------------------


def test_a_result_follows_its_job() -> None:
    result = tasks.add.enqueue(1, b=2)
    with pytest.raises(ValueError, match="not finished"):
        _ = result.return_value
    begin(result.id, worker="w1")
    running = tasks.add.get_result(result.id)
    assert (running.status, running.worker_ids, running.is_finished) == (
        TaskResultStatus.RUNNING,
        ["w1"],
        False,
    )
    assert running.started_at == running.last_attempted_at is not None

    result = tasks.add.enqueue(1, b=2)
    assert perform(result.id, worker="w2") == 3
    result.refresh()
    assert (result.status, result.return_value, result.worker_ids) == (TaskResultStatus.SUCCESSFUL, 3, ["w2"])
    assert result.enqueued_at <= result.started_at <= result.finished_at
    assert (result.attempts, result.errors, result.is_finished) == (1, [], True)
    with pytest.raises(FrozenInstanceError):
        result.id = "other"


@pytest.mark.parametrize(
    ("task", "error"),
    [(tasks.broken, ValidationError), (tasks.broken_async, ValueError)],
    ids=["sync", "async"],
)
def test_a_failed_task_has_its_error(task: Any, error: type[Exception]) -> None:
    result = task.enqueue("no good")
    assert isinstance(perform(result.id), error)
    found = task.get_result(result.id)
    assert found.status == TaskResultStatus.FAILED
    assert [one.exception_class for one in found.errors] == [error]
    text = found.errors[0].traceback
    assert text.startswith("Traceback (most recent call last):\n") and f"raise {error.__name__}" in text
    assert text.endswith("no good\n") or "no good" in text.splitlines()[-1]
    with pytest.raises(ValueError, match="Task failed"):
        _ = found.return_value


def test_a_cancelled_task_has_failed_without_running() -> None:
    result = tasks.add.enqueue(1)
    moves.cancel([Job.objects.get(pk=result.id).id], "not wanted")
    result.refresh()
    assert (result.status, result.errors, result.worker_ids) == (TaskResultStatus.FAILED, [], [])


def test_a_value_that_is_no_json_is_a_failure() -> None:
    result = tasks.returns_a_set.enqueue()
    perform(result.id)
    result.refresh()
    assert [one.exception_class for one in result.errors] == [TypeError]


def test_a_large_value_is_read_from_the_artifact_storage() -> None:
    result = tasks.large.enqueue(100_000)
    perform(result.id)
    job = Job.objects.get(pk=result.id)
    assert job.result is None and job.artifact
    assert tasks.large.get_result(result.id).return_value == "x" * 100_000


@pytest.mark.parametrize("result_id", ["", "nonsense", "8f2c3214-efad-42fe-8439-6a21d6a80724", "0" * 32, "\0", 5, None])
def test_unknown_and_malformed_ids_do_not_exist(result_id: Any) -> None:
    with pytest.raises(TaskResultDoesNotExist):
        tasks.add.get_result(result_id)


def test_other_jobs_are_no_results() -> None:
    submission = services.enqueue("test.noop")
    with pytest.raises(TaskResultDoesNotExist):
        tasks.add.get_result(str(submission.id))


def test_a_result_belongs_to_its_task() -> None:
    result = tasks.add.enqueue(1)
    with pytest.raises(TaskResultMismatch):
        tasks.broken.get_result(result.id)


def test_a_task_of_another_backend_can_be_sent_through_this_one(settings: Any) -> None:
    default = settings.TASKS["default"]
    dummy = {"BACKEND": f"{BaseTaskBackend.__module__.rpartition('.')[0]}.dummy.DummyBackend"}
    settings.TASKS = {"default": dummy, "jobs": default}
    result = tasks.add.using(backend="jobs").enqueue(1)
    assert perform(result.id) == 1
    assert task_backends["jobs"].get_result(result.id).backend == "jobs"
    settings.TASKS = {"default": default}
    assert task_backends["default"].get_result(result.id).return_value == 1


def test_a_result_can_be_read_when_the_settings_have_changed(settings: Any) -> None:
    result = tasks.add.using(queue_name="old", priority=50).enqueue(1)
    settings.TASKS = {"default": {**settings.TASKS["default"], "QUEUES": ["default"]}}
    assert tasks.add.get_result(result.id).task.module_path == "tests.sample.tasks.add"


# -- running ------------------------------------------------------------------------------------------------


def test_the_context_is_handed_over() -> None:
    result = tasks.which_attempt.enqueue(name="x")
    assert perform(result.id) == [1, "which_attempt", "x"]


@pytest.mark.parametrize(("task", "value"), [(tasks.add, 3), (tasks.add_async, 3)], ids=["sync", "async"])
def test_signals_of_a_success(task: Any, value: int) -> None:
    result = task.enqueue(1, b=2)
    with heard(task_started, task_finished) as calls:
        assert perform(result.id) == value
    assert calls == [
        (FlowbitBackend, result.id, TaskResultStatus.RUNNING),
        (FlowbitBackend, result.id, TaskResultStatus.SUCCESSFUL),
    ]


@pytest.mark.parametrize("task", [tasks.broken, tasks.broken_async], ids=["sync", "async"])
def test_signals_of_a_failure(task: Any) -> None:
    result = task.enqueue("no good")
    with heard(task_started, task_finished) as calls:
        perform(result.id)
    assert [status for _, _, status in calls] == [TaskResultStatus.RUNNING, TaskResultStatus.FAILED]


def test_a_receiver_that_raises_does_not_make_the_task_fail() -> None:
    def receive(**_kwargs: Any) -> None:
        raise RuntimeError("receiver")

    for signal in (task_started, task_finished):
        signal.connect(receive)
    try:
        assert perform(tasks.add.enqueue(1).id) == 1
    finally:
        for signal in (task_started, task_finished):
            signal.disconnect(receive)


def test_more_tries_are_an_option_of_the_backend(settings: Any) -> None:
    result = enqueue_with_options(settings, {"max_attempts": 2}, tasks.works_at_the_second_try.enqueue)
    with heard(task_finished) as calls:
        assert isinstance(perform(result.id, worker="w1"), LookupError)
        assert calls == []
        result.refresh()
        assert (result.status, result.attempts) == (TaskResultStatus.READY, 1)
        Job.objects.filter(pk=result.id).update(run_at=Now())
        assert moves.promote(10)
        assert perform(result.id, worker="w2") == 2
        assert [status for _, _, status in calls] == [TaskResultStatus.SUCCESSFUL]
    result.refresh()
    assert (result.status, result.worker_ids) == (TaskResultStatus.SUCCESSFUL, ["w1", "w2"])
    assert [one.exception_class for one in result.errors] == [LookupError]
    assert result.started_at < result.last_attempted_at


def test_a_snoozed_task_is_not_finished() -> None:
    result = tasks.not_now.enqueue()
    with heard(task_finished) as calls:
        perform(result.id)
    result.refresh()
    assert (calls, result.status, result.errors) == ([], TaskResultStatus.READY, [])


# -- finding tasks ------------------------------------------------------------------------------------------


def test_a_task_is_found_by_its_type_in_a_fresh_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(known._declared, "tests.sample.tasks.add")
    assert known.find(ADD) is tasks.add


@pytest.mark.parametrize(
    "type_name",
    [
        "task:tests.sample.tasks.plain",
        "task:os.system",
        "task:os",
        "task:no.such.thing",
        "task:",
        "task:x",
        "echo",
    ],
)
def test_nothing_but_tasks_is_found(type_name: str) -> None:
    assert known.find(type_name) is None


# -- settings -----------------------------------------------------------------------------------------------


def test_the_check_finds_nothing_wrong_with_the_settings() -> None:
    assert task_backends["default"].check() == []


@pytest.mark.parametrize(
    ("params", "part"),
    [
        ({"OPTIONS": {"max_attempts": 0}}, "max_attempts"),
        ({"OPTIONS": {"max_attempts": "3"}}, "max_attempts"),
        ({"OPTIONS": {"timeout": "soon"}}, "timeout"),
        ({"OPTIONS": {"tries": 2}}, "tries"),
        ({"QUEUES": ["Not A Queue"]}, "Not A Queue"),
    ],
)
def test_the_check_names_what_is_wrong(params: dict[str, Any], part: str) -> None:
    check = partial(FlowbitBackend("default", params).check)
    assert [part in message.msg for message in check()] == [True]
