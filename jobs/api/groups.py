"""The shape of groups of dead letters."""

from typing import Any

from jobs.api import renders
from jobs.queries import dead_letters
from jobs.queries.dead_letters import LetterFilter
from jobs.services.access import AnyUser


def groups(user: AnyUser, wanted: LetterFilter, limit: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The groups, most first, and how far was looked."""
    found, looked, complete = dead_letters.groups(user, wanted, limit)
    for row in found:
        row |= {"first_seen": renders.time(row["first_seen"]), "last_seen": renders.time(row["last_seen"])}
    return found, {"rows": looked, "complete": complete}
