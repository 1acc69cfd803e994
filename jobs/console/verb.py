"""An operator's verb as the admin and the console know it: its button, its dialog, and what it does."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.urls import get_script_prefix, reverse
from django.utils.http import urlencode

from jobs.console.forms import ReasonForm
from jobs.errors import FlowbitError
from jobs.services.access import AnyUser
from jobs.services.audit import Actor
from jobs.services.steered import Steered

Run = Callable[[Sequence[Any], Actor, Mapping[str, Any]], Steered[Any]]


def each(service: Callable[..., object]) -> Run:
    """A service for one thing by name, run for each of several; the form's fields are further arguments."""

    def run(keys: Sequence[Any], actor: Actor, cleaned: Mapping[str, Any]) -> Steered[Any]:
        result: Steered[Any] = Steered()
        for key in keys:
            try:
                service(key, actor, **cleaned)
            except FlowbitError as error:
                result.refused[key] = error
            else:
                result.moved.append(key)
        return result

    return run


def _always(row: Any) -> bool:
    return True


def _nothing(keys: Sequence[Any], request: HttpRequest) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Verb:
    """`label` is on the button, `done` the participle in the message, `consequence` what a person should know
    before. `applies` says whether a row's page offers it; the service decides in any case.
    """

    name: str
    label: str
    done: str
    permission: str
    run: Run
    consequence: str
    form: type[ReasonForm] = ReasonForm
    danger: bool = False
    applies: Callable[[Any], bool] = _always
    initial: Callable[[Sequence[Any], HttpRequest], dict[str, Any]] = _nothing

    def address(self, model: str, keys: Sequence[Any]) -> str:
        """Where the dialog for these rows is; for no keys, those that are selected are added by the browser."""
        query = f"?{urlencode({'key': list(keys)}, doseq=True)}" if keys else ""
        return f"{_place(get_script_prefix(), model, self.name)}{query}"


@cache
def _place(prefix: str, model: str, name: str) -> str:
    """Resolved once: a list has several in each of its rows."""
    return reverse(f"admin:jobs_{model}_verb", args=[name])


@dataclass(frozen=True, slots=True)
class Button:
    name: str
    label: str
    danger: bool
    address: str


def buttons(verbs: Iterable[Verb], user: AnyUser, model: str, row: Any = None) -> list[Button]:
    """A button for each verb that `user` may use and that applies to `row`; without a row, for selected ones."""
    return [
        Button(verb.name, verb.label, verb.danger, verb.address(model, [] if row is None else [row.pk]))
        for verb in verbs
        if user.has_perm(verb.permission) and (row is None or verb.applies(row))
    ]
