import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
import redis

from jobs.broker import Broker, Claim
from jobs.broker.client import ask, connect
from jobs.conf import options
from jobs.errors import BrokerUnavailable
from jobs.ids import uuid7


@pytest.fixture
def hasty() -> Iterator[Broker]:
    conf = replace(options(), key_prefix="impatient")
    made = Broker(conf.redis_url, conf.key_prefix, timeout=0.2)
    yield made
    made.flush()
    made.close()


@pytest.fixture
def raw() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(options().redis_url) as client:
        yield client


def connections(raw: redis.Redis) -> set[str]:
    """Ids of those that sent a script last."""
    return {one["id"] for one in raw.client_list() if one["cmd"] in ("evalsha", "eval")}


def test_an_answer_that_was_not_waited_for_is_not_taken_for_the_next_ones(hasty: Broker, raw: redis.Redis) -> None:
    assert hasty.overdue("q", 10) == []
    raw.client_pause(60_000, all=False)  # of what may write, as scripts may
    try:
        with pytest.raises(BrokerUnavailable):
            hasty.overdue("q", 10)
    finally:
        raw.client_unpause()
    hasty.done("q", [uuid7().bytes])
    assert hasty.claim("q", {"a": 1.0}, most=1, budget=1.0, seconds=1.0) == Claim("lost", [])


def test_scripts_keep_their_connection(hasty: Broker, raw: redis.Redis) -> None:
    before = connections(raw)
    for _ in range(20):
        assert hasty.overdue("q", 10) == []
    assert len(connections(raw) - before) == 1
    hasty.close()
    assert connections(raw) <= before


def test_one_that_the_server_closed_meanwhile_is_replaced_before_it_is_used(hasty: Broker, raw: redis.Redis) -> None:
    before = connections(raw)
    assert hasty.overdue("q", 10) == []
    (own,) = connections(raw) - before
    raw.client_kill_filter(_id=own)
    assert hasty.overdue("q", 10) == []
    assert own not in connections(raw)


def test_no_two_threads_share_one(hasty: Broker, raw: redis.Redis) -> None:
    before, together = connections(raw), Barrier(4)
    ids = [uuid7() for _ in range(4)]

    def ask(number: int) -> list[bool]:
        together.wait(10)
        return [hasty.drop("q", "a", ids[: number % 4]) == 0 and not hasty.overdue("q", 10) for _ in range(200)]

    with ThreadPoolExecutor(4) as threads:
        assert all(all(answers) for answers in threads.map(ask, range(4)))
    assert 1 <= len(connections(raw) - before) <= 4


def test_a_forked_process_takes_one_of_its_own(hasty: Broker, raw: redis.Redis) -> None:
    assert hasty.overdue("q", 10) == []
    before = connections(raw)
    context = multiprocessing.get_context("fork")
    heard, told = context.Pipe(duplex=False)
    child = context.Process(target=lambda: told.send((hasty.overdue("q", 10), len(connections(raw) - before))))
    child.start()
    assert heard.poll(10)
    assert heard.recv() == ([], 1)
    child.join(10)
    assert hasty.overdue("q", 10) == []
    assert connections(raw) == before, "the parent's is still open, and still its own"


def test_one_whose_server_refused_something_is_replaced() -> None:
    """It may be to a primary that is none any more, behind a name that leads to the new one by now."""
    with connect(options().redis_url, 5.0) as client:
        own = ask(client, "CLIENT", "ID")
        assert ask(client, "CLIENT", "ID") == own
        answers = client.ask_all([("ECHO", "a"), ("NONSENSE",), ("ECHO", "b")])
        assert [answers[0], answers[2]] == [b"a", b"b"] and isinstance(answers[1], redis.ResponseError)
        assert ask(client, "CLIENT", "ID") != own
