"""Run a program so that it can neither hang nor flood the worker, nor outlive its job."""

import _thread
import os
import selectors
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs.context import Context
from jobs.outcomes import Cancel

POLL = 0.02
"""Seconds between two looks at whether the job is to stop."""

GRACE = 2.0
"""Seconds that an interrupted job waits for the end of its process, which is being killed."""

PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Ended:
    """`output` is the end of what it wrote, errors among it; `left_out` counts the bytes before."""

    exit_code: int
    output: str
    left_out: int


def run(
    ctx: Context, argv: Sequence[str], *, environment: Mapping[str, str], folder: Path, keep: int = 16 * 1024
) -> Ended:
    """Run `argv` in `folder`, without a shell, an input, or any variable but those given.

    Its whole process group is killed when it ends, when the job is to stop, and when anything is raised here.

    Raises:
        OSError: it cannot be started.
        Cancel: the job is to stop.
    """
    life = _Life(argv, environment, folder, _Tail(keep))
    try:
        _thread.start_new_thread(life.live, ())
        while not life.over.acquire(timeout=POLL):
            life.stopping = life.stopping or ctx.cancelled
    except BaseException:
        life.stopping = True
        life.over.acquire(timeout=GRACE)
        raise
    if life.error is not None:
        raise life.error
    return Ended(life.exit_code, life.output.text(), life.output.left_out)


class _Tail:
    """The last `keep` bytes of a stream."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._bytes = bytearray()
        self.left_out = 0

    def add(self, piece: bytes) -> None:
        self._bytes += piece
        surplus = len(self._bytes) - self._keep
        if surplus > 0:
            del self._bytes[:surplus]
            self.left_out += surplus

    def text(self) -> str:
        return self._bytes.decode("utf-8", "replace").replace("\0", "�")


class _Life:
    """A process from start to reaping, in a thread of its own.

    A job's thread can be interrupted at any instruction: between the birth of a process and the moment that
    anybody knows of it, or inside of `threading.Thread.start`, which then leaves a lock behind. So the two
    threads share plain attributes and one bare lock, which is free when all is over.
    """

    def __init__(self, argv: Sequence[str], variables: Mapping[str, str], folder: Path, output: _Tail) -> None:
        self._argv = argv
        self._variables = variables
        self._folder = folder
        self.output = output
        self.exit_code = 0
        self.error: Exception | None = None
        self.stopping = False
        self.over = threading.Lock()
        self.over.acquire()

    def live(self) -> None:
        try:
            self._live()
        except Exception as error:  # the other thread raises it
            self.error = error
        finally:
            self.over.release()

    def _live(self) -> None:
        process = subprocess.Popen(  # noqa: S603 - no shell; the callers decide what may run
            self._argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(self._variables),
            cwd=self._folder,
            start_new_session=True,
        )
        try:
            self._follow(process)
        finally:
            _kill_group(process)
            self.exit_code = process.wait()
            if process.stdout:
                process.stdout.close()

    def _follow(self, process: subprocess.Popen[bytes]) -> None:
        """Read what it writes until it has ended and its pipe is empty. Raises Cancel when it is to stop."""
        if process.stdout is None:
            return
        stream = process.stdout.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(stream, selectors.EVENT_READ)
            while not self.stopping:
                ended = _has_ended(process)
                if ended:
                    _kill_group(process)  # children that it left behind would keep the pipe open
                ready = selector.select(0 if ended else POLL)
                piece = os.read(stream, PIECE) if ready else b""
                self.output.add(piece)
                if ended and not piece:
                    return
                if ready and not piece:  # it closed its output and goes on in silence
                    selector.unregister(stream)
        raise Cancel("stopped while its command ran")


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it ended, without reaping it: nobody else can get its id, so the kill hits the right group."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # PermissionError: macOS, for a group of zombies
        return
