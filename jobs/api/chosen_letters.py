"""Which dead letters a verb's body means: by ids, or by a filter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from jobs.conf import options
from jobs.errors import FlowbitError, Invalid, NotFound
from jobs.filters import fields, letter_filters
from jobs.queries import dead_letters
from jobs.queries.dead_letters import LetterFilter
from jobs.services.access import AnyUser
from jobs.services.steered import Steered

Find = Callable[[AnyUser, LetterFilter, int], tuple[list[int], bool]]


@dataclass(frozen=True, slots=True)
class Chosen:
    """`refused` were asked for and are not there, or somebody else's; not `complete` when a filter fits more."""

    keys: list[int]
    refused: list[dict[str, Any]]
    complete: bool
    dry_run: bool


def choose(user: AnyUser, given: Mapping[str, Any], find: Find) -> Chosen:
    """Raises Invalid."""
    dry_run = given.get("dry_run", False)
    if not isinstance(dry_run, bool):
        raise Invalid.field("dry_run", "must be true or false")
    if ("ids" in given) == ("filter" in given):
        raise Invalid.field("ids", "give either ids or a filter")
    if "filter" in given:
        keys, complete = find(user, letter_filters.of_body(given["filter"]), options().max_batch)
        return Chosen(keys, [], complete, dry_run)
    letters, jobs = _ids(given["ids"])
    by_job = dead_letters.of_jobs(jobs)
    seen = dead_letters.seen(user, [*letters, *by_job.values()])
    asked: list[tuple[int | UUID, int]] = [(key, key) for key in letters] + [(one, by_job.get(one, 0)) for one in jobs]
    refused = [_refusal(named, NotFound(f"there is no dead letter {named}")) for named, key in asked if key not in seen]
    return Chosen(list(dict.fromkeys(key for _, key in asked if key in seen)), refused, True, dry_run)


def _ids(value: Any) -> tuple[list[int], list[UUID]]:
    """Ids of letters and ids of jobs."""
    most = options().max_batch
    if not isinstance(value, list) or not 0 < len(value) <= most:
        raise Invalid.field("ids", f"must be a list of 1 to {most} ids of letters or jobs")
    letters: list[int] = []
    jobs: list[UUID] = []
    for number, item in enumerate(value):
        if isinstance(item, int) and not isinstance(item, bool) and 0 < item < 2**63:
            letters.append(item)
        else:
            jobs.append(_job_id(item, number))
    return letters, jobs


def _job_id(item: Any, number: int) -> UUID:
    try:
        return fields.uuid(item)
    except ValueError:
        raise Invalid.field(f"ids[{number}]", "must be the id of a letter or of a job") from None


def refusals(result: Steered[int]) -> list[dict[str, Any]]:
    return [_refusal(key, error) for key, error in result.refused.items()]


def _refusal(key: int | UUID, error: FlowbitError) -> dict[str, Any]:
    return {"id": str(key) if isinstance(key, UUID) else key, "error": error.message, "code": error.code}
