"""One peer's turn: fill its queue, let two processes empty it, look at what is left."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers import counter
from benchmarks.peers.peer import PROCESSES, Peer
from benchmarks.peers.stores import Stores
from flowbit.embedded.child import die_with_parent, tail

ROOT = Path(__file__).resolve().parents[2]
SINGLES = 2_000
STUCK = 30.0  # seconds without a further job, after which a peer is given up
Figures = dict[str, float]


class Failed(Exception):
    """A peer did not do its work; says what it last logged."""


@dataclass(frozen=True)
class Bench:
    """A peer in its environment, with the servers and a scratch folder."""

    peer: Peer
    programs: Path
    stores: Stores
    scratch: Path

    def turn(self) -> tuple[Figures, dict[str, bool]]:
        """Jobs per second by what was done, and what was found to be kept of every job."""
        figures: Figures = {}
        if self.peer.bulk:
            self._renew()
            figures["one"] = SINGLES / self._act("one", SINGLES)
        self._renew()
        how = "many" if self.peer.bulk else "one"
        figures[how] = self.peer.jobs / self._act(how, self.peer.jobs)
        figures |= self._drain()
        return figures, self._kept()

    @property
    def _counter(self) -> Path:
        return self.scratch / f"{self.peer.name}.counter"

    @property
    def _log(self) -> Path:
        return self.scratch / "log" / f"{self.peer.name}.log"

    def _renew(self) -> None:
        counter.create(self._counter)
        set_up = (lambda: self._act("set_up")) if self.peer.postgres else None
        self.stores.renew(self.peer.database, set_up)

    def _act(self, what: str, jobs: int = 0) -> float:
        command = [str(self.programs / "python"), "-m", "benchmarks.peers.act", self.peer.adapter, what, str(jobs)]
        ended = subprocess.run(command, cwd=ROOT, env=self._environ(), capture_output=True, text=True, check=False)
        if ended.returncode:
            raise Failed(ended.stderr[-1500:])
        return float(ended.stdout or 0)

    def _environ(self) -> dict[str, str]:
        dsn = self.stores.dsn(self.peer.database)
        path = os.pathsep.join((str(self.programs), os.environ.get("PATH", os.defpath)))
        return {
            **os.environ,
            "PATH": path,
            "PYTHONPATH": str(ROOT),
            "POSTGRES_DSN": dsn,
            "DATABASE_URL": dsn,
            "REDIS_URL": self.stores.redis_url,
            "COUNTER": str(self._counter),
            "PROCESSES": str(PROCESSES),
            **self.peer.environ,
        }

    def _drain(self) -> Figures:
        """`run`: to the last call of a handler. `recorded`: until the store shows nothing unfinished, if it can."""
        if self.peer.postgres:
            self.stores.tidy(self.peer.database)
        watched = counter.Counter(self._counter)
        with self._workers():
            self._until_all_ran(watched)
            first, latest = watched.span()
            figures = {"run": self.peer.jobs / (latest - first)}
            if self.peer.pending is not None:
                figures["recorded"] = self.peer.jobs / (self._until_recorded() - first)
        return figures

    def _until_all_ran(self, watched: counter.Counter) -> None:
        calls, changed = 0, time.monotonic()
        while calls < self.peer.jobs:
            time.sleep(0.01)
            before, calls = calls, watched.calls()
            if calls != before:
                changed = time.monotonic()
            elif time.monotonic() - changed > STUCK:
                raise Failed(f"{calls} of {self.peer.jobs} jobs ran; {tail(self._log)}")

    def _until_recorded(self) -> float:
        """Gives the instant, in seconds of the monotonic clock."""
        assert self.peer.pending is not None
        deadline = time.monotonic() + STUCK
        while self.peer.pending(self.stores, self.peer.database):
            if time.monotonic() > deadline:
                raise Failed(f"all jobs ran, but the store does not show it; {tail(self._log)}")
            time.sleep(0.002)
        return time.monotonic()

    def _kept(self) -> dict[str, bool]:
        kept = {}
        for what, lookup in self.peer.kept.lookups().items():
            found = lookup(self.stores, self.peer.database) if lookup else 0
            if lookup and found < self.peer.jobs:
                raise Failed(f"{what}: kept of {found} of {self.peer.jobs} jobs only")
            kept[what] = lookup is not None
        return kept

    @contextmanager
    def _workers(self) -> Iterator[None]:
        self._log.parent.mkdir(exist_ok=True)
        command = [part.replace("{bin}", str(self.programs)) for part in self.peer.worker]
        with ExitStack() as stack:
            log = stack.enter_context(self._log.open("wb"))
            for _ in range(self.peer.copies):
                process = subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env=self._environ(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=die_with_parent(signal.SIGTERM),
                )
                stack.callback(_end, process)
            yield


def _end(process: subprocess.Popen[bytes]) -> None:
    """In order, if it takes no longer than ten seconds; and nothing of its session remains."""
    for how, patience in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 10.0)):
        try:
            os.killpg(process.pid, how)
        except ProcessLookupError:
            break
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
    process.wait()
