"""What a handler's interrupt waits for, as it must not be left half done.

An interrupt is an exception that is raised in the handler's thread, on whatever line that has come to. Within a call to
Redis it would leave an answer unread on its connection, or a connection out of its pool.
"""

import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class _Thread(threading.local):
    def __init__(self) -> None:
        self.shield: threading.RLock | None = None


_thread = _Thread()


def of_this_thread() -> threading.RLock:
    """From now on `shielded` holds it for each call in this thread; who interrupts the thread holds it too."""
    _thread.shield = threading.RLock()
    return _thread.shield


def shielded(action: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """The action's answer. It must be short: what is to interrupt this thread waits until it is over."""
    shield = _thread.shield
    if shield is None:
        return action(*arguments, **named)
    with shield:
        _under_it()
        return action(*arguments, **named)


def _under_it() -> None:
    """An interrupt that was sent just before is raised here: Python does so on entering a function, before its first
    line."""
