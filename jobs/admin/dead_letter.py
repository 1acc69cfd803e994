"""Dead letters: look at them, replay them, delete them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from jobs.admin import shown
from jobs.admin.base import as_uuid
from jobs.admin.filters import QueueFilter, TypeFilter
from jobs.admin.verbs import VerbAdmin
from jobs.console.forms import ReplayForm
from jobs.console.verb import Verb
from jobs.models import DeadLetter, Job
from jobs.registry import registry
from jobs.services import access, dead_letters
from jobs.services.audit import Actor
from jobs.services.dead_letters import Overrides
from jobs.services.steered import Steered
from jobs.states import State


def _replay(ids: Sequence[int], actor: Actor, cleaned: Mapping[str, Any]) -> Steered[int]:
    overrides = Overrides(queue=cleaned["queue"] or None, priority=cleaned["priority"], payload=cleaned.get("payload"))
    return dead_letters.replay(ids, actor, overrides, cleaned["reason"])


def _delete(ids: Sequence[int], actor: Actor, cleaned: Mapping[str, Any]) -> Steered[int]:
    return dead_letters.delete(ids, actor, cleaned["reason"])


def _payload(ids: Sequence[int], request: HttpRequest) -> dict[str, Any]:
    """The payload to edit, for one letter and somebody who may see it, and submit such a job."""
    if len(ids) != 1:
        return {}
    job = Job.objects.filter(pk__in=DeadLetter.objects.filter(pk=ids[0]).values("job_id")).first()
    if job is None or not access.sees_payload(request.user, job.owner_id):
        return {}
    definition = registry.find(job.type)
    if definition is not None and not access.may_submit(request.user, definition):
        return {}
    return {"payload": json.dumps(job.payload, indent=2, ensure_ascii=False)}


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
    initial=_payload,
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
    list_display = ("id", "type", "queue", "error_type", "error", "tries", "replay_count", "failed_at")
    list_filter = (TypeFilter, QueueFilter)
    search_fields = ("id",)
    search_help_text = "A job's id, or a fingerprint"
    fields = (
        "job",
        "type",
        "queue",
        "tenant_id",
        "error_type",
        "error_message",
        "fingerprint",
        "tries",
        "failed_at",
        "replay_count",
        "last_replayed_at",
    )
    readonly_fields = ("job",)

    def search(self, found: QuerySet[DeadLetter], term: str) -> QuerySet[DeadLetter]:
        if job_id := as_uuid(term):
            return found.filter(job_id=job_id)
        return found.filter(fingerprint=term.lower()[:64])

    @admin.display(description="error")
    def error(self, letter: DeadLetter) -> str:
        return letter.error_message[:120]

    @admin.display(description="job")
    def job(self, letter: DeadLetter) -> str:
        return shown.job_link(letter.job_id)
