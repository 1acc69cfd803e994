"""A job that is being filled in: its payload's inputs, those around it, and what has been refused of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.forms.utils import ErrorList

from jobs.console.new_job import usual, written
from jobs.console.new_job.envelope_form import EnvelopeForm
from jobs.console.new_job.schema_form import PayloadForm
from jobs.errors import FlowbitError, Invalid
from jobs.models import Job
from jobs.registry import Definition

Result = TypeVar("Result")


@dataclass(slots=True)
class Draft:
    definition: Definition
    payload: PayloadForm
    envelope: EnvelopeForm
    problems: list[str] = field(default_factory=list)
    """What was refused, and is about no input."""

    def is_valid(self) -> bool:
        return all([self.payload.is_valid(), self.envelope.is_valid()])

    def body(self) -> dict[str, Any]:
        """As the API takes it."""
        return self._body(self.payload.payload())

    def preview(self, url: str) -> dict[str, Any]:
        """What would be sent, as JSON and for a terminal; secrets are left out."""
        if self.payload.is_bound:
            sent = self._body(self.payload.shown_payload())
            return {"sent": sent, "curl": written.as_curl(url, sent)}
        return {}

    def take(self, act: Callable[[], Result]) -> Result | None:
        """What `act` answers; None when it refuses, which is then noted beside the inputs that it is about."""
        try:
            return act()
        except FlowbitError as error:
            self._refuse(error)
        return None

    def errors_of(self, name: str) -> ErrorList | list[str]:
        for form in (self.payload, self.envelope):
            if name in form.fields:
                return form.errors.get(name, [])
        return []

    def _refuse(self, error: FlowbitError) -> None:
        inner = {name: told for name, told in error.details.items() if name.startswith("payload")}
        around = {name: told for name, told in error.details.items() if name not in inner}
        self.payload.refuse(Invalid(error.message, inner))
        self.envelope.refuse(Invalid(error.message, around))
        if not error.details:
            self.problems.append(error.message)

    def _body(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        return {"type": self.definition.type, "payload": dict(payload), **self.envelope.body()}


def begin(
    definition: Definition,
    data: Mapping[str, Any] | None,
    like: Job | None,
    given: Mapping[str, Any],
) -> Draft:
    """From what was typed (`data`), or to begin with from another job and from what an address gives."""
    around = {name: text for name, text in given.items() if text}
    initial = {**(usual.of_job(like, definition) if like else {}), **around}
    payload = like.payload if like and like.type == definition.type else None
    return Draft(
        definition,
        PayloadForm(definition, data, payload),
        EnvelopeForm(definition, data, initial=initial),
    )
