"""The filters in a page's address: the words of the API's lists, as a person leaves them there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from jobs.errors import Invalid
from jobs.filters import query
from jobs.filters.query import Parameter

OTHERS = frozenset({"panel", "drawer", "open", "view", "verb", "key"})
"""What stands in an address and is no filter."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`values` as their filter takes them, `texts` as they stand in the address; `problem` when one is wrong."""

    values: Mapping[str, Any]
    texts: Mapping[str, str]
    problem: str = ""


def read(request: HttpRequest, parameters: Sequence[Parameter]) -> Asked:
    """Never raises: who typed an address gets the page, with a word about what is wrong in it."""
    texts = filters(request)
    try:
        return Asked(query.read(texts, parameters), texts)
    except Invalid as error:
        return Asked({}, texts, error.message)


def filters(request: HttpRequest) -> dict[str, str]:
    """Names and texts that are not blank. A time of a form has no zone: it is in UTC."""
    given = {name: str(text).strip() for name, text in request.GET.items() if name not in OTHERS}
    return {name: _instant(text) if name in _TIMES else text for name, text in given.items() if text}


_TIMES = ("created_after", "created_before")


def _instant(text: str) -> str:
    """`2030-01-31T12:00` of an input -> `2030-01-31T12:00:00Z`; whatever else as it is."""
    whole = f"{text}:00" if len(text) == len("2030-01-31T12:00") else text
    return f"{whole}Z" if len(whole) == len("2030-01-31T12:00:00") else whole
