"""An exception, or where running code stands, as data: bounded frames with scrubbed locals."""

import linecache
from collections.abc import Callable, Sequence
from types import FrameType, TracebackType
from typing import Any

from jobs import jsontext, scrub

_FRAMES = 30
_LOCALS = 25
_ENGINE = "/jobs/worker/"
_OWN = (_ENGINE, "/jobs/tasks_backend/", "/asgiref/", "/concurrent/futures/")


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
    return [_frame(frame, line, hidden, scrub.shown) for frame, line in _theirs(found)]


def live(found: Sequence[tuple[FrameType, int]], hidden: frozenset[str], *, with_locals: bool) -> list[dict[str, Any]]:
    """The same of code that runs: frames from the handler's own on.

    No code of anybody else is called for it: of locals that are not plain data only the type is told.
    """
    engine = [number for number, (frame, _) in enumerate(found) if _ENGINE in frame.f_code.co_filename]
    theirs = _theirs(found[engine[-1] + 1 :] if engine else found)
    return [_frame(frame, line, hidden, scrub.plain if with_locals else None) for frame, line in theirs]


def _theirs(found: Sequence[tuple[FrameType, int]]) -> Sequence[tuple[FrameType, int]]:
    theirs = [pair for pair in found if not any(part in pair[0].f_code.co_filename for part in _OWN)]
    return (theirs or found)[-_FRAMES:]


def place(shown: list[dict[str, Any]]) -> str:
    """`file:function` of the innermost frame: what makes two failures the same one."""
    return f"{shown[-1]['file']}:{shown[-1]['function']}" if shown else ""


_Show = Callable[[str, Any, frozenset[str]], str]


def _frame(frame: FrameType, line: int, hidden: frozenset[str], show: _Show | None) -> dict[str, Any]:
    code = frame.f_code
    return {
        "file": _short(code.co_filename),
        "line": line,
        "function": code.co_qualname if hasattr(code, "co_qualname") else code.co_name,
        "code": jsontext.clean(linecache.getline(code.co_filename, line).strip(), 200),
    } | ({"locals": _locals(frame, hidden, show)} if show else {})


def _locals(frame: FrameType, hidden: frozenset[str], show: _Show) -> dict[str, str]:
    # Django's @sensitive_variables leaves its mark in the frame that wraps the function.
    wrapper = frame.f_back.f_locals.get("sensitive_variables") if frame.f_back else None
    names = hidden | frozenset(wrapper if isinstance(wrapper, list | tuple) else ())
    everything = wrapper == "__ALL__"
    return {
        jsontext.clean(name, 60): scrub.HIDDEN if everything else jsontext.clean(show(name, value, names), 400)
        for name, value in list(frame.f_locals.items())[:_LOCALS]
    }


def _short(filename: str) -> str:
    """A path without what differs from machine to machine."""
    for marker in ("/site-packages/", "/lib/python"):
        if marker in filename:
            return filename.rpartition(marker)[2]
    parts = filename.split("/")
    return "/".join(parts[-3:])
