"""All that `POST /api/v1/jobs` takes around the payload, as inputs. Values are checked as the API checks them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args

from django import forms
from django.forms.boundfield import BoundField

from jobs.console.new_job import usual
from jobs.console.new_job.schema_values import as_instant
from jobs.errors import FlowbitError
from jobs.registry import Definition
from jobs.retry import Policy
from jobs.states import DependencyPolicy

_RETRY = "retry_policy"
_OTHER_NAMES = {"run_at": "scheduled_at"}


_GROUPS = (
    ("Where", ("queue", "priority", "tenant_id", "tags")),
    ("When", ("delay", "scheduled_at", "expires_in")),
    (
        "Attempts",
        (
            "timeout",
            "max_attempts",
            *(f"{_RETRY}.{name}" for name in ("policy", "initial_delay", "factor", "max_delay", "jitter")),
        ),
    ),
    ("Once only", ("idempotency_key", "dedupe_window")),
    ("After others", ("dependencies", "dependency_policy", "parent_job_id", "workflow_id", "schema_version")),
)


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _number(text: str) -> Any:
    """A number; what is none is left to the check, which says what it wants."""
    for kind in (int, float):
        try:
            return kind(text) if len(text) < 20 else text
        except ValueError:
            continue
    return text


_MADE: Mapping[str, Callable[[str], Any]] = {
    "priority": _number,
    "max_attempts": _number,
    "schema_version": _number,
    "retry_policy.factor": _number,
    "retry_policy.jitter": _number,
    "scheduled_at": as_instant,
    "dependencies": _words,
    "tags": _words,
}


def _line(label: str, help_text: str = "", **attributes: Any) -> forms.CharField:
    widget = forms.TextInput({"autocomplete": "off", **attributes})
    return forms.CharField(required=False, max_length=10_000, label=label, help_text=help_text, widget=widget)


def _choice(label: str, values: Iterable[str], help_text: str = "") -> forms.CharField:
    # A CharField: the check refuses what is not offered, in the API's words.
    widget = forms.Select({}, [("", "as usual"), *((value, value) for value in values)])
    return forms.CharField(required=False, max_length=100, label=label, help_text=help_text, widget=widget)


class EnvelopeForm(forms.Form):
    """Blank is what the type, or the project, has as its default: it stands in the input as a hint."""

    queue = _line("queue", list="queues")
    priority = _line("priority", "0 to 10, higher first", type="number", min=0, max=10)
    delay = _line("delay", "As 30s, 5m, 1h30m", placeholder="none")
    scheduled_at = _line("scheduled at", "UTC; in place of a delay", type="datetime-local", step="any")
    expires_in = _line("expires in", "Cancelled when it has not started by then", placeholder="never")
    timeout = _line("time-out", "Of one attempt")
    max_attempts = _line("attempts", "The first included", type="number", min=1, max=1000)
    idempotency_key = _line("idempotency key", "A repeat within the window makes no second job")
    dedupe_window = _line("dedupe window")
    tenant_id = _line("tenant", placeholder="none")
    tags = _line("tags", "By blanks or commas, at most 20")
    schema_version = _line("schema version", type="number", min=1)
    dependencies = forms.CharField(
        required=False,
        max_length=100_000,
        help_text="Ids of jobs to wait for, one per line",
        widget=forms.Textarea({"rows": 2, "class": "code", "spellcheck": "false"}),
    )
    dependency_policy = _choice("when one of them fails", DependencyPolicy)
    parent_job_id = _line("parent job")
    workflow_id = _line("workflow")

    def __init__(self, definition: Definition, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in _retry_fields().items():
            self.fields[f"{_RETRY}.{name}"] = field
        for name, hint in usual.hints(definition).items():
            self.fields[name].widget.attrs["placeholder"] = hint

    def groups(self) -> list[tuple[str, list[BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in _GROUPS]

    @property
    def is_used(self) -> bool:
        """Whether something in it is filled in, or refused."""
        return bool(self.errors) or any(self[name].value() for name in self.fields)

    def body(self) -> dict[str, Any]:
        """The fields that were filled in, as a client would send them."""
        body: dict[str, Any] = {}
        for name, text in self.cleaned_data.items():
            if not text:
                continue
            place, _, inner = name.partition(".")
            value = _MADE.get(name, str)(text)
            if inner:
                body.setdefault(place, {})[inner] = value
            else:
                body[name] = value
        return body

    def refuse(self, error: FlowbitError) -> None:
        """Put what was refused beside the inputs that it is about."""
        for place, messages in error.details.items():
            for message in messages:
                self.add_error(self._nearest(_OTHER_NAMES.get(place, place)), message)

    def _nearest(self, place: str) -> str | None:
        for name in (place, place.partition("[")[0], f"{place}.policy"):
            if name in self.fields:
                return name
        return None


def _retry_fields() -> dict[str, forms.Field]:
    return {
        "policy": _choice("retry", get_args(Policy), "How the wait between attempts grows"),
        "initial_delay": _line("first wait"),
        "factor": _line("factor", type="number", min=1, max=100, step="any"),
        "max_delay": _line("longest wait"),
        "jitter": _line("jitter", "0 to 1", type="number", min=0, max=1, step="any"),
    }
