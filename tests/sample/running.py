"""Handlers that run in real worker processes: willing and unwilling, well-behaved and wild.

Those that take `ledger` append a line to that file when they begin and when they end, so that a test sees from outside
what was really executed.
"""

import asyncio
import logging
import os
import threading
import time
from typing import Any

import orjson

from jobs.context import Context
from jobs.handler import handler
from jobs.outcomes import Cancel, Discard, Interrupted, Retry, Snooze


def write(ledger: str, line: str) -> None:
    """One atomic append."""
    if ledger:
        handle = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, f"{line}\n".encode())
        os.close(handle)


@handler("test.work")
def work(ctx: Context, seconds: float = 0.0, ledger: str = "") -> dict[str, int]:
    """Work for a while, in small steps."""
    write(ledger, f"begin {ctx.job_id} {ctx.attempt} {os.getpid()}")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.01)
    write(ledger, f"end {ctx.job_id} {ctx.attempt} {os.getpid()}")
    return {"attempt": ctx.attempt}


@handler("test.work_async")
async def work_async(ctx: Context, seconds: float = 0.0, ledger: str = "") -> dict[str, int]:
    """The same, on the event loop."""
    write(ledger, f"begin {ctx.job_id} {ctx.attempt} {os.getpid()}")
    await asyncio.sleep(seconds)
    write(ledger, f"end {ctx.job_id} {ctx.attempt} {os.getpid()}")
    return {"attempt": ctx.attempt}


@handler("test.holds")
def holds(ctx: Context, ledger: str, gate: str) -> dict[str, int]:
    """Waits for the file `gate`, and says when it is stopped before."""
    write(ledger, f"begin {ctx.job_id} {ctx.attempt} {os.getpid()}")
    try:
        while not os.path.exists(gate):
            time.sleep(0.01)
    except Interrupted:
        write(ledger, f"stopped {ctx.job_id} {ctx.attempt} {os.getpid()}")
        raise
    write(ledger, f"end {ctx.job_id} {ctx.attempt} {os.getpid()}")
    return {"attempt": ctx.attempt}


@handler("test.holds_async")
async def holds_async(ctx: Context, ledger: str, gate: str) -> dict[str, int]:
    """The same, on the event loop."""
    write(ledger, f"begin {ctx.job_id} {ctx.attempt} {os.getpid()}")
    try:
        while not os.path.exists(gate):
            await asyncio.sleep(0.01)
    except asyncio.CancelledError:
        write(ledger, f"stopped {ctx.job_id} {ctx.attempt} {os.getpid()}")
        raise
    write(ledger, f"end {ctx.job_id} {ctx.attempt} {os.getpid()}")
    return {"attempt": ctx.attempt}


@handler("test.holds_deep", sensitive=("recipe",))
async def holds_deep(ctx: Context, ledger: str, gate: str, recipe: str = "salt") -> None:
    """As `holds_async`, several calls deep and within a task of its own."""
    write(ledger, f"begin {ctx.job_id} {ctx.attempt} {os.getpid()}")
    await asyncio.create_task(_until_there(gate, api_token=recipe))


async def _until_there(gate: str, api_token: str) -> None:
    while not os.path.exists(gate):
        await asyncio.sleep(0.01)


@handler("test.blocks_loop")
async def blocks_loop(ctx: Context, ledger: str, gate: str) -> None:
    """Waits where it should await, so that nothing else on its loop goes on."""
    write(ledger, f"begin {ctx.job_id} {ctx.attempt} {os.getpid()}")
    _stand_still(gate)


def _stand_still(gate: str) -> None:
    while not os.path.exists(gate):
        time.sleep(0.01)


@handler("test.stubborn")
def stubborn(ctx: Context, ledger: str = "") -> None:
    """Will not stop, whatever is raised in it."""
    write(ledger, f"begin {ctx.job_id} {ctx.attempt} {os.getpid()}")
    while True:
        try:
            while True:
                time.sleep(0.01)
        except Interrupted:
            write(ledger, f"refused {ctx.job_id} {ctx.attempt}")


