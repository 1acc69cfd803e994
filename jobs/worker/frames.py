"""Where a thread or a task stands right now, as frames. Reads only; the thread or task goes on meanwhile."""

import asyncio
import sys
from types import FrameType
from typing import Any

Place = tuple[FrameType, int]
"""A frame and its line at this moment."""
_MOST = 200


def of_thread(ident: int) -> list[Place]:
    """Outermost first; nothing when there is no such thread."""
    found: list[Place] = []
    frame = sys._current_frames().get(ident)
    while frame is not None and len(found) < _MOST:
        found.append((frame, frame.f_lineno))
        frame = frame.f_back
    return found[::-1]


def of_task(task: "asyncio.Task[Any]") -> list[Place]:
    """The chain of what it awaits, outermost first; through another task, where it awaits one."""
    found: list[Place] = []
    awaiting: asyncio.Task[Any] | None = task
    while awaiting is not None and len(found) < _MOST:
        _follow(awaiting.get_coro(), found)
        # There is no public word for it.
        future = getattr(awaiting, "_fut_waiter", None)
        awaiting = future if isinstance(future, asyncio.Task) else None
    return found


def _follow(awaited: Any, found: list[Place]) -> None:
    """Coroutines and generators know the frame in which they stand, and what they wait for."""
    while awaited is not None and len(found) < _MOST:
        kind = next((kind for kind in ("cr", "gi", "ag") if hasattr(awaited, f"{kind}_frame")), None)
        frame = getattr(awaited, f"{kind}_frame") if kind else None
        if frame is None:
            return
        found.append((frame, frame.f_lineno))
        awaited = getattr(awaited, "gi_yieldfrom" if kind == "gi" else f"{kind}_await")
