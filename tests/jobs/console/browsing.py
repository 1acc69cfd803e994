"""What a browser sends of a form that nobody has touched."""

from typing import Any

from django import forms
from django.http import QueryDict


def untouched(form: forms.Form) -> QueryDict:
    data = QueryDict(mutable=True)
    for bound in form:
        widget, value = bound.field.widget, bound.value()
        if isinstance(widget, forms.CheckboxInput):
            if value:
                data[bound.html_name] = "on"
        elif isinstance(widget, forms.CheckboxSelectMultiple):
            data.setlist(bound.html_name, value or [])
        else:
            data[bound.html_name] = _held(widget, "" if value is None else str(value))
    return data


def _held(widget: Any, text: str) -> str:
    """A list offers what it has, a line holds no line breaks, a box sends them as two characters."""
    if isinstance(widget, forms.Select):
        offered = [str(value) for value, _ in widget.choices]
        return text if text in offered else offered[0]
    if isinstance(widget, forms.Textarea):
        return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    return text.replace("\r", "").replace("\n", "")
