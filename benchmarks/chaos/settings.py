"""The environment of a chaos run: its own servers and short leases, whatever the caller's environment says."""

import os
from dataclasses import dataclass
from pathlib import Path

LEASE = 2.0
SHORT = {
    "LEASE_TTL": f"{LEASE:g}s",
    "HEARTBEAT_INTERVAL": "400ms",
    "QUEUE_POLL_INTERVAL": "100ms",
    "SCHEDULER_INTERVAL": "50ms",
    "SCHEDULER_LEADERSHIP_TTL": "2s",
    "RECONCILE_INTERVAL": "500ms",
    "INTERRUPT_GRACE": "1s",
    "BASE_RETRY_DELAY": "100ms",
    "MAX_RETRY_DELAY": "2s",
    "LOG_LEVEL": "info",
    "LOG_FORMAT": "console",
}
# Nothing of the caller's may steer this run, least of all to servers that are not ours.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")


@dataclass(frozen=True, slots=True)
class Told:
    """What the run is asked to be; `minutes` bounds all of it, `folder` is its own and erased in the end."""

    seed: int
    jobs: int
    faults: int
    clients: int
    minutes: float
    folder: Path


def environment(folder: Path) -> dict[str, str]:
    """For this process and all that it starts; `folder` is where the servers, journals and logs live."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {
        **kept,
        **SHORT,
        "FLOWBIT_FOLDER": str(folder),
        "FLOWBIT_APPS": "benchmarks.chaos.work",
        "DJANGO_SETTINGS_MODULE": "flowbit.settings",
        "CHAOS_LEDGER": str(folder / "ledger"),
    }
