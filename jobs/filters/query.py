"""Query parameters: declared once, for reading them, for the OpenAPI document and for forms."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.utils.datastructures import MultiValueDict

from jobs.envelope import Problems
from jobs.filters import fields

LONGEST = 1000
PATHS = "payload."
"""Parameters that begin with this name a place in the payload: `payload.recipient=ops@example.com`."""
MOST_PATHS, DEEPEST = 10, 20
_NEUTRAL = {"format"}  # of REST framework: which renderer answers


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. `take` makes its value of the text, or raises ValueError; `schema` is its JSON Schema."""

    name: str
    says: str
    take: Callable[[str], Any] = str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    longest: int = LONGEST


def read(given: Mapping[str, str], parameters: Sequence[Parameter]) -> dict[str, Any]:
    """The values by name, without blanks. `payload.*` come together as `payload`: {path: text}.

    Raises:
        Invalid: `details` names every parameter that is unknown or has no proper value.
    """
    known = {parameter.name: parameter for parameter in parameters}
    problems = Problems()
    found: dict[str, Any] = {}
    paths: dict[str, str] = {}
    for name, texts in _named(given).items():
        if name not in known and not (name.startswith(PATHS) and "payload" in known):
            if name not in _NEUTRAL:
                problems.add(fields.shown(name), "is unknown")
            continue
        longest = LONGEST if name.startswith(PATHS) else known[name].longest
        if not (value := problems.take(fields.shown(name), partial(_single, texts, longest))):
            continue
        if name.startswith(PATHS):
            paths[problems.take(fields.shown(name), partial(_path, name))] = value
        else:
            found[name] = problems.take(name, known[name].take, value)
    if len(paths) > MOST_PATHS:
        problems.add("payload", f"at most {MOST_PATHS} places")
    problems.raise_any()
    return {**found, "payload": paths} if paths else found


def _named(given: Mapping[str, str]) -> dict[str, list[str]]:
    """All values under our names."""
    found: dict[str, list[str]] = {}
    several = given.lists() if isinstance(given, MultiValueDict) else ((name, [text]) for name, text in given.items())
    for name, texts in several:
        found.setdefault(name if name.startswith(PATHS) else fields.snake(name), []).extend(texts)
    return found


def _path(name: str) -> str:
    path = _text(name).removeprefix(PATHS)
    if path.count(".") >= DEEPEST:
        raise ValueError(f"must be at most {DEEPEST} levels deep")
    return path


def _single(texts: Sequence[str], longest: int) -> str:
    if len(texts) > 1:
        raise ValueError("is given twice")
    return _text(texts[0], longest)


def _text(value: Any, longest: int = LONGEST) -> str:
    if "\0" in value or len(value) > longest:
        raise ValueError(f"must be at most {longest} characters, without NUL")
    return str(value)


def whole(low: int, high: int) -> Callable[[str], int]:
    def take(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 19 and low <= int(text) <= high):
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return take


def flag(text: str) -> bool:
    """Raises ValueError."""
    if text.lower() not in ("true", "false", "1", "0", "yes", "no"):
        raise ValueError("must be true or false")
    return text.lower() in ("true", "1", "yes")


def one_of(words: Collection[str]) -> Callable[[str], str]:
    def take(text: str) -> str:
        if text not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return text

    return take


def instant(text: str) -> datetime:
    # A plus that was not escaped comes as a blank.
    return fields.instant(text.replace(" ", "+"))


def uuid(text: str) -> UUID:
    return fields.uuid(text)


def time(name: str, says: str) -> Parameter:
    return Parameter(name, says, instant, {"type": "string", "format": "date-time"})


def boolean(name: str, says: str) -> Parameter:
    return Parameter(name, says, flag, {"type": "boolean"})


def number(name: str, says: str, low: int, high: int) -> Parameter:
    return Parameter(name, says, whole(low, high), {"type": "integer", "minimum": low, "maximum": high})
