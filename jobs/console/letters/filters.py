"""The form of filters above dead letters."""

from dataclasses import dataclass
from typing import Any

from jobs.console import asked
from jobs.console.asked import Asked
from jobs.console.page import Page
from jobs.filters import letter_filters
from jobs.models import Queue
from jobs.queries.dead_letters import LetterFilter
from jobs.registry import registry

MOST_QUEUES = 200
REPLAYED = (("", "replayed or not"), ("false", "never replayed"), ("true", "replayed before"))
_FORM = ("type", "queue", "error_type")
_MORE = ("tenant_id", "replayed", "created_after", "created_before")


@dataclass(frozen=True, slots=True)
class Form:
    """What the form shows: the texts in the address, and what may be chosen."""

    texts: dict[str, str]
    problem: str
    types: list[str]
    queues: list[str]
    replayed: tuple[tuple[str, str], ...] = REPLAYED

    @property
    def is_set(self) -> bool:
        return any(self.texts.get(name) for name in (*_FORM, *_MORE))

    @property
    def is_further(self) -> bool:
        """Whether one is set that is folded away otherwise."""
        return any(self.texts.get(name) for name in _MORE)


def read(page: Page) -> tuple[Asked, LetterFilter]:
    """What the address asks for. With a problem, the filter is one that fits nothing."""
    found = asked.read(page.request, letter_filters.LIST)
    return found, LetterFilter(ids=()) if found.problem else letter_filters.wanted(found.values)


def form(found: Asked) -> Form:
    texts = dict(found.texts)
    for name in ("created_after", "created_before"):
        # As the browser's input wants it: UTC, without saying so.
        texts[name] = texts.get(name, "").removesuffix("Z").removesuffix("+00:00")
    queues = list(Queue.objects.order_by("name").values_list("name", flat=True)[:MOST_QUEUES])
    return Form(texts, found.problem, _with(registry.types(), texts.get("type")), _with(queues, texts.get("queue")))


def _with(known: Any, chosen: str | None) -> list[str]:
    """What may be chosen, and with it what is: an address may name what nobody knows any more."""
    return sorted({*known, *([chosen] if chosen else [])})
