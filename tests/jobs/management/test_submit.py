from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from jobs.models import Job
from jobs.store import moves
from tests.jobs.by_hand import perform

pytestmark = pytest.mark.django_db


def submit(*arguments: str) -> list[str]:
    """The lines that the command prints."""
    output = StringIO()
    call_command("submit", *arguments, stdout=output, stderr=output)
    return output.getvalue().splitlines()


def refusal(*arguments: str) -> CommandError:
    with pytest.raises(CommandError) as caught:
        submit(*arguments)
    return caught.value


def test_prints_the_id() -> None:
    (line,) = submit("test.anything", "message=hello")
    job = Job.objects.get(pk=line)
    assert (job.type, job.payload, job.state, job.queue, job.priority) == (
        "test.anything",
        {"message": "hello"},
        "queued",
        "default",
        5,
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("hello", "hello"),
        ("", ""),
        ("3", 3),
        ("-1.5", -1.5),
        ("true", True),
        ("null", None),
        ('"3"', "3"),
        ('{"a": [1, 2]}', {"a": [1, 2]}),
        ("{not json", "{not json"),
        ("a=b", "a=b"),
        ("NaN", "NaN"),
    ],
)
def test_values_are_json_where_they_are_json(text: str, value: object) -> None:
    (line,) = submit("test.anything", f"key={text}")
    assert Job.objects.get(pk=line).payload == {"key": value}


def test_options_reach_the_job() -> None:
    options = ["--queue=slow", "--priority=9", "--delay=1h", "--tenant=acme", "--idempotency-key=k1"]
    (line,) = submit("test.noop", "n=1", *options)
    job = Job.objects.get(pk=line)
    assert (job.queue, job.priority, job.tenant_id, job.idempotency_key) == ("slow", 9, "acme", "k1")
    assert job.state == "scheduled"


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["no.such.type"], "type: no handler"),
        (["test.noop", "n=many"], "payload.n: "),
        (["test.noop", "--queue=Not A Queue"], "queue: must be"),
        (["test.noop", "--priority=11"], "priority: must be"),
        (["test.noop", "--priority=high"], "--priority"),
        (["test.noop", "--delay=soon"], "delay: "),
        (["test.noop", "--tenant=two words"], "tenant_id: "),
        (["test.noop", "--idempotency-key="], "idempotency_key: "),
        (["test.noop", "novalue"], "key=value"),
        (["test.noop", "=5"], "key=value"),
        (["test.noop", "n=\0"], "payload.n"),
        (["test.noop", "--wait", "--timeout=ever"], "--timeout"),
        ([], "TYPE"),
    ],
)
def test_bad_input_is_named(arguments: list[str], part: str) -> None:
    assert part in str(refusal(*arguments))
    assert not Job.objects.exists()


def test_every_wrong_field_is_named() -> None:
    assert str(refusal("test.noop", "--queue=A", "--priority=11")).count("\n") == 1


def test_another_request_with_the_same_key_is_refused() -> None:
    submit("test.noop", "n=1", "--idempotency-key=k")
    assert "idempotency_key" in str(refusal("test.noop", "n=2", "--idempotency-key=k"))


def test_unknown_keys_are_warned_about() -> None:
    warning, _ = submit("test.noop", "m=1")
    assert warning.startswith("warning: payload.m")


def test_waits_for_a_success() -> None:
    (first,) = submit("test.anything", "message=hi", "--idempotency-key=k")
    perform(first)
    *_, again, state, result = submit("test.anything", "message=hi", "--idempotency-key=k", "--wait")
    assert (again, state, result) == (first, "succeeded", '{"message":"hi"}')


def test_a_failure_is_exit_code_1() -> None:
    arguments = ["task:tests.sample.tasks.broken", 'args=["no good"]', "--idempotency-key=k"]
    (first,) = submit(*arguments)
    perform(first)
    error = refusal(*arguments, "--wait")
    assert (error.returncode, "no good" in str(error)) == (1, True)


def test_a_cancelled_job_is_exit_code_1() -> None:
    (first,) = submit("test.noop", "--idempotency-key=k")
    moves.cancel([Job.objects.get(pk=first).id], "not wanted")
    error = refusal("test.noop", "--idempotency-key=k", "--wait")
    assert (error.returncode, str(error)) == (1, "not wanted")


def test_a_time_out_is_exit_code_2() -> None:
    error = refusal("test.noop", "--wait", "--timeout=0")
    assert (error.returncode, str(error)) == (2, "not finished after 0s")
