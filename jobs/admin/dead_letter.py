"""Dead letters: their pages are the console's; here are their verbs."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from jobs.admin.verbs import VerbAdmin
from jobs.console.forms import ReplayForm
from jobs.console.letters.letter import LetterPage
from jobs.console.letters.page import LettersPage
from jobs.console.letters.replay import ReplayPage
from jobs.console.verb import Verb
from jobs.models import DeadLetter, Job
from jobs.services import access, dead_letters
from jobs.services.audit import Actor
from jobs.services.dead_letters import Overrides
from jobs.services.steered import Steered
from jobs.states import State


def _replay(ids: Sequence[int], actor: Actor, cleaned: Mapping[str, Any]) -> Steered[int]:
    overrides = Overrides(queue=cleaned["queue"] or None, priority=cleaned["priority"])
    return dead_letters.replay(ids, actor, overrides, cleaned["reason"])


def _delete(ids: Sequence[int], actor: Actor, cleaned: Mapping[str, Any]) -> Steered[int]:
    return dead_letters.delete(ids, actor, cleaned["reason"])


def _is_failed(letter: DeadLetter) -> bool:
    return Job.objects.filter(pk=letter.job_id, state=State.FAILED).exists()


REPLAY = Verb(
    "replay",
    "Replay",
    "replayed",
    access.REPLAY_JOB,
    _replay,
    "The jobs run again with a fresh budget of attempts. The letters stay, and count their replays.",
    ReplayForm,
    applies=_is_failed,
)
DELETE = Verb(
    "delete-letters",
    "Delete",
    "deleted",
    access.DELETE_DEAD_LETTER,
    _delete,
    "The letters are gone for good; their jobs stay failed and can still be retried.",
    danger=True,
)


@admin.register(DeadLetter)
class DeadLetterAdmin(VerbAdmin):
    verbs = (REPLAY, DELETE)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        return LettersPage.as_view()(request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        return LetterPage.as_view()(request, letter_id=object_id)

    def verb_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """One letter is edited before it is replayed; several are replayed as they are."""
        if name == REPLAY.name and len(keys := self._keys(request)) == 1:
            answer: HttpResponse = ReplayPage.as_view()(request, letter_id=str(keys[0]))  # type: ignore[assignment]  # no stream
            return answer
        return super().verb_view(request, name)
