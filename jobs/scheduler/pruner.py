"""Forgets what is older than its retention, in small batches."""

from jobs.conf import Options
from jobs.store import prune

_BATCH = 500


class Pruner:
    name = "pruner"

    def __init__(self, conf: Options) -> None:
        self.interval = conf.prune_interval
        self._conf = conf

    def run_once(self) -> int:
        keep = self._conf.retention
        deleted = sum(
            prune.finished([state], keep[state], _BATCH, None) for state in ("succeeded", "cancelled", "failed")
        )
        return deleted + prune.leftovers(keep["audit"], keep["statistics"], _BATCH)
