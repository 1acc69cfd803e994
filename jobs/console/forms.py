"""What an operator is asked for before a verb."""

import json
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from jobs.services.audit import MAX_REASON

_PRIORITIES = [(str(number), str(number)) for number in range(10, -1, -1)]
_MAX_PAYLOAD = 1_000_000  # characters; what may be stored is the service's affair


def _time() -> forms.DateTimeField:
    widget = UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"})
    return forms.DateTimeField(required=False, widget=widget, help_text="UTC")


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
    priority = forms.TypedChoiceField(
        choices=_PRIORITIES, coerce=int, initial="5", widget=UnfoldAdminSelectWidget, help_text="Higher first"
    )


class EditForm(ReasonForm):
    queue = forms.CharField(required=False, widget=UnfoldAdminTextInputWidget, help_text="Blank keeps the present one")
    run_at = _time()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("queue") and not cleaned.get("run_at"):
            raise forms.ValidationError("Give a queue or a time.")
        return cleaned


class ReplayForm(ReasonForm):
    """`payload` is there when a single letter is replayed by somebody who may see it."""

    queue = forms.CharField(required=False, widget=UnfoldAdminTextInputWidget, help_text="Blank keeps the present one")
    priority = forms.TypedChoiceField(
        choices=[("", "as it was"), *_PRIORITIES],
        coerce=int,
        empty_value=None,
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
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
        return None if found == json.loads(self.initial["payload"]) else found
