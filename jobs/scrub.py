"""Hide what looks like a secret before it is stored. Pure; never raises."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

HIDDEN = "********"
_SECRET = re.compile(
    r"pass(?:word|wd|phrase)?|token|secret|api_?key|\bkey\b|_key\b|authorization|cookie|credential|session|signature|private",
    re.I,
)
# No pattern may look through the whole text from each of its places.
_IN_TEXT = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), r"\1 " + HIDDEN),
    (
        re.compile(
            r"(?i)((?:password|passwd|token|secret|api_?key|authorization)\w{0,40}[\"']?\s{0,9}[=:]\s{0,9}[\"']?)[^\s\"',;&}]+"
        ),
        r"\1" + HIDDEN,
    ),
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]{0,30}://[^\s:/@]{0,300}):[^\s/@]+@"), r"\1:" + HIDDEN + "@"),
)
_PLAIN = frozenset({str, bytes, int, float, complex, bool, type(None), UUID, datetime, date, time, timedelta, Decimal})
_MOST = 10_000
"""Letters that are looked at: more than is ever stored."""
_LIMIT = 300
_ITEMS = 20
_DEPTH = 3


def is_secret(name: str) -> bool:
    return bool(_SECRET.search(name))


def text(value: str) -> str:
    """The first 10,000 letters of `value` with credentials hidden: bearer tokens, `password=...`, URLs with a
    password."""
    value = value[:_MOST]
    for pattern, replacement in _IN_TEXT:
        value = pattern.sub(replacement, value)
    return value


def shown(name: str, value: Any, hidden: frozenset[str] = frozenset(), depth: int = 0) -> str:
    """A short description of a variable, safe to store. `hidden` are further names to hide."""
    if name in hidden or is_secret(name):
        return HIDDEN
    if isinstance(value, Mapping) and depth < _DEPTH:
        items = list(value.items())[:_ITEMS]
        inside = ", ".join(f"{str(key)[:60]!r}: {shown(str(key), item, hidden, depth + 1)}" for key, item in items)
        return _cut("{" + inside + (", …" if len(value) > _ITEMS else "") + "}")
    if isinstance(value, list | tuple) and depth < _DEPTH:
        return _cut("[" + ", ".join(shown("", item, hidden, depth + 1) for item in value[:_ITEMS]) + "]")
    return _cut(text(_representation(value)))


def plain(name: str, value: Any, hidden: frozenset[str] = frozenset(), depth: int = 0) -> str:
    """As `shown`, but calls no code of anybody else: of whatever is not plain data only the type is told. For values
    that another thread works with at this moment."""
    if name in hidden or is_secret(name):
        return HIDDEN
    kind = type(value)
    if kind is dict and depth < _DEPTH:
        return _plain_dict(value, hidden, depth)
    if kind in (list, tuple) and depth < _DEPTH:
        return _cut("[" + ", ".join(plain("", item, hidden, depth + 1) for item in value[:_ITEMS]) + "]")
    if kind in _PLAIN:
        return _cut(text(_representation(value)))
    return f"<{kind.__module__}.{kind.__qualname__}>"


def _plain_dict(value: dict[Any, Any], hidden: frozenset[str], depth: int) -> str:
    try:
        items = list(islice(value.items(), _ITEMS))
    except RuntimeError:  # its thread changed it at that moment
        return "{…}"
    pairs = ((plain("", key, depth=_DEPTH), plain(_name(key), item, hidden, depth + 1)) for key, item in items)
    inside = ", ".join(f"{key}: {item}" for key, item in pairs)
    return _cut("{" + inside + (", …" if len(value) > _ITEMS else "") + "}")


def _name(key: Any) -> str:
    return key if type(key) is str else ""


def _representation(value: Any) -> str:
    """repr(), but of bounded cost for the usual big things, and never an exception of somebody else's __repr__."""
    if isinstance(value, str | bytes):
        return repr(value[: _LIMIT + 1])
    try:
        return repr(value)
    except Exception as error:  # any foreign __repr__ may fail, and a traceback must not fail with it
        return f"<{type(value).__name__}: repr failed with {type(error).__name__}>"


def _cut(shown_text: str) -> str:
    return shown_text if len(shown_text) <= _LIMIT else shown_text[:_LIMIT] + "…"
