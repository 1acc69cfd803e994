"""What the runner must know of a peer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.peers.stores import Lookup

PROCESSES = 2


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What the store still holds of each job when all have run. None: nothing; else the lookup that proves it."""

    job: Lookup | None = None
    arguments: Lookup | None = None
    attempts: Lookup | None = None
    result: Lookup | None = None
    how_long: str = "-"

    def lookups(self) -> Mapping[str, Lookup | None]:
        return {"job": self.job, "arguments": self.arguments, "attempts": self.attempts, "result": self.result}


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A queue with the settings it is measured with.

    Args:
        packages: what pip installs, with versions; the first is the peer itself. Empty: this checkout.
        store: where its jobs are, for people to read.
        postgres: it has tables there.
        worker: a command, started `copies` times. `{bin}` is its environment's folder of programs.
        jobs: how many are drained.
        bulk: it has a bulk call.
        pending: how many jobs the store does not yet show as finished; None where it shows nothing.
    """

    name: str
    adapter: str
    packages: tuple[str, ...]
    store: str
    postgres: bool = False
    worker: tuple[str, ...] = ()
    copies: int = 1
    environ: Mapping[str, str] = field(default_factory=dict, hash=False)
    jobs: int = 20_000
    bulk: bool = False
    pending: Lookup | None = None
    kept: Kept = Kept()
    settings: str

    @property
    def database(self) -> str:
        return f"peer_{self.name.replace('-', '_')}"

    @property
    def version(self) -> str:
        """As pinned."""
        return self.packages[0].partition("==")[2] if self.packages else "this checkout"
