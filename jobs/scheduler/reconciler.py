"""Keeps Redis in agreement with PostgreSQL, in small steps, and says how much it had to heal."""

from jobs.broker import Broker
from jobs.conf import Options
from jobs.ready import Ready
from jobs.services import queues
from jobs.services.rebuild import rebuild
from jobs.store import insert, lookout, workers
from jobs.store.lookout import Place

_PAGE = 5000
_SCAN = 1000


class Reconciler:
    """One round: pauses agree, overdue claims are given back, missing jobs pushed, ghosts dropped.

    Missing jobs are looked for among those that became ready since the last round, and in a page of all the others
    in turn, so that a round costs the same with a million jobs waiting.
    """

    name = "reconciler"

    def __init__(self, conf: Options, broker: Broker) -> None:
        self.interval = conf.reconcile_interval
        self._conf = conf
        self._broker = broker
        self._recent: Place | None = None
        self._walk = lookout.START
        self._ghosts: dict[tuple[str, str], int] = {}

    def run_once(self) -> int:
        healed = 0
        known = set(workers.queue_modes())
        for queue in known:
            if self._broker.is_complete(queue):
                healed += queues.agree(self._broker, queue) + self._give_back(queue) + self._drop_ghosts(queue)
        return healed + self._push_missing(known)

    def _give_back(self, queue: str) -> int:
        """Claims past their deadline: ready again where PostgreSQL has them queued, else forgotten."""
        overdue = self._broker.overdue(queue, _PAGE)
        if not overdue:
            return 0
        queued = lookout.still_queued(overdue)
        healed = self._broker.restore(queued, overdue=True)
        self._broker.done(queue, [one.bytes for one in set(overdue) - {job.id for job in queued}])
        return healed

    def _push_missing(self, known: set[str]) -> int:
        """PostgreSQL is read first: what is claimed or started after that can only be known too well."""
        until = lookout.now(self._conf.reconcile_grace)
        healed = 0
        place: Place | None = self._recent or Place(lookout.now(3 * self.interval), lookout.START.id)
        while place is not None:
            page, following = lookout.queued(place, until, _PAGE)
            healed += self._restore(page, known)
            place = following
        self._recent = Place(until, lookout.START.id)
        page, following = lookout.queued(self._walk, until, _PAGE)
        self._walk = following or lookout.START
        return healed + self._restore(page, known)

    def _restore(self, page: list[Ready], known: set[str]) -> int:
        """Push what Redis does not know. A queue without a row gets one: no worker would look at it."""
        if nameless := {job.queue for job in page} - known:
            insert.add_queues(sorted(nameless))
        return self._broker.restore(page)

    def _drop_ghosts(self, queue: str) -> int:
        """Ids in lanes that PostgreSQL has no queued job for. Redis is read first: what is queued later is not seen."""
        dropped = 0
        for lane in self._broker.lanes(queue):
            cursor, ids = self._broker.scan(queue, lane, self._ghosts.get((queue, lane), 0), _SCAN)
            self._ghosts[queue, lane] = cursor
            here = {job.id for job in lookout.still_queued(ids) if (job.queue, job.type) == (queue, lane)}
            dropped += self._broker.drop(queue, lane, [one for one in ids if one not in here])
        return dropped


class Rebuilder:
    """Brings back a queue whose copy Redis has lost, within a second."""

    name = "rebuilder"

    def __init__(self, broker: Broker) -> None:
        self.interval = 1.0
        self._broker = broker

    def run_once(self) -> int:
        return sum(
            rebuild(self._broker, queue) for queue in workers.queue_modes() if not self._broker.is_complete(queue)
        )
