"""Where threads and tasks stand."""

import asyncio
import threading

from jobs.worker import frames


def names(found: list[frames.Place]) -> list[str]:
    return [frame.f_code.co_name for frame, _ in found]


def test_a_thread_stands_in_its_innermost_call() -> None:
    begun, gate = threading.Event(), threading.Event()

    def outer() -> None:
        inner()

    def inner() -> None:
        begun.set()
        gate.wait()

    thread = threading.Thread(target=outer)
    thread.start()
    begun.wait()
    found = names(frames.of_thread(thread.ident or 0))
    gate.set()
    thread.join()
    assert found[found.index("outer") :][:2] == ["outer", "inner"]
    assert frames.of_thread(thread.ident or 0) == []


def test_a_task_stands_where_it_awaits_through_tasks_and_generators() -> None:
    async def outer(gate: asyncio.Event) -> None:
        await asyncio.create_task(middle(gate))

    async def middle(gate: asyncio.Event) -> None:
        async for _ in numbers(gate):
            pass

    async def numbers(gate: asyncio.Event):  # type: ignore[no-untyped-def]  # a generator of the test
        await gate.wait()
        yield 1

    async def look() -> list[str]:
        gate = asyncio.Event()
        task = asyncio.create_task(outer(gate))
        for _ in range(3):
            await asyncio.sleep(0)
        found = names(frames.of_task(task))
        gate.set()
        await task
        return found

    assert asyncio.run(look())[:2] == ["outer", "middle"]


def test_a_task_that_has_ended_stands_nowhere() -> None:
    async def look() -> list[str]:
        task = asyncio.create_task(asyncio.sleep(0))
        await task
        return names(frames.of_task(task))

    assert asyncio.run(look()) == []
