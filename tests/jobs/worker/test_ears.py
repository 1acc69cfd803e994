"""Who listens hears, however seldom the worker would look by itself."""

import threading
import time

from jobs.broker import Broker
from jobs.ids import uuid7
from jobs.ready import Ready
from jobs.worker.ears import Waker


def test_after_a_silence_longer_than_a_connections_patience_work_is_heard_at_once(broker: Broker) -> None:
    work, stopping = threading.Event(), threading.Event()
    try:
        Waker(work, stopping, poll_interval=120.0).listen_to(["default"])
        assert not work.wait(6.0), "nothing has come"
        broker.push([Ready(uuid7(), "default", "a", 5, int(time.time() * 1000))])
        assert work.wait(30.0)
    finally:
        stopping.set()


def test_no_number_of_queues_makes_more_than_some_threads() -> None:
    work, stopping = threading.Event(), threading.Event()
    before = threading.active_count()
    try:
        Waker(work, stopping, poll_interval=0.25).listen_to(f"queue-{number}" for number in range(500))
        assert threading.active_count() - before <= 64
    finally:
        stopping.set()
