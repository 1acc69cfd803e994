"""`manage.py submit`: put a job into its queue, and see what becomes of it."""

from argparse import ArgumentTypeError, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError

from jobs import durations, jsontext, services, waiting
from jobs.errors import FlowbitError
from jobs.models import Job
from jobs.states import State

FAILED, TIMED_OUT = 1, 2
EPILOG = """\
A value that is JSON is taken as JSON, everything else as text:

  submit echo message=hello count=3 tags='["a", "b"]'
  submit email.send recipient=ops@example.com subject='"42"'    (the text 42, not the number)

With --wait the exit code is 0 when the job succeeded, 1 when it failed or was cancelled, 2 when time was up.
"""


class Command(BaseCommand):
    help = "Submit one job and print its id."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EPILOG
        parser.add_argument("type", metavar="TYPE")
        parser.add_argument("payload", metavar="key=value", nargs="*", type=_pair)
        parser.add_argument("--wait", action="store_true", help="print state changes and the result")
        parser.add_argument("--timeout", default=60.0, type=_duration, help="of --wait: 90, 30s, 5m (default 60s)")
        parser.add_argument("--queue")
        parser.add_argument("--priority", type=int, help="0 to 10, higher first (default 5)")
        parser.add_argument("--delay", help="not before this time has passed: 30s, 1h")
        parser.add_argument("--idempotency-key", help="a repeat with the same key gets the same job")
        parser.add_argument("--tenant", dest="tenant_id")

    def handle(self, *args: Any, **given: Any) -> None:
        names = ("queue", "priority", "delay", "idempotency_key", "tenant_id")
        chosen = {name: given[name] for name in names if given[name] is not None}
        try:
            submission = services.enqueue(given["type"], dict(given["payload"]), **chosen)
            self._report(submission)
            if given["wait"]:
                self._wait(submission, given["timeout"])
        except FlowbitError as error:
            raise CommandError(_told(error)) from None
        except DatabaseError as error:
            raise CommandError(f"PostgreSQL: {error}") from None

    def _report(self, submission: services.Submission) -> None:
        for warning in submission.warnings:
            self.stderr.write(f"warning: {warning}")
        if submission.duplicate_suppressed:
            self.stderr.write("this key was used before: the earlier job is")
        self.stdout.write(str(submission.id))

    def _wait(self, submission: services.Submission, seconds: float) -> None:
        job = None
        for job in waiting.changes(submission.id, seconds):
            self.stdout.write(job.state)
            self.stdout.flush()
        if job is None or not job.is_final:
            raise CommandError(f"not finished after {durations.format(seconds)}", returncode=TIMED_OUT)
        if job.state != State.SUCCEEDED:
            raise CommandError(job.last_error or job.reason or job.state, returncode=FAILED)
        self.stdout.write(_result(job))


def _pair(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise ArgumentTypeError(f"{text[:100]!r} is not of the form key=value")
    try:
        return key, jsontext.decode(value)
    except ValueError:
        return key, value


def _duration(text: str) -> float:
    try:
        return durations.parse(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


def _told(error: FlowbitError) -> str:
    """Every field that is wrong, one a line."""
    lines = [f"{name}: {message}" for name, messages in error.details.items() for message in messages]
    return "\n".join(lines) if lines and error.code == "invalid" else error.message


def _result(job: Job) -> str:
    return f"the result is in the artifact storage: {job.artifact}" if job.artifact else jsontext.encode(job.result)
