"""What an interrupt strikes in a handler's thread, and what it waits for."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import redis

from jobs.broker import Broker
from jobs.conf import options
from jobs.outcomes import TimedOut
from jobs.shield import shielded
from jobs.worker.hand import Running
from jobs.worker.interrupts import Slot
from tests.jobs.worker.test_hand import run

STRIKES = 300


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as one:
        yield one


@pytest.fixture
def broker() -> Iterator[Broker]:
    url = options().redis_url
    made = Broker(f"{url}{'&' if urlsplit(url).query else '?'}client_name=struck", "struck", timeout=5.0)
    yield made
    made.flush()
    made.close()


def attempt(slot: Slot, one: Running, handler: Callable[[], object]) -> BaseException | None:
    """As a performer does: what the handler raised."""
    try:
        try:
            slot.arm(one)
            handler()
        finally:
            slot.disarm()
    except BaseException as error:
        slot.disarm()
        return error
    return None


def strike(one: Running, after: float = 0.0) -> bool:
    while one.slot is None:
        time.sleep(0)
    time.sleep(after)
    return one.slot.interrupt(one, TimedOut)


def test_no_connection_to_redis_is_lost_or_left_half_read(thread: ThreadPoolExecutor, broker: Broker) -> None:
    slot, wrong = thread.submit(Slot).result(), []

    def handler() -> None:
        while True:
            found = broker.overdue("q", 10), broker.drop("q", "a", []), broker.signal("w", "cancel")
            if found != ([], 0, None):
                wrong.append(found)

    for _ in range(STRIKES):
        one = run()
        ended = thread.submit(attempt, slot, one, handler)
        assert strike(one, random.uniform(0, 0.002))
        assert isinstance(ended.result(30), TimedOut)
    assert wrong == []
    with redis.Redis.from_url(options().redis_url) as raw:
        assert 1 <= len([client for client in raw.client_list() if client["name"] == "struck"]) <= 2


def test_it_strikes_when_what_is_shielded_is_over(thread: ThreadPoolExecutor) -> None:
    slot, one = thread.submit(Slot).result(), run()
    inside, go_on, lines = threading.Event(), threading.Event(), []

    def short() -> None:
        inside.set()
        go_on.wait(30)
        lines.append("whole")

    def handler() -> None:
        shielded(shielded, short)
        time.sleep(0)
        lines.append("after it")

    ended = thread.submit(attempt, slot, one, handler)
    inside.wait(30)
    striking = threading.Thread(target=strike, args=(one,))
    striking.start()
    striking.join(0.2)
    assert striking.is_alive() and one.interrupt is None
    go_on.set()
    striking.join(30)
    ended.result(30)
    assert lines[0] == "whole"


def test_one_that_comes_too_late_does_not_reach_the_next_attempt(thread: ThreadPoolExecutor) -> None:
    slot, first, second = thread.submit(Slot).result(), run(), run()
    assert thread.submit(attempt, slot, first, lambda: None).result(30) is None
    ended = thread.submit(attempt, slot, second, lambda: time.sleep(0.1))
    while second.slot is None:
        time.sleep(0)
    assert not slot.interrupt(first, TimedOut)
    assert ended.result(30) is None
