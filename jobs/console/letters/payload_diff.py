"""What was changed in a payload, field by field, with what is wrong beside the field. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["same", "changed", "added", "removed", "wrong"]
MOST_LINES = 200
MOST_FIELDS = 5_000
LONGEST = 300
DEEPEST = 20
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Line:
    """`path` is dotted, as problems name it; `before` and `after` are JSON, None where there is nothing."""

    path: str
    before: str | None
    after: str | None
    kind: Kind
    problems: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Diff:
    """`lines` are what changed or is wrong; `same` counts the fields that stay; `more` lines are not shown."""

    lines: Sequence[Line]
    same: int
    more: int

    @property
    def changed(self) -> bool:
        return any(line.kind != "wrong" or line.before != line.after for line in self.lines)


def compare(before: Any, after: Any, problems: Mapping[str, Sequence[str]]) -> Diff:
    """`problems` by path as the payload's check names them, `payload.items.2.name`; `payload` alone is the whole."""
    old, new = dict(_bounded(before)), dict(_bounded(after))
    wrong = {name.removeprefix("payload").removeprefix("."): said for name, said in problems.items()}
    paths = dict.fromkeys([*old, *new, *wrong])
    lines = [_line(path, old.get(path, _MISSING), new.get(path, _MISSING), wrong.get(path, ())) for path in paths]
    shown = [line for line in lines if line.kind != "same"]
    # What is wrong comes first: it must not be among what is left out.
    shown.sort(key=lambda line: not line.problems)
    return Diff(shown[:MOST_LINES], len(lines) - len(shown), max(0, len(shown) - MOST_LINES))


def _line(path: str, old: Any, new: Any, problems: Sequence[str]) -> Line:
    kind: Kind = "changed"
    if old is _MISSING and new is _MISSING:
        kind = "wrong"
    elif old is _MISSING:
        kind = "added"
    elif new is _MISSING:
        kind = "removed"
    elif type(old) is type(new) and old == new:
        kind = "wrong" if problems else "same"
    return Line(path, _text(old), _text(new), kind, problems)


def _text(value: Any) -> str | None:
    if value is _MISSING:
        return None
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text):,} characters)"


def _bounded(value: Any) -> Iterator[tuple[str, Any]]:
    for number, leaf in enumerate(_leaves(value, "", 0)):
        if number >= MOST_FIELDS:
            return
        yield leaf


def _leaves(value: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Fields that hold no others; what is empty, or lies too deep, counts as one."""
    inner: Iterator[tuple[Any, Any]] = iter(())
    if isinstance(value, dict) and value and depth < DEEPEST:
        inner = iter(value.items())
    elif isinstance(value, list) and value and depth < DEEPEST:
        inner = enumerate(value)
    else:
        if path or value != {}:
            yield path, value
        return
    for name, part in inner:
        yield from _leaves(part, f"{path}.{name}" if path else str(name), depth + 1)
