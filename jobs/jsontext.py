"""JSON as PostgreSQL's jsonb can keep it: no NUL, no lone surrogate, no NaN, no integer beyond 64 bits. Pure.

`encode` refuses what does not fit and names the place; `encode_repaired` mends it (a result must not be lost
because one character of it cannot be stored).
"""

import math
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import orjson

MAX_DEPTH = 200
_LIMIT = 2**63
_FLAGS = orjson.OPT_NON_STR_KEYS


class NotJson(ValueError):
    """A value that cannot be kept as JSON; `path` says where it stands, e.g. `payload.rows[3].name`."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem


def encode(value: Any, path: str = "payload") -> str:
    """`value` as JSON text.

    Raises:
        NotJson: it holds something that jsonb cannot keep, or that is no JSON at all.
    """
    try:
        text = orjson.dumps(value, option=_FLAGS)
    except (TypeError, ValueError, RecursionError) as error:
        _inspect(value, path, 0)
        raise NotJson(path, _plain(error)) from error
    # orjson writes NaN as null and passes NUL on: only then is the slow look needed.
    if b"null" in text or b"\\u0000" in text or text.count(b"[") + text.count(b"{") > MAX_DEPTH:
        _inspect(value, path, 0)
    if b"\\u0000" in text:
        # What orjson knows by itself (dataclasses, enums, ...) is plain only now.
        _inspect(orjson.loads(text), path, 0)
    return text.decode()


def encode_repaired(value: Any) -> str:
    """`value` as JSON text, with what jsonb cannot keep replaced: NaN by null, NUL by U+FFFD, surrogates by `?`.

    Raises:
        NotJson: the value is no JSON (an open file, a set, ...).
    """
    try:
        return encode(value, "result")
    except NotJson:
        return encode(_repair(value, 0), "result")


def decode(text: str | bytes) -> Any:
    return orjson.loads(text)


def clean(text: str, limit: int) -> str:
    """`text` as PostgreSQL's text type can keep it, cut to `limit` characters."""
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return text.replace("\0", "�").encode("utf-8", "replace").decode()


def _plain(error: Exception) -> str:
    return "is nested too deep" if isinstance(error, RecursionError) else f"is not JSON ({error})"


def _inspect(value: Any, path: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise NotJson(path[:200], f"is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        for key, item in value.items():
            _inspect_text(str(key), path)
            _inspect(item, f"{path}.{key}", depth + 1)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            _inspect(item, f"{path}[{number}]", depth + 1)
    elif isinstance(value, str):
        _inspect_text(value, path)
    elif isinstance(value, float) and not math.isfinite(value):
        raise NotJson(path, "must be a finite number")
    elif isinstance(value, int) and not -_LIMIT <= value < 2 * _LIMIT:
        raise NotJson(path, "is an integer beyond 64 bits; send it as text")


def _inspect_text(text: str, path: str) -> None:
    safe = path.encode("utf-8", "replace").decode().replace("\0", "�")
    if "\0" in text:
        raise NotJson(safe, "contains a NUL character")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise NotJson(safe, "contains a lone surrogate, which is not Unicode text")


def _repair(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise NotJson("result", f"is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        return {_repair(str(key), depth): _repair(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_repair(item, depth + 1) for item in value]
    if isinstance(value, str):
        return clean(value, len(value) + 1)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and not -_LIMIT <= value < 2 * _LIMIT:
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        public = [field.name for field in fields(value) if not field.name.startswith("_")]  # as orjson does
        return _repair({name: getattr(value, name) for name in public}, depth)
    return value.value if isinstance(value, Enum) else value
