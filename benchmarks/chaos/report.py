"""The summary: a table for people, then one JSON object for programs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

_SHOWN = 12
_COLUMNS = ("count", "back median", "back longest", "flowing median", "flowing longest", "handed_on longest")


def show(summary: Mapping[str, Any]) -> None:
    """`summary` has run, figures, recovery (by sort of fault) and verdict (sentences by promise)."""
    _pairs("run", summary["run"])
    _pairs("figures", summary["figures"])
    _recovery(summary["recovery"])
    _verdict(summary["verdict"])
    print(json.dumps(summary))


def _pairs(title: str, values: Mapping[str, Any]) -> None:
    print(f"\n{title}")
    for name, value in values.items():
        print(f"  {name:42} {value:>14,}" if isinstance(value, int | float) else f"  {name:42} {value!s:>14}")


def _recovery(table: Mapping[str, Mapping[str, Any]]) -> None:
    print(f"\n{'recovery, in seconds after the fault':38}" + "".join(f"{name:>20}" for name in _COLUMNS))
    for sort, row in table.items():
        print(f"  {sort:36}" + "".join(f"{_cell(row.get(name)):>20}" for name in _COLUMNS))


def _cell(value: object) -> str:
    return "-" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)


def _verdict(verdict: Mapping[str, Sequence[str]]) -> None:
    print("\nverdict")
    for promise, sentences in verdict.items():
        print(f"  {'ok  ' if not sentences else 'FAIL'} {promise}")
        for sentence in sentences[:_SHOWN]:
            print(f"         {sentence}")
        if len(sentences) > _SHOWN:
            print(f"         ... and {len(sentences) - _SHOWN} more")
