"""What listeners with the same rights hear: sifted, gathered and written once for all of them."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from jobs.broker.feed import Entry
from jobs.live.gathering import Changes, Events, Gathering
from jobs.live.hub import hub
from jobs.live.mailbox import Mailbox, Message
from jobs.news import Told
from jobs.services.hearing import Scope

CHANGES_EVERY = 0.45
"""Two beats of the hub, which may come a little early: twice a second."""
LOST_EVERY = 2.0
"""Seconds between two times that a channel says it cannot tell what it was that happened."""
MOST_OF_A_JOB = 200
PING_EVERY = 15.0


@dataclass(frozen=True, slots=True)
class Subject:
    """What a channel is about: all within a scope, or one job of it; in the light form, or event by event."""

    scope: Scope
    changes: bool = False
    job_id: str = ""

    def gathering(self) -> Gathering:
        if self.changes:
            return Changes()
        return Events(MOST_OF_A_JOB) if self.job_id else Events()

    def sift(self, gathering: Gathering, entries: Iterable[Entry], skip: int = 0) -> bool:
        """Put what it is about into `gathering`, without the first `skip` of the first entry. Whether more may have
        happened, and nobody can tell."""
        missed = False
        for entry in entries:
            for number, told in enumerate(entry.told):
                if number >= skip and self._wants(told):
                    gathering.put(told, f"{entry.id}.{number}", entry.at)
                missed = missed or (not self.job_id and self.scope.may_miss(told))
            skip = 0
        return missed

    def _wants(self, told: Told) -> bool:
        return (not self.job_id or told.job_id == self.job_id) and self.scope.hears(told)


def message(made: dict[str, Any], position: str) -> Message:
    return Message(position, orjson.dumps({"id": position, **made}).decode())


class Channel:
    """A listener of the hub on behalf of any number of mailboxes. `add` and `remove` are called in event loops, the
    others in the reader's thread.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._gathering = subject.gathering()
        self._mailboxes: frozenset[Mailbox] = frozenset()
        self._missed = False
        self._next = self._next_lost = 0.0
        self._spoke = -PING_EVERY  # the feed may not have begun: who waits for that hears of it within a look

    def add(self, mailbox: Mailbox) -> None:
        self._mailboxes |= {mailbox}

    def remove(self, mailbox: Mailbox) -> bool:
        """Whether none is left."""
        self._mailboxes -= {mailbox}
        return not self._mailboxes

    def hear(self, entries: Sequence[Entry], position: str) -> bool:
        now = time.monotonic()
        self._missed = self._subject.sift(self._gathering, entries) or self._missed
        if self._missed and now >= self._next_lost:
            self._missed, self._next_lost = False, now + LOST_EVERY
            self.lose(position)
        if now < self._next:
            return True
        if (made := self._gathering.take()) is not None:
            self._next = now + CHANGES_EVERY if self._subject.changes else now
            self._send(message(made, position))
        elif not self._missed and now - self._spoke > PING_EVERY:
            self._send(message({"type": "ping"}, position))
        return self._missed

    def lose(self, position: str) -> None:
        self._gathering.take()  # who looks at everything again need not be told
        self._send(message({"type": "resync"}, position))

    def _send(self, one: Message) -> None:
        self._spoke = time.monotonic()
        by_loop: defaultdict[asyncio.AbstractEventLoop, list[Mailbox]] = defaultdict(list)
        for mailbox in self._mailboxes:
            by_loop[mailbox.loop].append(mailbox)
        for loop, mailboxes in by_loop.items():
            in_loop(loop, _put_all, mailboxes, one)


def in_loop(loop: asyncio.AbstractEventLoop, action: Callable[..., object], *arguments: Any) -> bool:
    """Call `action` there; False when that loop has ended, and with it everybody who listened."""
    try:
        loop.call_soon_threadsafe(action, *arguments)
    except RuntimeError:
        if not loop.is_closed():
            raise
        return False
    return True


def _put_all(mailboxes: Iterable[Mailbox], one: Message) -> None:
    for mailbox in mailboxes:
        mailbox.put(one)


class Channels:
    """Those of this process, by subject."""

    def __init__(self) -> None:
        self._open: dict[Subject, Channel] = {}

    def join(self, subject: Subject, mailbox: Mailbox) -> str:
        """Put into `mailbox` everything about `subject` after the position that is returned."""
        with hub.lock:
            channel = self._open.get(subject)
            if channel is None:
                channel = self._open[subject] = Channel(subject)
                hub.join(channel)
            channel.add(mailbox)
            return hub.position

    def leave(self, subject: Subject, mailbox: Mailbox) -> None:
        with hub.lock:
            channel = self._open.get(subject)
            if channel is not None and channel.remove(mailbox):
                del self._open[subject]
                hub.leave(channel)


channels = Channels()
