"""The threads that a worker or a scheduler is made of."""

import threading
from collections.abc import Callable
from typing import Any


class EngineThread(threading.Thread):
    """One without which its process is not whole. A thread that a handler has begun is that handler's affair."""

    def __init__(self, target: Callable[..., Any], name: str, *arguments: Any) -> None:
        super().__init__(target=target, name=name, args=arguments, daemon=True)


def on_crash(end: Callable[[threading.ExceptHookArgs], None]) -> None:
    """Call `end` when one of them dies of an exception. Of others Python tells as ever."""

    def hear(crash: threading.ExceptHookArgs) -> None:
        if isinstance(crash.thread, EngineThread):
            end(crash)
        else:
            threading.__excepthook__(crash)

    threading.excepthook = hear
