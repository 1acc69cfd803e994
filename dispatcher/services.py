"""From a sentence to a job: ask the provider, check what it says, submit, and keep a row of it all."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from dispatcher import categories
from dispatcher.choices import Choices
from dispatcher.conf import Options, options
from dispatcher.errors import UnfitAnswer
from dispatcher.models import Dispatch
from dispatcher.providers import chosen
from dispatcher.providers.contract import Trace
from dispatcher.schema import Proposal
from jobs import jsontext, services
from jobs.errors import FlowbitError, Invalid
from jobs.services import access
from jobs.services.access import AnyUser

MAX_KEPT = 16_000  # characters of an answer
_SWEPT = 100


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What a sentence became. `row` has the model, the time it took, and the job's id unless it was a dry run."""

    row: Dispatch
    label: str
    type: str
    payload: dict[str, Any]
    warnings: Sequence[str] = field(default_factory=tuple)


def dispatch(user: AnyUser, prompt: Any, *, dry_run: bool = False) -> Dispatched:
    """Turn `prompt` into a job of `user`, in one of their categories; `dry_run` submits nothing.

    Raises:
        Invalid: the prompt is blank or too long, or there are no categories.
        NotAllowed: the type asks for more than this user may.
        DispatchOff, UnfitAnswer, ProviderRefused, ProviderUnavailable: see `dispatcher.errors`.
    """
    conf = options()
    provider = chosen.provider(conf)
    text = check_prompt(prompt, conf)
    choices = categories.choices(user.pk)
    check_choices(choices)
    row = Dispatch(user_id=user.pk, prompt=text, dry_run=dry_run, provider=conf.chosen())
    trace = Trace(conf.chosen())
    began = time.monotonic()
    try:
        try:
            proposal = provider(text, choices, trace)
        finally:
            _note(row, trace, time.monotonic() - began)
        return _settled(user, row, proposal, choices)
    except FlowbitError as error:
        row.error = error.code
        row.save()
        raise
    finally:
        sweep(conf.retention)


def check_prompt(prompt: Any, conf: Options) -> str:
    """The prompt as it is asked and kept. Raises Invalid."""
    if not isinstance(prompt, str) or not prompt.strip():
        raise Invalid.field("prompt", "say what to do")
    if len(prompt) > conf.max_prompt:
        raise Invalid.field("prompt", f"at most {conf.max_prompt} characters")
    return jsontext.clean(prompt.strip(), conf.max_prompt)


def check_choices(choices: Choices) -> None:
    """Raises Invalid when there are none."""
    if not len(choices):
        raise Invalid.field("categories", "you have no dispatch categories: add some in your settings")


def fit(proposal: Proposal, choices: Choices) -> tuple[dict[str, Any], list[str]]:
    """The proposed payload, validated by the handler, and warnings.

    Raises:
        UnfitAnswer: it is of none of the choices, or does not fit the handler's schema.
    """
    if proposal.choice not in choices.all:
        raise UnfitAnswer("the answer is of a type that is not among your categories")
    definition = proposal.choice.definition
    try:
        jsontext.encode(proposal.payload)
        return definition.validate(proposal.payload)
    except jsontext.NotJson as error:
        raise UnfitAnswer(f"the request does not make a valid {definition.type}: {error}") from None
    except Invalid as error:
        raise UnfitAnswer(f"the request does not make a valid {error.message}", error.details) from None


def _note(row: Dispatch, trace: Trace, seconds: float) -> None:
    row.model, row.tried = trace.model, list(trace.tried)
    row.latency_ms = round(seconds * 1000)
    row.input_tokens, row.output_tokens = trace.input_tokens, trace.output_tokens
    row.answer = jsontext.clean(trace.answer, MAX_KEPT)


def _settled(user: AnyUser, row: Dispatch, proposal: Proposal, choices: Choices) -> Dispatched:
    """The job and its row are stored together, or neither."""
    definition = proposal.choice.definition
    row.label, row.type, row.confidence = proposal.label, definition.type, proposal.confidence
    payload, warnings = fit(proposal, choices)
    row.payload = payload
    request = services.JobRequest(
        type=definition.type,
        payload=payload,
        owner_id=user.pk,
        tenant_id=access.home_tenant(user),
        backend_data={"job_type": proposal.label},
    )
    access.check_submit(user, request)
    with transaction.atomic():
        if not row.dry_run:
            [submission] = services.enqueue_many([request])
            row.job_id = submission.id
        row.save()
    return Dispatched(row, proposal.label, definition.type, payload, warnings)


def visible(user: AnyUser) -> QuerySet[Dispatch]:
    """One's own; by a key of a tenant or of queues only what became a job there, and by one of a worker none."""
    limits, own = access.limits_of(user), Dispatch.objects.of(user.pk)
    if not limits.sees_own:
        return own.none()
    if limits.tenant_id or limits.queues:
        return own.filter(job_id__in=access.visible(user).filter(owner_id=user.pk).values("pk"))
    return own


def sweep(retention: float, limit: int = _SWEPT) -> int:
    """Forget dispatches older than `retention` seconds, a few at a time: each dispatch pays for its elders."""
    old = Dispatch.objects.filter(at__lt=Now() - timedelta(seconds=retention)).order_by("at")
    return Dispatch.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:limit])).delete()[0]
