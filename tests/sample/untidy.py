"""Handlers that leave something behind, or break what is around them."""

import asyncio
import logging
import threading
import time
from typing import Annotated
from weakref import WeakSet

from asgiref.sync import sync_to_async
from django.db import connection
from django.utils import timezone
from pydantic import AfterValidator

from jobs.handler import handler
from jobs.models import Queue


@handler("test.queries")
def queries(seconds: float = 0.0) -> int:
    """Asks PostgreSQL again and again: how often."""
    count, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute("select %s::int", [count])
            assert cursor.fetchone() == (count,)
        count += 1
    return count


@handler("test.begins")
def begins() -> None:
    """Begins a transaction that Django knows nothing of, and leaves it open."""
    with connection.cursor() as cursor:
        cursor.execute("begin")


@handler("test.travels")
def travels(zone: str) -> str:
    """The name of the time zone here; from now on it is another one."""
    before = timezone.get_current_timezone_name()
    timezone.activate(zone)
    return before


class Witness:
    """Something that a handler has while it runs."""


witnesses: WeakSet[Witness] = WeakSet()


@handler("test.witness")
def witness() -> None:
    """Fails with a witness in hand."""
    mine = Witness()
    witnesses.add(mine)
    raise LookupError(len(witnesses))


@handler("test.witness_async")
async def witness_async() -> None:
    """The same, on the event loop."""
    mine = Witness()
    witnesses.add(mine)
    raise LookupError(len(witnesses))


@handler("test.counts_async")
async def counts_async() -> int:
    """Asks the ORM."""
    return await Queue.objects.acount()


@handler("test.begins_async")
async def begins_async() -> None:
    """Begins a transaction that Django knows nothing of, and leaves it open."""
    await sync_to_async(begins)()


@handler("test.careless")
def careless() -> str:
    """Begins threads that die, of an error and of sys.exit."""
    for target in (lambda: 1 / 0, lambda: exit(3)):
        thread = threading.Thread(target=target)
        thread.start()
        thread.join()
    return "well"


@handler("test.misspeaks")
def misspeaks() -> str:
    """Logs a line whose arguments do not fit."""
    logging.getLogger(__name__).warning("n=%d", "many")
    return "well"


@handler("test.works_on")
async def works_on(seconds: float) -> None:
    """Begins a thread that nobody can stop, and waits for it."""
    await asyncio.to_thread(time.sleep, seconds)


@handler("test.stops_loop")
async def stops_loop() -> str:
    """Stops the event loop that it runs on."""
    asyncio.get_running_loop().stop()
    await asyncio.sleep(0)
    return "well"


def _breaks(value: str) -> str:
    raise KeyError(value)


@handler("test.strict")
def strict(value: Annotated[str, AfterValidator(lambda value: value if value.isalpha() else _breaks(value))]) -> str:
    """Has a validator that fails otherwise than pydantic expects."""
    return value


@handler("test.strict_async")
async def strict_async(
    value: Annotated[str, AfterValidator(lambda value: value if value.isalpha() else _breaks(value))],
) -> str:
    """The same, on the event loop."""
    return value


@handler("test.large")
def large(size: int) -> str:
    """Returns much."""
    return "x" * size


@handler("test.large_async")
async def large_async(size: int) -> str:
    """The same, on the event loop."""
    return "x" * size
