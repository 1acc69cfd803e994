"""What an operator is asked for before a verb."""

import json
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from jobs import jsontext
from jobs.jsontext import NotJson
from jobs.services.audit import MAX_REASON

_PRIORITIES = [(str(number), str(number)) for number in range(10, -1, -1)]
_MAX_PAYLOAD = 1_000_000  # characters; what may be stored is the service's affair


def _time() -> forms.DateTimeField:
    widget = UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"})
    return forms.DateTimeField(required=False, widget=widget, help_text="UTC")


def queue_field(*, required: bool = False) -> forms.CharField:
    said = "" if required else "Blank keeps the present one"
    return forms.CharField(required=required, max_length=64, widget=UnfoldAdminTextInputWidget, help_text=said)


def priority_field(*, required: bool = False) -> forms.TypedChoiceField:
    """A whole number; None where it is left as it was."""
    choices = _PRIORITIES if required else [("", "as it was"), *_PRIORITIES]
    return forms.TypedChoiceField(
        choices=choices,
        coerce=int,
        empty_value=None,
        required=required,
        initial="5" if required else "",
        widget=UnfoldAdminSelectWidget,
        help_text="Higher first",
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        required=False,
        max_length=MAX_REASON,
        widget=UnfoldAdminTextInputWidget,
        help_text="Kept in the audit log",
    )


class PauseForm(ReasonForm):
    until = _time()


class PriorityForm(ReasonForm):
    priority = priority_field(required=True)


class EditForm(ReasonForm):
    queue = queue_field()
    run_at = _time()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("queue") and not cleaned.get("run_at"):
            raise forms.ValidationError("Give a queue or a time.")
        return cleaned


class ReplayForm(ReasonForm):
    """`payload` is there when a single letter is replayed by somebody who may see it."""

    queue = queue_field()
    priority = priority_field()
    payload = forms.CharField(
        required=False, max_length=_MAX_PAYLOAD, widget=UnfoldAdminTextareaWidget, help_text="Must be JSON"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "payload" not in self.initial:
            del self.fields["payload"]

    def clean_payload(self) -> Any:
        """The new payload; None when it stays as it was."""
        try:
            found = json.loads(self.cleaned_data["payload"])
        except (ValueError, RecursionError):
            raise forms.ValidationError("This is not JSON.") from None
        if not isinstance(found, dict):
            raise forms.ValidationError("This is not a JSON object.")
        try:
            jsontext.encode(found)
        except NotJson as error:
            raise forms.ValidationError(f"This cannot be kept: {error}.") from None
        return None if found == json.loads(self.initial["payload"]) else found
