"""One dead letter: what went wrong, attempt by attempt, what the job was asked to do, and who replayed it."""

from typing import Any, ClassVar

from django.http import Http404
from django.utils.functional import cached_property

from jobs.console.attempts import attempts
from jobs.console.page import Page, Panel
from jobs.models import DeadLetter, Job
from jobs.queries import dead_letters
from jobs.services import access
from jobs.states import State

MOST_ATTEMPTS = 10


def _facts(page: "LetterPage") -> dict[str, Any]:
    return {"letter": page.letter, "job": page.job, "may": page.may}


def _attempts(page: "LetterPage") -> dict[str, Any]:
    return attempts(page.letter.job_id, payloads=page.payloads, most=MOST_ATTEMPTS)


def _payload(page: "LetterPage") -> dict[str, Any]:
    return {"job": page.job, "payloads": page.payloads}


def _replays(page: "LetterPage") -> dict[str, Any]:
    found = dead_letters.replays([page.letter.job_id]) if page.letter.replay_count else {}
    rows = found.get(page.letter.job_id, [])
    shown = [{"entry": row, "changes": _changes(row.after, payloads=page.payloads)} for row in rows]
    return {"replays": shown}


def _changes(after: Any, *, payloads: bool) -> list[tuple[str, Any]]:
    """What a replay changed, without what it always says."""
    told = after if payloads else access.redacted(after)
    return [(name, value) for name, value in (told or {}).items() if name not in ("state", "replay")]


class LetterPage(Page):
    """`/admin/jobs/deadletter/<id>/change/`, as a page or in the drawer."""

    template = "console/letters/letter.html"
    title = "Dead letter"
    permission = "jobs.view_deadletter"
    panels: ClassVar = {
        "facts": Panel("console/letters/facts.html", _facts, "job", label="What went wrong"),
        "attempts": Panel("console/attempts/panel.html", _attempts, "job", label="Attempts"),
        "payload": Panel("console/letters/payload.html", _payload, "job", label="Payload"),
        "replays": Panel("console/letters/replays.html", _replays, "job", label="Replays"),
    }

    def prepare(self) -> None:
        """Raises Http404: there is none, or its job is somebody else's."""
        text = str(self.kwargs.get("letter_id", ""))
        key = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
        if key not in dead_letters.seen(self.user, [key]):
            raise Http404
        self.letter = DeadLetter.objects.get(pk=key)

    letter: DeadLetter

    def context(self) -> dict[str, Any]:
        return {"letter": self.letter, "job": self.job}

    @cached_property
    def job(self) -> Job | None:
        """None when it is gone."""
        return access.visible_job(self.user, self.letter.job_id)

    @property
    def payloads(self) -> bool:
        return access.sees_payload(self.user, self.job.owner_id if self.job else None)

    @property
    def may(self) -> dict[str, bool]:
        """Which buttons there are: for what its job's state allows, and to whom it is allowed."""
        failed = self.job is not None and self.job.state == State.FAILED
        return {
            "replay": failed and self.user.has_perm(access.REPLAY_JOB),
            "delete": self.user.has_perm(access.DELETE_DEAD_LETTER),
        }
