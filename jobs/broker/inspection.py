"""What people ask of the hot path: where a job stands, what a queue's copy holds, and answers of workers.

Nothing here changes what will be claimed.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Literal, NamedTuple
from uuid import UUID

from jobs.broker.client import Call, Script, run_all
from jobs.broker.keys import Keys
from jobs.ids import from_bytes
from jobs.ready import Ready, instant

_standing, _census, _known, _sample = Script("standing"), Script("census"), Script("known"), Script("sample")
_CHUNK = 1000
_ANSWER_SECONDS = 30


class Standing(NamedTuple):
    """`ahead` has, for a job that is in a lane, how many are claimed before it, by lane.

    `complete` is whether this copy of the queue is; `closed_until` the gate of the job's lane, while it is closed.
    """

    where: Literal["lane", "claimed", "unknown"]
    complete: bool
    closed_until: datetime | None
    ahead: dict[str, int]


class Lane(NamedTuple):
    name: str
    ready: int
    closed_until: datetime | None


class Census(NamedTuple):
    """What the copy of one queue holds."""

    complete: bool
    claimed: int
    lanes: list[Lane]

    @property
    def held(self) -> int:
        return self.claimed + sum(lane.ready for lane in self.lanes)


class Inspection:
    """A part of `Broker`."""

    _keys: Keys
    _client: Any
    _call: Callable[..., Any]

    def standing(self, queue: str, type_: str, job_id: UUID) -> Standing:
        """Exact, and of the same cost however many wait: a few steps for each lane of the queue."""
        keys = self._keys.queue(queue)
        names = [keys.epoch, keys.lanes, keys.claimed, keys.gates]
        where, complete, gate, *rest = self._call(
            _standing, self._client, names, [keys.lane_prefix, type_, job_id.bytes]
        )
        ahead = {name.decode(): count for name, count in zip(rest[::2], rest[1::2], strict=True)}
        return Standing(where.decode(), bool(complete), _until(gate), ahead)

    def census(self, queues: Sequence[str]) -> dict[str, Census]:
        """By queue, in one round trip."""
        calls = []
        for queue in queues:
            keys = self._keys.queue(queue)
            calls.append((_census, [keys.epoch, keys.lanes, keys.claimed, keys.gates], [keys.lane_prefix]))
        answers = self._call(run_all, self._client, calls) if calls else []
        return {queue: _counted(answer) for queue, answer in zip(queues, answers, strict=True)}

    def samples(self, lanes: Sequence[tuple[str, str]], most: int) -> list[list[UUID]]:
        """Of each (queue, lane) ids by chance, all of them when there are no more than `most`; in one round trip."""
        calls: list[Call] = [(_sample, [self._keys.queue(queue).lane(lane)], [most]) for queue, lane in lanes]
        answers = self._call(run_all, self._client, calls) if calls else []
        return [[from_bytes(member) for member in members] for members in answers]

    def unknown(self, jobs: Iterable[Ready]) -> list[Ready]:
        """Those that neither their lane nor the claims know; in one round trip."""
        ordered = sorted(jobs, key=lambda job: job[1:3])
        chunks = [
            queue[first : first + _CHUNK]
            for _, group in groupby(ordered, key=lambda job: job.queue)
            for queue in [list(group)]
            for first in range(0, len(queue), _CHUNK)
        ]
        calls: list[Call] = []
        for chunk in chunks:
            keys = self._keys.queue(chunk[0].queue)
            pairs = [part for job in chunk for part in (job.type, job.id.bytes)]
            calls.append((_known, [keys.claimed], [keys.lane_prefix, *pairs]))
        answers = self._call(run_all, self._client, calls) if calls else []
        answered = ((chunk, known) for chunk, known in zip(chunks, answers, strict=True))
        return [job for chunk, known in answered for job, here in zip(chunk, known, strict=True) if not here]

    def within(self, queue: str, lane: str, ids: Sequence[UUID]) -> list[UUID]:
        """Those of `ids` that are in the lane."""
        if not ids:
            return []
        scores = self._call(self._client.zmscore, self._keys.queue(queue).lane(lane), [one.bytes for one in ids])
        return [one for one, score in zip(ids, scores, strict=True) if score is not None]

    # -- asked of a worker ------------------------------------------------------------------------------------------

    def answer(self, token: str, text: str) -> None:
        """A worker's answer to whoever asked with this token; gone after half a minute."""
        name = self._keys.answer(token)
        self._call(self._client.rpush, name, text.encode())
        self._call(self._client.expire, name, _ANSWER_SECONDS)

    def await_answer(self, token: str, seconds: float) -> str | None:
        """The answer, once it is there; None after `seconds`. They must be fewer than this broker's time-out."""
        found = self._call(self._client.blpop, [self._keys.answer(token)], timeout=seconds)
        return found[1].decode() if found else None

    def keep_stack(self, job_id: UUID, text: str, seconds: int) -> None:
        self._call(self._client.set, self._keys.stack(str(job_id)), text.encode(), ex=seconds)

    def kept_stack(self, job_id: UUID) -> str | None:
        found = self._call(self._client.get, self._keys.stack(str(job_id)))
        return found.decode() if found else None


def _counted(answer: Sequence[Any]) -> Census:
    complete, claimed, *rest = answer
    lanes = [
        Lane(name.decode(), ready, _until(gate))
        for name, ready, gate in zip(rest[::3], rest[1::3], rest[2::3], strict=True)
    ]
    return Census(bool(complete), claimed, sorted(lanes))


def _until(milliseconds: int) -> datetime | None:
    return instant(milliseconds) if milliseconds else None
