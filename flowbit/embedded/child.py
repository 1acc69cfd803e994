"""A server process: started with its log in a file, ended with the process that started it, and stopped
gently before it is killed.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from flowbit.embedded.account import Account

PR_SET_PDEATHSIG = 1
LOG_LIMIT = 10 * 1024 * 1024
# Nothing of the caller's environment (PGDATA, PGOPTIONS, LD_LIBRARY_PATH ...) is to steer a server.
ENVIRONMENT = {"PATH": os.defpath, "HOME": "/", "LC_ALL": "C"}

# Looked up here, not between fork and exec, where the loader's locks may be held for ever.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def spawn(
    command: Sequence[str | Path], log: Path, account: Account | None, ends_by: signal.Signals
) -> subprocess.Popen[bytes]:
    """Starts a server in a session of its own, so that a Ctrl-C does not reach it."""
    with open_log(log) as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=ENVIRONMENT,
            umask=0o077,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            start_new_session=True,
            preexec_fn=die_with_parent(ends_by),
        )


def run(command: Sequence[str | Path], log: Path, account: Account | None) -> int:
    """Runs a program to its end and gives its exit code."""
    process = spawn(command, log, account, ends_by=signal.SIGKILL)
    try:
        return process.wait()
    finally:
        process.kill()
        process.wait()


def stop(process: subprocess.Popen[bytes], steps: Sequence[tuple[signal.Signals, float]]) -> None:
    """Sends each signal and gives it its seconds to work; kills at last."""
    for how, seconds in steps:
        process.send_signal(how)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        return
    process.kill()
    process.wait()


def die_with_parent(how: signal.Signals) -> Callable[[], None] | None:
    """For Popen's preexec_fn: the kernel sends the child this signal when the *thread* that started it ends,
    even by SIGKILL. Linux only; elsewhere None."""
    prctl, parent = _prctl, os.getpid()
    if prctl is None:
        return None

    def arrange() -> None:
        prctl(PR_SET_PDEATHSIG, int(how), 0, 0, 0)
        if os.getppid() != parent:  # it ended before we asked
            os._exit(1)

    return arrange


def open_log(path: Path) -> BinaryIO:
    """To append to; a log that has become large is set aside first."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_name(f"{path.name}.1"))
    return path.open("ab")


def tail(log: Path, lines: int = 15) -> str:
    if not log.exists():
        return ""
    with log.open(errors="replace") as file:
        return "".join(deque(file, lines)).rstrip()
