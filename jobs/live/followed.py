"""Jobs that somebody follows: read again from PostgreSQL whenever something may have happened to them, and told one
by one when they differ. What is missed on the way shows at the next look.
"""

import asyncio
import logging
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from jobs.api import renders
from jobs.broker.feed import NOWHERE, Entry
from jobs.live.asking import Unanswered, askers
from jobs.live.channels import in_loop, message
from jobs.live.hub import hub
from jobs.live.mailbox import DEFECT, Closed, Mailbox
from jobs.news import Told
from jobs.services.reach import Reach
from jobs.states import FINAL

logger = logging.getLogger(__name__)
NEWEST = 100
MOST = 200
"""Jobs that one follower looks at: the newest, older ones that have not ended, and those that were named."""
PAUSE = 0.25
"""Seconds between two looks, at least; `AT_LEAST` the most, though nothing was heard."""
AT_LEAST = 15.0
SECONDS = 10.0
VOLATILE = frozenset({"lease_until", "links"})
"""What alone is no change: the lease is renewed with every heartbeat."""
Rendered = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Followed:
    """What is followed: within `reach` the newest jobs of an owner, or one job."""

    reach: Reach
    owner_id: int | None = None
    job_id: UUID | None = None

    def concerns(self, told: Told) -> bool:
        """Whether it may have happened to one of them."""
        if not told.kind.startswith("job."):
            return False
        if self.job_id is None:
            return told.owner_id == self.owner_id if told.tenant_id is not None else True
        return told.job_id == str(self.job_id) if told.job_id else self.reach.may_cover(told.queue)

    def read(self, also: Collection[str]) -> list[Rendered]:
        """Asks PostgreSQL: newest first, those of the ids `also` behind them."""
        rows = self.reach.rows().defer("payload", "result", "backend_data").order_by("-pk")
        if self.job_id is not None:
            found = list(rows.filter(pk=self.job_id))
        else:
            own = rows.owned_by(self.owner_id)
            found = list(own[:NEWEST])
            older = set(also) - {str(job.pk) for job in found}
            found += list(own.filter(pk__in=older)[:MOST]) if older else []
        return renders.jobs(found, None)


class Follower:
    """Looks on behalf of any number of mailboxes of one event loop. `hear` and `lose` are called in the reader's
    thread, all else in that loop.
    """

    def __init__(self, followed: Followed, loop: asyncio.AbstractEventLoop) -> None:
        self._followed = followed
        self._loop = loop
        self._members: set[Mailbox] = set()
        self._joining: set[Mailbox] = set()
        self._known: dict[str, Rendered] = {}
        self._named: set[str] = set()
        self._woken = asyncio.Event()
        self._task = loop.create_task(self._run())
        self._task.add_done_callback(self._over)

    def hear(self, entries: Sequence[Entry], position: str) -> bool:
        told = [one for entry in entries for one in entry.told if self._followed.concerns(one)]
        if told:
            in_loop(self._loop, self._note, [one.job_id for one in told if one.job_id])
        return False

    def lose(self, position: str) -> None:
        in_loop(self._loop, self._note, [])

    def add(self, mailbox: Mailbox) -> None:
        self._joining.add(mailbox)
        self._woken.set()

    def remove(self, mailbox: Mailbox) -> bool:
        """Whether none is left; then it is over."""
        self._members.discard(mailbox)
        self._joining.discard(mailbox)
        if self._members or self._joining:
            return False
        self._task.cancel()
        return True

    def _note(self, named: list[str]) -> None:
        self._named.update(named[: MOST - len(self._named)])
        self._woken.set()

    def _over(self, task: asyncio.Task[None]) -> None:
        """A defect: nobody shall wait for ever."""
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("jobs could not be followed", exc_info=error)
            for mailbox in self._members | self._joining:
                mailbox.close(Closed(DEFECT, "something went wrong here"))

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            position = hub.position
            try:
                await self._look()
            except Unanswered:
                self._woken.set()
            await asyncio.sleep(PAUSE)
            with suppress(TimeoutError):
                async with asyncio.timeout(AT_LEAST):
                    await (self._begun() if position == NOWHERE else self._woken.wait())

    async def _begun(self) -> None:
        """Waits for the feed to begin as well: what happened before is on none, so it must be looked for."""
        while hub.position == NOWHERE and not self._woken.is_set():
            await asyncio.sleep(PAUSE)

    async def _look(self) -> None:
        joining, position = set(self._joining), hub.position  # what we see is at least as new
        also, self._named = self._named | self._lasting(), set()
        rows = await askers.ask(SECONDS, self._followed.read, also)
        changed = [row for row in reversed(rows) if self._known.get(row["id"]) != _lasting_part(row)]
        self._known = {row["id"]: _lasting_part(row) for row in rows}
        told = [message({"type": "job", "job": row}, position) for row in changed] if self._members else []
        for mailbox in self._members:
            for one in told:
                mailbox.put(one)
        self._welcome(joining & self._joining, rows, position)

    def _lasting(self) -> set[str]:
        """Those that have not ended: they are looked at until they have, however many newer ones come."""
        return {job_id for job_id, row in self._known.items() if row["state"] not in FINAL}

    def _welcome(self, joining: set[Mailbox], rows: list[Rendered], position: str) -> None:
        if not joining:
            return
        if self._followed.job_id is None:
            first = [message({"type": "snapshot", "jobs": rows[:NEWEST]}, position)]
        else:
            first = [message({"type": "job", "job": row}, position) for row in rows]
        for mailbox in joining:
            for one in first:
                mailbox.put(one)
        self._joining -= joining
        self._members |= joining


def _lasting_part(row: Rendered) -> Rendered:
    return {name: value for name, value in row.items() if name not in VOLATILE}


class Followers:
    """Those of this process; whoever follows the same shares one."""

    def __init__(self) -> None:
        self._open: dict[tuple[Followed, asyncio.AbstractEventLoop], Follower] = {}

    def join(self, followed: Followed, mailbox: Mailbox) -> None:
        with hub.lock:
            key = (followed, mailbox.loop)
            if key not in self._open:
                self._open[key] = Follower(followed, mailbox.loop)
                hub.join(self._open[key])
            self._open[key].add(mailbox)

    def leave(self, followed: Followed, mailbox: Mailbox) -> None:
        with hub.lock:
            key = (followed, mailbox.loop)
            if key in self._open and self._open[key].remove(mailbox):
                hub.leave(self._open.pop(key))


followers = Followers()
