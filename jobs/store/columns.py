"""Batches as columns: what differs from row to row travels as arrays, what is the same travels once.

Arrays are written as PostgreSQL's array literals here, because psycopg dumps a list element by element in Python,
which for a batch of a thousand rows costs more than the statement itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import isfinite
from operator import attrgetter
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

import orjson

_NOTHING: Mapping[str, Any] = MappingProxyType({})


_PLAIN = {int, bool, UUID, type(None)}


def array(values: Sequence[Any]) -> str:
    """The array literal of UUIDs (or their bytes), numbers, booleans, texts and None; all of one kind."""
    if _reads_alike(values):  # orjson takes a tenth of the time that Python's own ways take
        return "{" + orjson.dumps(values)[1:-1].decode() + "}"
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _reads_alike(values: Sequence[Any]) -> bool:
    """Whether PostgreSQL reads JSON's way of writing them as its own: it knows other escapes for control characters,
    and JSON nothing infinite."""
    kinds = set(map(type, values))
    if kinds == {str}:
        return "".join(values).isprintable()
    return kinds <= _PLAIN or (kinds == {float} and all(map(isfinite, values)))


def _element(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return value.hex() if isinstance(value, bytes) else str(value)


class Shape(NamedTuple):
    """How a batch's columns travel: those that vary as arrays, those that are all null or as usual not at all."""

    varying: tuple[str, ...]
    absent: frozenset[str]
    usual: frozenset[str]


_look_up = lru_cache(maxsize=8)(attrgetter)
_ABSENT = object()


def split(
    rows: Sequence[Any], names: Sequence[str], always: Sequence[str] = (), usual: Mapping[str, Any] = _NOTHING
) -> tuple[Shape, dict[str, Any]]:
    """The shape of `rows`, and the statement's parameters: an array for each column that varies, else one value.

    `always` are sent as arrays even when equal: a statement needs one, for its length is the number of rows. `usual`
    are values that the statement's text has.
    """
    arrays: dict[str, str] = {}
    shared: dict[str, Any] = {}
    for name, values in zip(names, zip(*map(_look_up(*names), rows), strict=True), strict=True):
        if name in always or values.count(values[0]) != len(values):
            arrays[name] = array(values)
        else:
            shared[name] = values[0]
    return shaped(arrays, shared, usual)


def shaped(
    arrays: dict[str, str], shared: dict[str, Any], usual: Mapping[str, Any] = _NOTHING
) -> tuple[Shape, dict[str, Any]]:
    """As `split`, of columns that have been told apart already: arrays, and single values for all rows."""
    absent = [name for name, value in shared.items() if value is None]
    as_usual = [name for name, value in usual.items() if shared.get(name, _ABSENT) == value]
    shape = Shape(tuple(arrays), frozenset(absent), frozenset(as_usual))
    for name in (*absent, *as_usual):
        del shared[name]
    return shape, arrays | shared


class Columns:
    """SQL fragments for a set of columns with their types, given the shape of a batch. `usual` has literals."""

    def __init__(
        self, casts: dict[str, str], as_text: frozenset[str], shape: Shape, usual: Mapping[str, str] = _NOTHING
    ) -> None:
        self._casts = casts
        self._as_text = as_text
        self._shape = shape
        self._usual = usual

    def value(self, name: str) -> str:
        """The column's value in a row: `t.name`, the shared parameter, its usual value or null, with its cast."""
        return f"{self._source(name)}::{self._casts[name]}"

    def _source(self, name: str) -> str:
        if name in self._shape.absent:
            return "null"
        if name in self._shape.usual:
            return self._usual[name]
        return f"t.{name}" if name in self._shape.varying else f"%({name})s"

    def given(self, names: Iterable[str]) -> list[str]:
        """Those of `names` that are not null everywhere."""
        return [name for name in names if name not in self._shape.absent]

    def rows(self) -> str:
        """The FROM item `unnest(...) as t(...)`. Types in `as_text` travel as text: arrays of arrays would be
        flattened, and jsonb has no cheaper form."""
        arrays = ", ".join(
            f"%({name})s::{'text' if name in self._as_text else self._casts[name]}[]" for name in self._shape.varying
        )
        return f"unnest({arrays}) as t({', '.join(self._shape.varying)})"
