"""The filter of an operation on many rows: the parameters of the list, or the rows that were ticked in it."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from jobs.filters import fields, job_filters, letter_filters, query
from jobs.filters.query import Parameter
from jobs.queries.dead_letters import LetterFilter
from jobs.queries.job_search import JobFilter
from jobs.services.bulk_verbs import BulkVerb

MOST_IDS = 1000
Key = TypeVar("Key")


def wanted(verb: BulkVerb, given: Mapping[str, str]) -> JobFilter | LetterFilter:
    """The filter that `given` means, in the words of the API's list; `ids` are keys by comma. Raises Invalid."""
    if verb.of_letters:
        return letter_filters.wanted(query.read(given, LETTERS))
    return job_filters.wanted(query.read(given, JOBS))


def _ids(take: Callable[[str], Key]) -> Callable[[str], tuple[Key, ...]]:
    def all_of(text: str) -> tuple[Key, ...]:
        found = tuple(dict.fromkeys(take(part.strip()) for part in text.split(",")))
        if len(found) > MOST_IDS:
            raise ValueError(f"at most {MOST_IDS}")
        return found

    return all_of


def _uuid(text: str) -> UUID:
    return fields.uuid(text)


_LONGEST = 40 * MOST_IDS
LETTERS: tuple[Parameter, ...] = (
    *letter_filters.FILTERS,
    Parameter("ids", "Ids of letters, by comma", _ids(query.whole(1, 2**63 - 1)), longest=_LONGEST),
)
JOBS: tuple[Parameter, ...] = (
    *job_filters.FILTERS,
    Parameter("ids", "Ids of jobs, by comma", _ids(_uuid), longest=_LONGEST),
)


def told(given: Mapping[str, str], *, payloads: bool) -> list[tuple[str, str]]:
    """The filter for people: pairs of words, without what is looked for in payloads unless they may see it."""
    return [(name, _shown(name, text, payloads)) for name, text in sorted(given.items())]


def _shown(name: str, text: str, payloads: bool) -> Any:
    if name == "ids":
        return f"{text.count(',') + 1} selected"
    return text if payloads or not name.startswith(query.PATHS) else "(hidden)"