@handler("test.stubborn_async")
async def stubborn_async(ctx: Context, ledger: str = "") -> None:
    """Will not stop, on the event loop."""
    write(ledger, f"begin {ctx.job_id} {ctx.attempt} {os.getpid()}")
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            write(ledger, f"refused {ctx.job_id} {ctx.attempt}")


@handler("test.polite")
def polite(ctx: Context, ledger: str = "") -> str:
    """Looks at `ctx.cancelled` and ends well."""
    write(ledger, f"begin {ctx.job_id} {ctx.attempt} {os.getpid()}")
    try:
        while not ctx.cancelled:
            time.sleep(0.01)
    except Interrupted:
        return "interrupted, but done"
    return "done"


@handler("test.exit")
def leave() -> None:
    """Calls sys.exit."""
    raise SystemExit(3)


@handler("test.die")
def die(ctx: Context, times: int = 1) -> int:
    """Takes its whole process with it, `times` times."""
    if ctx.attempt <= times:
        os.kill(os.getpid(), 9)
    return ctx.attempt


@handler("test.fork")
def fork(ctx: Context, ledger: str = "") -> int:
    """Forks, and both return."""
    if os.fork() == 0:
        write(ledger, f"copy {os.getpid()}")
        return -1
    write(ledger, f"original {os.getpid()}")
    return 1


@handler("test.fork_async")
async def fork_async(ledger: str = "") -> int:
    """The same, on the event loop."""
    if os.fork() == 0:
        write(ledger, f"copy {os.getpid()}")
        return -1
    return 1


@handler("test.flood")
def flood(ctx: Context, lines: int = 5000) -> int:
    """Floods its log."""
    for number in range(lines):
        ctx.log(f"line {number} " + "x" * 50)
    return lines


@handler("test.returns")
def returns(what: str) -> Any:
    """Returns what cannot be kept, or only just."""
    values: dict[str, Any] = {
        "object": object(),
        "nan": {"value": float("nan")},
        "nul": "a\0b",
        "surrogate": "a\ud800b",
        "huge": 10**30,
        "large": "x" * 200_000,
        "deep": _deep(500),
        # Said to be JSON already, and passed on as it is.
        "broken": orjson.Fragment(b'{"half":'),
    }
    return values[what]


def _deep(levels: int) -> Any:
    value: Any = 0
    for _ in range(levels):
        value = [value]
    return value


@handler("test.memory")
def memory(megabytes: int = 200) -> int:
    """Eats memory and keeps it."""
    _kept.append(bytearray(megabytes * 1024 * 1024))
    return len(_kept[-1])


_kept: list[bytearray] = []


@handler("test.says")
def says(ctx: Context, what: str) -> str:
    """Ends by its own word, the first time."""
    if ctx.attempt == 1:
        words = {
            "retry": Retry("busy", after="0.1s"),
            "snooze": Snooze("early", after="0.1s"),
            "cancel": Cancel("unwanted"),
            "discard": Discard("bad"),
        }
        raise words[what]
    return "second"


@handler("test.fails")
def fails(ctx: Context, times: int = 1000, message: str = "no luck") -> int:
    """Raises at its first `times` attempts."""
    password = "hunter2-in-a-local"  # noqa: F841 - must not be seen in the traceback
    if ctx.attempt <= times:
        raise ValueError(message)
    return ctx.attempt


@handler("test.tells")
def tells(ctx: Context, gate: str) -> str:
    """Reports progress and waits until the file `gate` is there."""
    ctx.progress(0.4, "resizing")
    ctx.log("resizing", "warning")
    while not os.path.exists(gate):
        time.sleep(0.01)
    return "told"


@handler("test.talks")
def talks() -> None:
    """Writes a line by the ordinary way."""
    logging.getLogger("app").warning("it talks")


@handler("test.talks_async")
async def talks_async() -> None:
    """The same, on the event loop."""
    talks()


@handler("test.gather")
def gather(ctx: Context) -> dict[str, Any]:
    """Returns what its dependencies returned."""
    return dict(ctx.dependencies)


@handler("test.gather_async")
async def gather_async(ctx: Context) -> dict[str, Any]:
    """The same, on the event loop."""
    return dict(ctx.dependencies)


@handler("test.thread")
def thread(ctx: Context) -> str:
    """The name of the thread that it runs in."""
    return threading.current_thread().name
