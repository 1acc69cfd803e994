"""A form made of a handler's signature: its inputs, what they hold, and the payload that comes of them.

What a payload may be is said by the handler's own model alone; what that refuses stands beside the input it is about.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from jobs import envelope
from jobs.conf import options
from jobs.console.new_job import schema_values
from jobs.console.new_job.schema_inputs import PartField, widget
from jobs.console.new_job.schema_parts import MISSING, PREFIX, Kind, Part, parts
from jobs.errors import FlowbitError, Invalid
from jobs.registry import Definition


@dataclass(frozen=True, slots=True)
class Row:
    """An input as a template draws it; a group has rows of its own, and a tick where it may be left out."""

    part: Part
    field: BoundField | None
    rows: Sequence["Row"] = ()


class PayloadForm(forms.Form):
    """The payload of one type. `payload`, when given, is what it shows first; a secret is never shown again."""

    def __init__(
        self, definition: Definition, data: Mapping[str, Any] | None = None, payload: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data)
        self.definition = definition
        self.parts = parts(definition)
        self._sent: dict[str, Any] = {}
        for part in self._inputs():
            self.fields[part.name] = PartField(part, widget(part, _at(payload, part)))
            self.initial[part.name] = _initial(part, payload)
        self._add_others(payload)

    def rows(self) -> list[Row]:
        return [self._row(part) for part in self.parts]

    @property
    def others(self) -> BoundField | None:
        """Keys without an input of their own, as JSON."""
        return self[PREFIX] if PREFIX in self.fields else None

    def payload(self) -> dict[str, Any]:
        """What the inputs make, as a client would send it. Of inputs that cannot be read there is nothing."""
        return self._sent

    def shown_payload(self) -> dict[str, Any]:
        """The same, without secrets."""
        hidden = {part.path[0] for part in self._inputs() if part.secret}
        return {name: "(secret)" if name in hidden else value for name, value in self._sent.items()}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self._sent = {**(cleaned.get(PREFIX) or {}), **_collected(self.parts, cleaned)}
        if not self.errors:
            try:
                envelope.check_payload(self.definition, self._sent, options())
            except Invalid as error:
                self.refuse(error)
        return cleaned

    def refuse(self, error: FlowbitError) -> None:
        """Put what was refused beside the inputs that it is about."""
        for place, messages in error.details.items():
            for message in messages:
                self.add_error(self._nearest(place), message)

    def _nearest(self, place: str) -> str | None:
        """The input that holds `place`: `payload.states.0` is in `payload.states`."""
        path = place.replace("[", ".").split(".")
        while path and ".".join(path) not in self.fields:
            path.pop()
        return ".".join(path) if path else None

    def _inputs(self) -> Iterator[Part]:
        for top in self.parts:
            yield from (part for part in top.inputs() if part.kind is not Kind.GROUP or may_be_left_out(part))

    def _row(self, part: Part) -> Row:
        field = self[part.name] if part.name in self.fields else None
        return Row(part, field, [self._row(one) for one in part.parts])

    def _add_others(self, payload: Mapping[str, Any] | None) -> None:
        known = {part.path[0] for part in self.parts}
        others = {name: value for name, value in (payload or {}).items() if name not in known}
        if not (others or self.definition.accepts_any or (self.is_bound and PREFIX in self.data)):
            return
        part = Part(path=(), kind=Kind.JSON, label="other keys" if known else "payload", help="A JSON object")
        self.fields[PREFIX] = PartField(part, widget(part, others))
        self.initial[PREFIX] = schema_values.as_json(others) if others else ""


def may_be_left_out(part: Part) -> bool:
    return part.nullable or not part.required


def _collected(found: Sequence[Part], cleaned: Mapping[str, Any]) -> dict[str, Any]:
    values = {part.path[-1]: _value(part, cleaned) for part in found}
    return {name: value for name, value in values.items() if value is not MISSING}


def _value(part: Part, cleaned: Mapping[str, Any]) -> Any:
    if part.kind is not Kind.GROUP:
        return cleaned.get(part.name, MISSING)
    inner = _collected(part.parts, cleaned)
    if not may_be_left_out(part) or cleaned.get(part.name) or _is_filled(part, inner):
        return MISSING if inner == part.default else inner
    return None if part.nullable and (part.required or part.default not in (None, MISSING)) else MISSING


def _is_filled(part: Part, inner: Mapping[str, Any]) -> bool:
    """Whether something was typed in a group that was not ticked; a flag always has a value."""
    for one in part.parts:
        value = inner.get(one.path[-1], MISSING)
        if one.kind is Kind.GROUP and isinstance(value, Mapping):
            if _is_filled(one, value):
                return True
        elif one.kind is not Kind.FLAG and value is not MISSING:
            return True
    return False


def _at(payload: Mapping[str, Any] | None, part: Part) -> Any:
    """The value at a part's place, MISSING when there is none."""
    found: Any = {} if payload is None else payload
    for name in part.path:
        if not isinstance(found, Mapping) or name not in found:
            return MISSING
        found = found[name]
    return found


def _initial(part: Part, payload: Mapping[str, Any] | None) -> Any:
    if part.secret:
        return ""
    found = _at(payload, part)
    if part.kind is Kind.GROUP:
        return isinstance(found, Mapping)
    return schema_values.show(part, part.default if found is MISSING else found)
