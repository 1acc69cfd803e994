"""Batches as columns: what differs from row to row travels as arrays, what is the same travels once.

Arrays are written as PostgreSQL's array literals here, because psycopg dumps a list element by element in Python,
which for a batch of a thousand rows costs more than the statement itself.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID


def array(values: Iterable[Any]) -> str:
    """The array literal of UUIDs, numbers, booleans, texts and None (of one kind; UUIDs without dashes)."""
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)


def split(
    rows: Sequence[Any], names: Sequence[str], always: Sequence[str] = ()
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Names of the columns that vary, and the statement's parameters: an array for each of those, else one value.

    `always` are sent as arrays even when equal: a statement needs one, for its length is the number of rows.
    """
    varying = []
    parameters: dict[str, Any] = {}
    for name in names:
        values = [getattr(row, name) for row in rows]
        if name in always or values.count(values[0]) != len(values):
            varying.append(name)
            parameters[name] = array(values)
        else:
            parameters[name] = values[0]
    return tuple(varying), parameters


class Columns:
    """SQL fragments for a set of columns with their types, given which of them vary."""

    def __init__(self, casts: dict[str, str], as_text: frozenset[str], varying: tuple[str, ...]) -> None:
        self._casts = casts
        self._as_text = as_text
        self._varying = varying

    def value(self, name: str) -> str:
        """The column's value in a row: `t.name` or the shared parameter, with its cast."""
        source = f"t.{name}" if name in self._varying else f"%({name})s"
        return f"{source}::{self._casts[name]}"

    def rows(self) -> str:
        """The FROM item `unnest(...) as t(...)`. Types in `as_text` travel as text: arrays of arrays would be
        flattened, and jsonb has no cheaper form."""
        arrays = ", ".join(
            f"%({name})s::{'text' if name in self._as_text else self._casts[name]}[]" for name in self._varying
        )
        return f"unnest({arrays}) as t({', '.join(self._varying)})"
