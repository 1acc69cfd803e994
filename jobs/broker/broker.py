"""The contract of the hot path, one method per verb."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from random import getrandbits
from typing import Any, Literal, NamedTuple, TypeVar
from uuid import UUID, uuid4

from jobs.broker import feed
from jobs.broker.client import Breaker, Call, Script, ask, connect, each, is_cluster, read_all, run_all
from jobs.broker.feed import Feed
from jobs.broker.inspection import Inspection
from jobs.broker.keys import Keys
from jobs.conf import options
from jobs.ids import from_bytes
from jobs.news import News
from jobs.ready import Ready, score
from jobs.tally import Counts, Tally

T = TypeVar("T")
_CHUNK = 1000
_REBUILD_LOCK_MS = 15_000
_KEPT_MINUTES = 120
_LOOK_TIMEOUT = 1.0
_claim, _restore, _open, _overdue = Script("claim"), Script("restore"), Script("open"), Script("overdue")
_push, _begun, _tally = Script("count", "push"), Script("count", "begun"), Script("count", "tally")
_close = Script("count", "close")


class Claim(NamedTuple):
    """`status` is ok, paused, or lost (this queue's copy is incomplete: rebuild it).

    `members` are ids as Redis has them, their sixteen bytes: whoever claims hands them on without a look.
    """

    status: Literal["ok", "paused", "lost"]
    members: list[bytes]


class Broker(Inspection):
    """One connection pool to Redis and the verbs of the hot path.

    Args:
        timeout: seconds to wait for a connection or a reply.
        breaker: fails fast for a while after a failure; None tries every time.
    """

    def __init__(self, url: str, prefix: str, timeout: float, breaker: Breaker | None = None) -> None:
        self._keys = Keys(prefix)
        self._client = connect(url, timeout)
        self._breaker = breaker or Breaker(open_for=0.0)
        self.feed = Feed(self._client, self._keys.feed, self._call)

    def _call(self, action: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        return self._breaker.call(action, *arguments, **named)

    # -- the way of a job ------------------------------------------------------------------------------------------

    def push(
        self, jobs: Iterable[Ready], *, counted: str = "", tally: Tally | None = None, news: News | None = None
    ) -> None:
        """Put jobs into their lanes; one that is there already only takes its new score.

        All in one round trip: `counted` names what happened to these jobs (`enqueued`), `tally` what else did;
        `news` say it to those who listen.
        """
        calls: list[Call] = []
        for queue, type_, members in _by_lane(jobs):
            keys = self._keys.queue(queue)
            names = [keys.lane(type_), keys.lanes, keys.wake, keys.counts]
            field = f"{type_}|{counted}" if counted else ""
            calls += [(_push, names, [type_, field, *_minute(), 0, "", *chunk]) for chunk in _chunks(members)]
        for queue, counts in tally or ():
            calls.append((_tally, [self._keys.queue(queue).counts], [*_minute(), *_flat(counts)]))
        if news:
            self._add_news(calls, news)
        if calls:
            self._call(run_all, self._client, calls)

    def _add_news(self, calls: list[Call], news: News) -> None:
        """Within the only push, for a script that does both costs less than two; not where nodes are many."""
        if len(calls) == 1 and calls[0][0] is _push and not is_cluster(self._client):
            script, names, given = calls[0]
            calls[0] = (script, [*names, self._keys.feed], [*given[:4], feed.KEPT, news.encode(), *given[6:]])
        else:
            calls.append(feed.call(self._keys.feed, news))

    def claim(self, queue: str, costs: Mapping[str, float], *, most: int, budget: float, seconds: float) -> Claim:
        """Take up to `most` ids whose types are in `costs`, until their costs (shares of a slot) reach `budget`.

        They must be started and dropped by `done` within `seconds`; else the reconciler gives them back.
        """
        keys = self._keys.queue(queue)
        names = [keys.epoch, keys.pause, keys.lanes, keys.claimed, keys.gates, keys.wake]
        pairs = [part for pair in costs.items() for part in pair]
        status, *members = self._call(_claim, self._client, names, [keys.lane_prefix, most, budget, seconds, *pairs])
        return Claim(status.decode(), members)

    def done(
        self, queue: str, members: Sequence[bytes], started: Counts | None = None, news: News | None = None
    ) -> None:
        """Drop claims: PostgreSQL knows by now what became of them. `started` counts those that began, by field."""
        if members:
            keys, pairs = self._keys.queue(queue), _flat(started or {})
            arguments = [*_minute(), len(pairs) // 2, *pairs, *members]
            calls: list[Call] = [(_begun, [keys.claimed, keys.counts], arguments)]
            self._call(run_all, self._client, calls + ([feed.call(self._keys.feed, news)] if news else []))

    def remove(self, jobs: Iterable[Ready]) -> int:
        """Take jobs out of their lanes: cancelled, moved or gone. Returns how many were there."""
        removed = 0
        for queue, type_, members in _by_lane(jobs):
            lane = self._keys.queue(queue).lane(type_)
            for first in range(0, len(members), 2 * _CHUNK):
                chunk = members[first + 1 : first + 2 * _CHUNK : 2]
                removed += self._call(self._client.zrem, lane, *chunk)
        return removed

    def drop(self, queue: str, lane: str, ids: Sequence[UUID]) -> int:
        """Take ids out of one lane, whatever they are. Returns how many were there."""
        if not ids:
            return 0
        name = self._keys.queue(queue).lane(lane)
        return int(self._call(self._client.zrem, name, *[one.bytes for one in ids]))

    # -- waking and signalling -------------------------------------------------------------------------------------

    def wait(self, queue: str, seconds: float) -> bool:
        """Sleep until something is pushed to `queue`, at most `seconds`. Needs a connection of its own."""
        return self._call(ask, self._client, "BLPOP", self._keys.queue(queue).wake, seconds) is not None

    def signal(self, worker: str, message: str) -> None:
        """Tell a worker something that it would otherwise learn at its next heartbeat."""
        self._call(self._client.publish, self._keys.worker(worker), message)

    def listen(self, worker: str, seconds: float) -> Iterator[str | None]:
        """Messages for `worker` as they come; None after each `seconds` of silence."""
        subscription = self._call(self._client.pubsub, ignore_subscribe_messages=True)
        try:
            self._call(subscription.subscribe, self._keys.worker(worker))
            while True:
                message = self._call(subscription.get_message, timeout=seconds)
                yield message["data"].decode() if message else None
        finally:
            subscription.close()

    # -- steering --------------------------------------------------------------------------------------------------

    def pause(self, queue: str, until: int = 0) -> None:
        """Refuse claims of `queue`, until a Unix time in milliseconds, or (0) until `resume`."""
        self._call(self._client.set, self._keys.queue(queue).pause, until)

    def paused_until(self, queue: str) -> int | None:
        """What `pause` was told last; None after `resume`."""
        found = self._call(self._client.get, self._keys.queue(queue).pause)
        return None if found is None else int(found)

    def resume(self, queue: str) -> None:
        keys = self._keys.queue(queue)
        self._call(self._client.delete, keys.pause)
        self._call(self._client.lpush, keys.wake, 1)

    def close_lane(self, queue: str, lane: str, until: int) -> None:
        """Claim nothing from `lane` until a Unix time in milliseconds; what was ready in it counts as throttled."""
        keys = self._keys.queue(queue)
        names = [keys.lane(lane), keys.gates, keys.counts]
        self._call(_close, self._client, names, [lane, until, *_minute()])

    def open_lane(self, queue: str, lane: str) -> None:
        self._call(self._client.hdel, self._keys.queue(queue).gates, lane)

    # -- what happened ---------------------------------------------------------------------------------------------

    def totals(self, queue: str) -> dict[str, int]:
        """Counts of `queue` by field (`jobs.tally`), since Redis last lost its data."""
        return _counts(self._call(self._client.hgetall, self._keys.queue(queue).counts))

    def all_totals(self, queues: Sequence[str]) -> dict[str, dict[str, int]]:
        """`totals` of several queues, in one round trip where Redis is no cluster."""
        names = [self._keys.queue(queue).counts for queue in queues]
        found = self._call(read_all, self._client, names)
        return {queue: _counts(answer) for queue, answer in zip(queues, found, strict=True)}

    def minute(self, queue: str, at: int) -> tuple[str, dict[str, int]] | None:
        """Counts of the minute that begins at this Unix time (seconds), and their source; None when there are none.

        Of two sources of one minute, a flush of Redis lies between: neither holds what the other counted.
        """
        found = self._call(self._client.hgetall, self._keys.queue(queue).minute(at))
        source = found.pop(b"source", None)
        return (source.decode(), _counts(found)) if source else None

    # -- agreement with PostgreSQL ---------------------------------------------------------------------------------

    def restore(self, jobs: Iterable[Ready], *, overdue: bool = False) -> int:
        """Push those that neither lanes nor claims know; with `overdue`, expired claims count as unknown."""
        restored = 0
        for queue, type_, members in _by_lane(jobs):
            keys = self._keys.queue(queue)
            names = [keys.lane(type_), keys.lanes, keys.claimed, keys.wake]
            for chunk in _chunks(members):
                restored += self._call(_restore, self._client, names, [type_, int(overdue), *chunk])
        return restored

    def overdue(self, queue: str, limit: int) -> list[UUID]:
        """Claims past their deadline, by Redis's clock."""
        ids = self._call(_overdue, self._client, [self._keys.queue(queue).claimed], [limit])
        return [from_bytes(one) for one in ids]

    def lanes(self, queue: str) -> dict[str, int]:
        """Ready jobs per lane."""
        keys = self._keys.queue(queue)
        names = sorted(name.decode() for name in self._call(self._client.smembers, keys.lanes))
        return {name: self._call(self._client.zcard, keys.lane(name)) for name in names}

    def claimed(self, queue: str) -> int:
        return int(self._call(self._client.zcard, self._keys.queue(queue).claimed))

    def scan(self, queue: str, lane: str, cursor: int, count: int) -> tuple[int, list[UUID]]:
        """Some ids of a lane and the cursor to go on with; 0 when the walk is complete."""
        name = self._keys.queue(queue).lane(lane)
        following, pairs = self._call(self._client.zscan, name, cursor, count=count)
        return int(following), [from_bytes(member) for member, _ in pairs]

    def is_complete(self, queue: str) -> bool:
        """Whether this copy of the queue has been built since Redis last lost its data."""
        return bool(self._call(self._client.exists, self._keys.queue(queue).epoch))

    def begin_rebuild(self, queue: str) -> str | None:
        """Take the rebuild lock of a queue for 15 s; None when another process has it."""
        token = uuid4().hex
        taken = self._call(self._client.set, self._keys.queue(queue).rebuild, token, nx=True, px=_REBUILD_LOCK_MS)
        return token if taken else None

    def continue_rebuild(self, queue: str) -> None:
        self._call(self._client.pexpire, self._keys.queue(queue).rebuild, _REBUILD_LOCK_MS)

    def leave_rebuild(self, queue: str, token: str) -> None:
        """Give the rebuild lock back unfinished, so that another process need not wait until it runs out."""
        name = self._keys.queue(queue).rebuild
        if self._call(self._client.get, name) == token.encode():
            self._call(self._client.delete, name)

    def finish_rebuild(self, queue: str, token: str) -> bool:
        """Declare the queue complete; False when a flush came between and the rebuild must begin again."""
        keys = self._keys.queue(queue)
        return bool(self._call(_open, self._client, [keys.epoch, keys.rebuild, keys.wake], [token]))

    def flush(self) -> int:
        """Delete every key of ours and nothing else. Returns how many.

        What says that a queue's copy is complete goes at the very end, and with it the lock of whoever began to
        rebuild it meanwhile: a rebuild that was finished in between would be declared complete without its lanes.
        """
        names = self._call(lambda: list(self._client.scan_iter(match=self._keys.prefix + "*", count=1000)))
        for name in names:
            self._call(self._client.unlink, name)
        for queue in {found for name in names if (found := self._keys.queue_of(name))}:
            self._call(self._client.delete, queue.epoch, queue.rebuild)
        return len(names)

    def ping(self) -> None:
        self._call(each, self._client, "ping")

    def eviction_policy(self) -> str:
        """`noeviction` is what the engine wants: an evicted lane is found missing only by the reconciler.

        The policies of a cluster's nodes that are of another opinion come first, separated by commas.
        """
        answers = self._call(each, self._client, "config_get", "maxmemory-policy")
        found = {str(answer.get("maxmemory-policy", "unknown")) for answer in answers}
        return ", ".join(sorted(found - {"noeviction"})) or "noeviction"

    def close(self) -> None:
        self._client.close()


def _by_lane(jobs: Iterable[Ready]) -> list[tuple[str, str, list[Any]]]:
    """(queue, lane, [score, id, score, id, ...]) for each lane that the jobs belong to."""
    lanes: dict[tuple[str, str], list[Any]] = {}
    for job in jobs:
        lanes.setdefault((job.queue, job.type), []).extend((score(job.priority, job.at), job.id.bytes))
    return [(queue, type_, members) for (queue, type_), members in lanes.items()]


def _minute() -> tuple[str, int]:
    """What a script needs to begin a minute: a source of its own, and for how many seconds it is kept."""
    return f"{getrandbits(48):012x}", _KEPT_MINUTES * 60


def _flat(counts: Counts) -> list[Any]:
    return [part for pair in counts.items() for part in pair]


def _counts(answer: Mapping[bytes, bytes]) -> dict[str, int]:
    return {name.decode(): int(value) for name, value in answer.items()}


def _chunks(members: list[Any]) -> list[list[Any]]:
    return [members[first : first + 2 * _CHUNK] for first in range(0, len(members), 2 * _CHUNK)]


@lru_cache(maxsize=1)
def _shared_breaker() -> Breaker:
    return Breaker()


@lru_cache(maxsize=8)
def _submit_broker(url: str, prefix: str, timeout: float) -> Broker:
    return Broker(url, prefix, timeout, _shared_breaker())


def submit_broker() -> Broker:
    """The process's broker for submits: short time-outs and a circuit breaker, so that Redis never holds one up."""
    conf = options()
    return _submit_broker(conf.redis_url, conf.key_prefix, conf.redis_timeout)


def patient_broker() -> Broker:
    """A broker of its own for a long-running process."""
    conf = options()
    return Broker(conf.redis_url, conf.key_prefix, timeout=5.0)


@lru_cache(maxsize=8)
def _looking_broker(url: str, prefix: str) -> Broker:
    return Broker(url, prefix, _LOOK_TIMEOUT, Breaker())


def looking_broker() -> Broker:
    """The process's broker for pages that look: what is slow or fails here does not open the circuit of submits."""
    conf = options()
    return _looking_broker(conf.redis_url, conf.key_prefix)
