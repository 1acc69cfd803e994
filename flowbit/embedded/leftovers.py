"""Servers that outlived an owner who was killed. They are known by what we wrote down when we started them,
the process id together with its start time, never by looking through other people's processes.

Everything here runs under the folder's lock.
"""

import contextlib
import json
import time
from pathlib import Path

import psutil

GRACE = 30.0
POLL = 0.02
# The boot time, to which start times are relative, may be corrected by some seconds while a machine runs.
CLOCK_DRIFT = 5.0


def record(path: Path, pid: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):  # ended already: nothing to remember
        started = psutil.Process(pid).create_time()
        path.write_text(json.dumps({"pid": pid, "started": started}))


def end(path: Path, how: int) -> None:
    """Ends the recorded process, if it still lives, and forgets it."""
    process = _find(path)
    if process is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(how)
            _wait_or_kill(process)
    path.unlink(missing_ok=True)


def drop_reused_pid(pid_file: Path) -> None:
    """PostgreSQL believes its own postmaster.pid as long as some process of its user has that id. After a
    restart of a container the id may be anybody's; then the file is removed. What guards the data when an
    orphaned backend is left, the shared memory segment of the data directory, is checked all the same."""
    try:
        process = psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))
        is_server = process.name().startswith("postgres") and _lives(process)
    except (OSError, ValueError, psutil.Error):
        return
    if not is_server:
        pid_file.unlink(missing_ok=True)


def _find(path: Path) -> psutil.Process | None:
    try:
        recorded = json.loads(path.read_text())
        process = psutil.Process(recorded["pid"])
        drift = abs(process.create_time() - recorded["started"])
    except (OSError, ValueError, KeyError, TypeError, psutil.NoSuchProcess):
        return None
    return process if drift < CLOCK_DRIFT else None


def _wait_or_kill(process: psutil.Process) -> None:
    deadline = time.monotonic() + GRACE
    while _lives(process):
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(POLL)


def _lives(process: psutil.Process) -> bool:
    """A zombie has ended: in a container nobody may collect it."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
