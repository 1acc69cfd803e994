"""Rows as CSV or JSON. Pure but for the file it is given."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import IO, Any

import orjson

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(target: IO[bytes], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """UTF-8 CSV with a header line. No cell can be taken for a formula by a spreadsheet program."""
    text = io.TextIOWrapper(target, "utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    text.detach()


def write_json(target: IO[bytes], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A JSON array of objects."""
    target.write(orjson.dumps([dict(zip(columns, row, strict=True)) for row in rows], option=orjson.OPT_INDENT_2))


def safe_cell(cell: Any) -> Any:
    """Text that a spreadsheet would execute gets an apostrophe in front; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" \n").startswith(_FORMULA) else cell
