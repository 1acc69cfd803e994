"""An exception as data: bounded frames with scrubbed locals."""

import linecache
from types import FrameType, TracebackType
from typing import Any

from jobs import jsontext, scrub

_FRAMES = 30
_LOCALS = 25
_OWN = ("/jobs/worker/", "/jobs/tasks_backend/", "/asgiref/", "/concurrent/futures/")


def error_type(error: BaseException) -> str:
    """`builtins.ValueError` as `ValueError`, others with their module."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def message(error: BaseException) -> str:
    try:
        return jsontext.clean(scrub.text(str(error)), 2000)
    except Exception:  # a foreign __str__ may fail, and the failure must be told all the same
        return f"<{type(error).__name__}: str failed>"


def frames(error: BaseException, hidden: frozenset[str]) -> list[dict[str, Any]]:
    """`[{"file", "line", "function", "code", "locals": {name: text}}, ...]`, outermost first, ours left out.

    At most 30 frames, the innermost ones; `hidden` are names of locals to hide beside the usual secrets.
    """
    found: list[tuple[FrameType, int]] = []
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        found.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    theirs = [pair for pair in found if not any(part in pair[0].f_code.co_filename for part in _OWN)]
    return [_frame(frame, line, hidden) for frame, line in (theirs or found)[-_FRAMES:]]


def place(shown: list[dict[str, Any]]) -> str:
    """`file:function` of the innermost frame: what makes two failures the same one."""
    return f"{shown[-1]['file']}:{shown[-1]['function']}" if shown else ""


def _frame(frame: FrameType, line: int, hidden: frozenset[str]) -> dict[str, Any]:
    code = frame.f_code
    # Django's @sensitive_variables leaves its mark in the frame that wraps the function.
    wrapper = frame.f_back.f_locals.get("sensitive_variables") if frame.f_back else None
    names = hidden | frozenset(wrapper if isinstance(wrapper, list | tuple) else ())
    everything = wrapper == "__ALL__"
    return {
        "file": _short(code.co_filename),
        "line": line,
        "function": code.co_qualname if hasattr(code, "co_qualname") else code.co_name,
        "code": jsontext.clean(linecache.getline(code.co_filename, line).strip(), 200),
        "locals": {
            jsontext.clean(name, 60): scrub.HIDDEN
            if everything
            else jsontext.clean(scrub.shown(name, value, names), 400)
            for name, value in list(frame.f_locals.items())[:_LOCALS]
        },
    }


def _short(filename: str) -> str:
    """A path without what differs from machine to machine."""
    for marker in ("/site-packages/", "/lib/python"):
        if marker in filename:
            return filename.rpartition(marker)[2]
    parts = filename.split("/")
    return "/".join(parts[-3:])
