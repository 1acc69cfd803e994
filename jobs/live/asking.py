"""Questions to PostgreSQL from the event loop: in a few threads of their own, so that a slow database holds up
neither the loop nor anybody else's threads.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, ParamSpec, TypeVar

from django.db import DatabaseError, InterfaceError, connection

P = ParamSpec("P")
T = TypeVar("T")
THREADS = 4
IDLE = 3.0
"""Seconds after which a thread without questions ends, and its connection with it."""


class Unanswered(Exception):
    """PostgreSQL did not answer, or not in time."""


class Askers:
    """Threads are made as they are needed, and keep their connections from question to question."""

    def __init__(self) -> None:
        self._questions: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._open = 0

    async def ask(self, seconds: float, question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Its answer. Raises Unanswered after so many seconds, or when PostgreSQL fails."""
        future: Future[T] = Future()
        with self._lock:
            self._open += 1
            self._questions.put((future, partial(question, *args, **kwargs)))
            if self._threads < min(THREADS, self._open):
                self._threads += 1
                threading.Thread(target=self._answer_all, name="live-asker", daemon=True).start()
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), seconds)
        except (DatabaseError, InterfaceError, TimeoutError) as error:
            raise Unanswered from error

    def _answer_all(self) -> None:
        try:
            while not self._is_over():
                pass
        finally:
            connection.close()

    def _is_over(self) -> bool:
        """Answer one question; whether there was none for long, and this thread ends."""
        try:
            future, question = self._questions.get(timeout=IDLE)
        except Empty:
            with self._lock:  # somebody may have asked just now, and counted on this thread
                over = self._questions.empty()
                self._threads -= over
            return over
        if future.set_running_or_notify_cancel():
            _answer(future, question)
        with self._lock:
            self._open -= 1
        return False


def _answer(future: "Future[Any]", question: Callable[[], Any]) -> None:
    try:
        answer = question()
    except Exception as error:  # whatever it is, it is for who asked
        if isinstance(error, DatabaseError | InterfaceError):
            connection.close()
        future.set_exception(error)
    else:
        future.set_result(answer)


askers = Askers()
