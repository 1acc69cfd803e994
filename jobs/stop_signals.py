"""SIGTERM and SIGINT for processes with threads.

A Python signal handler runs in between two steps of the main thread, which may just hold the lock that the handler
wants: setting an Event there can block for ever, and two signals in a row make it likely. So the handler does
nothing, and a thread of its own hears of the signal through a pipe (`signal.set_wakeup_fd`).
"""

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

NUMBERS = (signal.SIGTERM, signal.SIGINT)


def listen(action: Callable[[signal.Signals], None]) -> None:
    """Call `action` in a thread of its own for each signal to stop. To be called once, from the main thread."""
    hear, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell)
    for number in NUMBERS:
        signal.signal(number, _nothing)
    threading.Thread(target=_hand_on, args=(hear, action), name="stop-signals", daemon=True).start()


def ignore() -> None:
    """For a process that has done what it had to and is about to return its exit code. From the main thread.

    Python gives every signal with a handler its default back while it ends, so that a late one would kill it. What is
    ignored stays ignored.
    """
    for number in NUMBERS:
        signal.signal(number, signal.SIG_IGN)


def _nothing(number: int, frame: FrameType | None) -> None:
    """Only so that the signal does not end the process."""


def _hand_on(hear: int, action: Callable[[signal.Signals], None]) -> None:
    while numbers := os.read(hear, 16):
        for number in numbers:
            if number in NUMBERS:
                action(signal.Signals(number))
