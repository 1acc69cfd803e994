"""One open stream, whatever carries it: who listens to what, the messages in their order, when it must end."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass

from rest_framework.exceptions import APIException

from jobs.broker import patient_broker
from jobs.broker.feed import NOWHERE, Entry
from jobs.errors import BrokerUnavailable, FlowbitError, NotFound, StoreUnavailable
from jobs.live import entry
from jobs.live.asking import Unanswered, askers
from jobs.live.channels import Subject, channels, in_loop, message
from jobs.live.entry import Admission, turnstile
from jobs.live.followed import Followed, followers
from jobs.live.hub import hub
from jobs.live.mailbox import DEFECT, TOO_SLOW, Closed, Mailbox, Message
from jobs.live.query import Place, Query
from jobs.trusted import Visit

logger = logging.getLogger(__name__)
PATIENCE = 5.0
"""Seconds for a question to PostgreSQL, and for Redis to say where the feed is."""
CHECK_EVERY = 10.0
TRUST = 30.0
"""Seconds for which who came in may stay though nobody can tell whether they still may."""
SILENCE = 20.0
MOST_MISSED = 2000
"""Entries of the feed that are told to who comes back; of more they hear that they must look at everything."""
GONE, CHANGED = 4401, 4403
OUT_OF_REACH = 2.0
"""Seconds to wait for the feed at the start, before it is said that nothing can be gone on with."""


@dataclass(frozen=True, slots=True)
class Topics:
    """What a stream carries."""

    subject: Subject | None = None
    followed: Followed | None = None


class Session:
    """Call `open`, then read `messages`, and `close` whatever came of it."""

    def __init__(self, visit: Visit, query: Query, *, own: bool) -> None:
        self._visit = visit
        self._query = query
        self._own = own
        self._mailbox = Mailbox()
        self._topics = Topics()
        self._admission: Admission | None = None
        self._guard: asyncio.Task[None] | None = None
        self._left = False

    async def open(self) -> None:
        """Raises what refuses it: a FlowbitError, or one of REST framework's."""
        try:
            admission = await askers.ask(PATIENCE, entry.admit, self._visit, self._query.token)
            topics = await askers.ask(PATIENCE, self._choose, admission)
        except Unanswered:
            raise StoreUnavailable("the job store cannot be reached, try again soon") from None
        turnstile.enter(admission.name)
        self._admission, self._topics = admission, topics
        self._guard = asyncio.create_task(self._watch(admission))
        self._guard.add_done_callback(self._unguarded)

    async def messages(self) -> AsyncIterator[Message]:
        """Without end. Raises Closed when it must."""
        last = NOWHERE
        for one in await self._first():
            last = one.id
            yield one
        while True:
            one = await self._mailbox.take(SILENCE) or message({"type": "ping"}, last)
            if self._topics.subject is not None and last == NOWHERE != one.id:
                yield message({"type": "resync"}, hub.first)  # what came before it was on no feed
            last = one.id
            yield one

    async def ended(self) -> Closed:
        """Waits for what ends it, though nobody reads."""
        return await self._mailbox.ended()

    def close(self) -> None:
        """From any thread, and as often as one likes."""
        if not in_loop(self._mailbox.loop, self._leave):
            self._leave()

    def _leave(self) -> None:
        if self._left:
            return
        self._left = True
        if self._topics.subject is not None:
            channels.leave(self._topics.subject, self._mailbox)
        if self._topics.followed is not None:
            followers.leave(self._topics.followed, self._mailbox)
        if self._guard is not None:
            self._guard.cancel()
        if self._admission is not None:
            turnstile.leave(self._admission.name)

    # -- what it carries -------------------------------------------------------------------------------------------

    def _choose(self, admission: Admission) -> Topics:
        reach, job = admission.scope.reach, self._query.job
        if self._own:
            return Topics(followed=Followed(reach, owner_id=admission.user.pk))
        if job is None:
            return Topics(Subject(admission.scope, self._query.changes))
        if not reach.rows().filter(pk=job).exists():
            raise NotFound("there is no such job")
        return Topics(Subject(admission.scope, self._query.changes, str(job)), Followed(reach, job_id=job))

    async def _first(self) -> list[Message]:
        """What is said before anything happens."""
        if self._topics.followed is not None:
            followers.join(self._topics.followed, self._mailbox)
        subject = self._topics.subject
        if subject is None:
            return []
        position = channels.join(subject, self._mailbox)
        position = await _beginning() if position == NOWHERE else position
        greeting = message({"type": "hello"}, position)
        if not self._query.since:
            return [greeting]
        missed = await asyncio.to_thread(_missed, subject, self._query.place, position)
        return [greeting, *missed]

    # -- whether it may go on --------------------------------------------------------------------------------------

    async def _watch(self, admission: Admission) -> None:
        """Look again and again whether who listens still may."""
        loop = asyncio.get_running_loop()
        sure = loop.time()
        while True:
            await asyncio.sleep(CHECK_EVERY * random.uniform(0.8, 1.0))  # noqa: S311  # so that not all ask at once
            try:
                found = await askers.ask(PATIENCE, entry.admit, self._visit, self._query.token, again=True)
            except Unanswered:
                if loop.time() - sure > TRUST - CHECK_EVERY:
                    return self._mailbox.close(Closed(TOO_SLOW, "the job store cannot be reached, try again later"))
            except (FlowbitError, APIException):
                return self._mailbox.close(Closed(GONE, "the credential is not valid any more"))
            else:
                sure = loop.time()
                if (found.scope, found.name) != (admission.scope, admission.name):
                    return self._mailbox.close(Closed(CHANGED, "what you may see has changed: connect again"))

    def _unguarded(self, guard: asyncio.Task[None]) -> None:
        """A defect: what nobody watches must not go on."""
        if not guard.cancelled() and (error := guard.exception()) is not None:
            logger.error("a stream could not be watched", exc_info=error)
            self._mailbox.close(Closed(DEFECT, "something went wrong here"))


async def _beginning() -> str:
    """The first place of the feed, as soon as Redis tells it; NOWHERE when it does not."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + OUT_OF_REACH
    while hub.first == NOWHERE and loop.time() < deadline:
        await asyncio.sleep(0.02)
    return hub.first


def _missed(subject: Subject, place: Place | None, position: str) -> list[Message]:
    """What happened between `place` and `position`, or that nobody can tell."""
    entries = None if place is None or position == NOWHERE else _entries(place, position)
    if place is None or entries is None:
        return [message({"type": "resync"}, position)]
    gathering = subject.gathering()
    skip = len(entries[0].told) if place.number is None else place.number + 1
    if subject.sift(gathering, entries, skip):
        return [message({"type": "resync"}, position)]
    made = gathering.take()
    return [] if made is None else [message(made, position)]


def _entries(place: Place, position: str) -> list[Entry] | None:
    """From the entry of `place` on; None where it is gone, or too much has come since."""
    broker = patient_broker()
    try:
        return broker.feed.since(place.entry, max(place.entry, position, key=_order), MOST_MISSED)
    except BrokerUnavailable:
        return None
    finally:
        broker.close()


def _order(entry_id: str) -> tuple[int, int]:
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds), int(number)
