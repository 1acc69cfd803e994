"""The inputs of a generated form: one field for all kinds, and the widget that fits a part."""

import json
import re
from collections.abc import Sequence
from typing import Any

from django import forms

from jobs.console.new_job import schema_values
from jobs.console.new_job.schema_parts import MISSING, Kind, Part

MOST_CHARACTERS = 1_100_000
"""Of one input; what may be stored is the envelope's affair."""
_BOUNDS = {"minimum": "min", "maximum": "max", "minLength": "minlength", "maxLength": "maxlength"}
_TYPES = {Kind.NUMBER: "number", Kind.DATE: "date", Kind.INSTANT: "datetime-local"}
_CLOCK = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?\Z")
_FORMATS = {"email": "email", "uri": "url"}


class PartField(forms.Field):
    """Reads what a part's input holds."""

    def __init__(self, part: Part, widget: forms.Widget) -> None:
        self.part = part
        super().__init__(required=False, widget=widget, label=part.label, help_text=part.help)

    def clean(self, value: Any) -> Any:
        part = self.part
        if isinstance(value, str) and len(value) > MOST_CHARACTERS:
            raise forms.ValidationError("is too long")
        try:
            if part.path:
                return bool(value) if part.kind is Kind.GROUP else schema_values.read(part, value)
            return schema_values.object_from_json(str(value or ""))
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None


def widget(part: Part, value: Any) -> forms.Widget:
    """The input for `part`, of a kind that can hold `value`."""
    attributes = _attributes(part)
    match part.kind:
        case Kind.FLAG if schema_values.tristate(part):
            return forms.Select(attributes, [("", "not said"), ("true", "yes"), ("false", "no")])
        case Kind.FLAG | Kind.GROUP:
            return forms.CheckboxInput(attributes)
        case Kind.CHOICE:
            return forms.Select(attributes, _choices(part, part.schema["enum"]))
        case Kind.CHOICES:
            return forms.CheckboxSelectMultiple(attributes, _options(part.schema["items"]["enum"]))
        case Kind.PROSE | Kind.LIST | Kind.JSON:
            return forms.Textarea({**attributes, "rows": 3, **_script(part)})
    return _line(part, value, attributes)


def _line(part: Part, value: Any, attributes: dict[str, Any]) -> forms.Widget:
    if part.secret:
        return forms.PasswordInput({**attributes, "autocomplete": "new-password"})
    text = "" if value is MISSING else str(schema_values.show(part, value))
    if len(text.splitlines()) > 1:
        return forms.Textarea({**attributes, "rows": 3})
    kind = _TYPES.get(part.kind) or _FORMATS.get(part.schema.get("format", ""), "text")
    if part.kind is Kind.INSTANT and text and not _CLOCK.match(text):
        kind = "text"  # with an offset, or finer than the browser's own input can hold
    return forms.TextInput({**attributes, "type": kind})


def _attributes(part: Part) -> dict[str, Any]:
    """The constraints of the schema, as HTML knows them."""
    schema = part.schema
    found: dict[str, Any] = {html: schema[name] for name, html in _BOUNDS.items() if name in schema}
    if part.kind is Kind.NUMBER:
        found["step"] = schema.get("multipleOf") or (1 if schema.get("type") == "integer" else "any")
    if part.kind is Kind.INSTANT:
        found["step"] = "any"
    if part.required and not part.nullable and part.kind not in (Kind.FLAG, Kind.CHOICES, Kind.GROUP):
        found["required"] = True
    if examples := schema.get("examples"):
        found["placeholder"] = str(examples[0])[:200]
    return found


def _script(part: Part) -> dict[str, Any]:
    """Machines' text is not to be corrected."""
    return {"spellcheck": "false", "class": "code"} if part.kind is Kind.JSON else {}


def _choices(part: Part, values: Sequence[Any]) -> list[tuple[str, str]]:
    usual = part.default is not MISSING and part.default is not None
    if usual and not part.nullable:
        return _options(values)
    return [("", "choose" if part.required and not part.nullable else "none"), *_options(values)]


def _options(values: Sequence[Any]) -> list[tuple[str, str]]:
    return [(json.dumps(one), one if isinstance(one, str) else json.dumps(one)) for one in values]
