"""How far an operation has come, as a person wants to know it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.console.bulk.words import WORDS, Word
from jobs.console.numbers import duration
from jobs.filters import bulk_filters
from jobs.models import BulkOperation
from jobs.services import access, bulk_verbs
from jobs.services.access import AnyUser

QUIET = timedelta(seconds=10)
"""Without a sign of work for so long, the scheduler seems to be away."""
_STATES = {"running": "running", "finished": "succeeded", "stopped": "cancelled", "failed": "failed"}


@dataclass(frozen=True, slots=True)
class Progress:
    """`icon` is the state of a job that looks like the operation's; `share` is of 100, None where no end is known."""

    row: BulkOperation
    word: Word
    icon: str
    share: int | None
    total: int
    left: str
    waits: bool
    may_stop: bool
    filters: list[tuple[str, str]]


def of(row: BulkOperation, user: AnyUser, now: datetime) -> Progress:
    running = row.state == BulkOperation.State.RUNNING
    total = max(row.estimated, row.handled)
    quiet = max(QUIET, timedelta(seconds=2 / row.rate if row.rate else 0))
    return Progress(
        row,
        WORDS[row.verb],
        _STATES[row.state],
        _share(row, total),
        total,
        duration((total - row.handled) / row.rate) if running and row.rate and total > row.handled else "",
        running and now - (row.worked_at or row.created_at) > quiet,
        running and user.has_perm(bulk_verbs.get(row.verb).permission),
        bulk_filters.told(row.filter, payloads=user.has_perm(access.VIEW_PAYLOAD)),
    )


def _share(row: BulkOperation, total: int) -> int | None:
    if row.state == BulkOperation.State.FINISHED:
        return 100
    if not row.estimate_is_whole and row.handled >= row.estimated:
        return None
    return 100 * row.handled // total if total else 0
