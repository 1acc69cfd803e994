"""The prompt bar: a sentence in, and what became of it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from dispatcher import categories, services
from dispatcher.conf import options
from dispatcher.models import Dispatch
from dispatcher.services import Dispatched
from jobs.conf import options as engine_options
from jobs.errors import FlowbitError, TooMany
from jobs.services import throttle
from jobs.services.access import AnyUser

LATEST_FOR = timedelta(hours=1)
_LOOKED = 20  # of one's dispatches, for the latest that became a job


@dataclass(frozen=True, slots=True)
class Draft:
    """`text` is what stays in the bar; `reading` what it would become, `sent` what it became."""

    text: str = ""
    problem: str = ""
    reading: Dispatched | None = None
    sent: Dispatched | None = None


def acted(user: AnyUser, text: str, *, preview: bool) -> Draft:
    """Read the sentence, and send what it means unless it is only a preview. A refusal is told in the draft."""
    try:
        throttle.check_dispatch(f"user {user.pk}", engine_options().dispatch_rate)
        done = services.dispatch(user, text, dry_run=preview)
    except FlowbitError as error:
        return Draft(text[: options().max_prompt], problem=_told(error))
    return Draft(text, reading=done) if preview else Draft(sent=done)


def _told(error: FlowbitError) -> str:
    """The refusal as a sentence; that it is about the prompt is plain."""
    text = error.message.removeprefix("prompt: ").removeprefix("categories: ")
    if isinstance(error, TooMany):
        text = f"{text}: try again in {error.wait} s"
    return f"{text[:1].upper()}{text[1:]}."


def latest(user: AnyUser) -> UUID | None:
    """The job that this person's last sentence became, for as long as it is news."""
    rows = Dispatch.objects.of(user.pk).order_by("-id").values_list("job_id", "at")[:_LOOKED]
    since = timezone.now() - LATEST_FOR
    return next((job_id for job_id, at in rows if job_id is not None and at > since), None)


def shown(user: AnyUser, draft: Draft) -> dict[str, Any]:
    """What the bar's template needs."""
    return {
        "draft": draft,
        "labels": categories.of(user.pk),
        "provider": options().chosen(),
        "max_prompt": options().max_prompt,
    }
