"""An operator's verb as the admin knows it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from jobs.admin.forms import ReasonForm
from jobs.errors import FlowbitError
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
