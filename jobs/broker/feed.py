"""What happened lately, in a capped stream: the only place where listeners learn it from.

A lost entry costs nothing but a late refresh, for PostgreSQL is the truth. So nobody waits for the feed: news travel
with what is sent to Redis anyway.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from jobs import news
from jobs.broker.client import Call, Script
from jobs.news import News, Told

KEPT = 10_000
"""Entries, about: each of a batch's. At most of some kilobytes each."""
NOWHERE = "0-0"
"""Before any entry: nothing is gone on with from there."""
_tell = Script("tell")


class Entry(NamedTuple):
    """`id` is `<milliseconds of Redis's clock>-<number>`, and grows."""

    id: str
    told: list[Told]

    @property
    def at(self) -> int:
        return int(self.id.partition("-")[0])


class Reading(NamedTuple):
    """`whole`: nothing is missing between the entry after which was read and the first of these."""

    entries: list[Entry]
    whole: bool


def call(key: str, happened: News) -> Call:
    """What adds the news, to be sent with other calls."""
    return _tell, [key], [KEPT, happened.encode()]


class Feed:
    """Reading. `ask` calls a function of the client and turns failures of Redis into BrokerUnavailable."""

    def __init__(self, client: Any, key: str, ask: Callable[..., Any]) -> None:
        self._client = client
        self._key = key
        self._ask = ask

    def begin(self) -> str:
        """The id of the newest entry. There is always one: whoever finds none writes an empty one."""
        newest = self._range("+", "-", 1, newest_first=True)
        if newest:
            return newest[0].id
        return str(self._ask(_tell, self._client, [self._key], [KEPT, News().encode()]).decode())

    def read(self, after: str, seconds: float, most: int) -> Reading:
        """At most `most` entries after that one; waits up to `seconds` for the first."""
        found = self._ask(self._client.xread, {self._key: after}, count=most, block=max(int(seconds * 1000), 1))
        streams = list(found.items()) if isinstance(found, dict) else list(found or ())
        entries = _entries(streams[0][1]) if streams else []
        # Looked at afterwards: an entry that is still there was neither flushed nor trimmed, nor any after it.
        return Reading(entries, bool(self._range(after, after, 1)))

    def since(self, since: str, until: str, most: int) -> list[Entry] | None:
        """Entry `since` itself and those after it up to `until`; None when it is not there or they are too many."""
        found = self._range(since, until, most + 1)
        return found if found and found[0].id == since and len(found) <= most else None

    def latest(self, before: str, most: int) -> list[Entry]:
        """At most `most` entries, the newest first; of those before that one, where one is named."""
        return self._range(f"({before}" if before else "+", "-", most, newest_first=True)

    def _range(self, first: str, last: str, count: int, *, newest_first: bool = False) -> list[Entry]:
        look = self._client.xrevrange if newest_first else self._client.xrange
        return _entries(self._ask(look, self._key, first, last, count=count))


def _entries(answer: Sequence[Any] | Iterable[Any]) -> list[Entry]:
    return [Entry(name.decode(), news.decode(fields.get(b"told", b"[]"))) for name, fields in answer if fields]
