"""The filters above the list of jobs: what the form shows, and the chips of those that are set."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict

from jobs.console.asked import Asked
from jobs.filters.query import PATHS
from jobs.models import Queue
from jobs.registry import registry
from jobs.states import PARKED, State

MOST_QUEUES = 200
PLACE, VALUE = "at", "is"
"""Inputs that together make one filter: `payload.<at>=<is>`."""
_NOT_FILTERS = ("cursor", "limit", "before")
_WORDS = {"tenant_id": "tenant", "workflow_id": "workflow", "created_after": "after", "created_before": "before"}


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter that is set, and the address without it."""

    name: str
    text: str
    without: str


@dataclass(frozen=True, slots=True)
class Form:
    texts: Mapping[str, str]
    types: list[str]
    queues: list[str]
    states: tuple[str, ...] = (*(state.value for state in State), PARKED)

    @property
    def paths(self) -> list[tuple[str, str]]:
        """Places in the payload that are asked for already."""
        return [(name, text) for name, text in self.texts.items() if name.startswith(PATHS)]

    @property
    def is_open(self) -> bool:
        """Whether one of the rarer filters is set."""
        return bool(self.texts.keys() - {"state", "type", "queue", "q", *_NOT_FILTERS})


def form(found: Asked) -> Form:
    texts = dict(found.texts)
    for name in ("created_after", "created_before"):
        # As the browser's input wants it: UTC, without saying so.
        texts[name] = texts.get(name, "").removesuffix("Z")
    queues = Queue.objects.order_by("name").values_list("name", flat=True)[:MOST_QUEUES]
    texts = {name: text for name, text in texts.items() if text}
    return Form(texts, _with(registry.types(), texts.get("type")), _with(queues, texts.get("queue")))


def chips(found: Asked) -> list[Chip]:
    texts = {name: text for name, text in found.texts.items() if name not in _NOT_FILTERS}
    return [
        Chip(_WORDS.get(name, name.removeprefix(PATHS)), text, f"?{urlencode(_but(texts, name))}")
        for name, text in texts.items()
    ]


def tidy(given: QueryDict) -> str | None:
    """The address without what a form has left blank, and with its two inputs made one; None when it is so already."""
    kept = [(name, text) for name in given for text in given.getlist(name) if text.strip()]
    place, value = given.get(PLACE, "").strip(), given.get(VALUE, "").strip()
    kept = [(name, text) for name, text in kept if name not in (PLACE, VALUE)]
    if place and value:
        kept.append((f"{PATHS}{place.removeprefix(PATHS)}", value))
    if len(kept) == sum(len(given.getlist(name)) for name in given):
        return None
    return f"?{urlencode(kept)}"


def _but(texts: Mapping[str, str], gone: str) -> dict[str, str]:
    return {name: text for name, text in texts.items() if name != gone}


def _with(known: Iterable[str], chosen: str | None) -> list[str]:
    """What may be chosen, and with it what is: an address may name what nobody knows any more."""
    return sorted({*known, *([chosen] if chosen else [])})
