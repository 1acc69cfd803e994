"""What happened lately, from the feed: newest first, within what somebody may hear of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from jobs.broker import looking_broker
from jobs.broker.feed import Entry, Feed
from jobs.news import Told
from jobs.services import hearing
from jobs.services.access import AnyUser
from jobs.services.hearing import Scope

CHUNK = 100
MOST_ENTRIES = 2_000
MOST_TOLD = 10_000
"""Looked at for one page: an entry of a batch tells of up to fifty jobs."""
_PULSE = "worker.heartbeat"


@dataclass(frozen=True, slots=True)
class Wanted:
    """`kind` is a whole one (`job.failed`) or the words that it begins with (`job`, `job.`); blank means any.

    Heartbeats come only to those who ask for workers.
    """

    kind: str = ""
    queue: str = ""
    type: str = ""
    job: UUID | None = None

    def fits(self, told: Told) -> bool:
        if told.kind == _PULSE and not self.kind:
            return False
        area = self.kind.rstrip(".")
        return (
            (not area or told.kind == area or told.kind.startswith(f"{area}."))
            and self.queue in ("", told.queue)
            and self.type in ("", told.type)
            and (self.job is None or told.job_id == str(self.job))
        )


class Event(NamedTuple):
    """`at` is by Redis's clock."""

    at: datetime
    told: Told


@dataclass(frozen=True, slots=True)
class Lately:
    """`older` is the entry before which the next page begins, None at the feed's end. `since` is when the oldest
    entry was told that was looked at."""

    events: list[Event]
    older: str | None
    since: datetime | None


def lately(user: AnyUser, wanted: Wanted, before: str = "", limit: int = 50) -> Lately:
    """`limit` events, and those told in the same breath as the last of them. Raises BrokerUnavailable.

    Of a feed in which few fit, a bounded part is looked at; the next page goes on from there.
    """
    scope, feed = hearing.of(user), looking_broker().feed
    found: list[Event] = []
    looked, last = 0, None
    for last in _entries(feed, before, min(limit, CHUNK)):
        looked += len(last.told)
        found += _events(last, scope, wanted)
        if len(found) >= limit or looked >= MOST_TOLD:
            break
    if last is None:
        return Lately(found, None, None)
    return Lately(found, last.id if feed.latest(last.id, 1) else None, _when(last))


def _entries(feed: Feed, before: str, first: int) -> Iterator[Entry]:
    """At most `MOST_ENTRIES`, newest first; so many at once, and more at once when these do not do."""
    looked, most = 0, first
    while looked < MOST_ENTRIES:
        chunk: Sequence[Entry] = feed.latest(before, most)
        yield from chunk
        if len(chunk) < most:
            return
        before, looked, most = chunk[-1].id, looked + most, CHUNK


def _events(entry: Entry, scope: Scope, wanted: Wanted) -> list[Event]:
    """The last thing that was told comes first."""
    at = _when(entry)
    return [Event(at, told) for told in reversed(entry.told) if wanted.fits(told) and scope.hears(told)]


def _when(entry: Entry) -> datetime:
    return datetime.fromtimestamp(entry.at / 1000, UTC)
