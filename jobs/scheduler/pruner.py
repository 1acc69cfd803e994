"""Forgets what is older than its retention, in small batches."""

from uuid import UUID

from jobs.conf import Options
from jobs.store import prune

_BATCH = 500
_LOOKS = 20
"""Batches a round, when most of what is old must stay for its children."""


class Pruner:
    name = "pruner"

    def __init__(self, conf: Options) -> None:
        self.interval = conf.prune_interval
        self._conf = conf
        self._places: dict[str, UUID] = {}

    def run_once(self) -> int:
        keep = self._conf.retention
        deleted = sum(self._forget(state) for state in ("succeeded", "cancelled", "failed"))
        return deleted + prune.leftovers(keep["audit"], keep["statistics"], _BATCH)

    def _forget(self, state: str) -> int:
        """Delete about a batch, from where the last round stopped; after the last job the next round begins anew."""
        deleted = 0
        for _ in range(_LOOKS):
            after = self._places.pop(state, prune.START)
            batch = prune.finished([state], self._conf.retention[state], _BATCH, after=after)
            deleted += batch.deleted
            if batch.last is None:
                break
            self._places[state] = batch.last
            if deleted >= _BATCH:
                break
        return deleted
