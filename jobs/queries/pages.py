"""Pages of long tables, newest first: by key, so that a page costs the same however deep it is.

What an index finds is read directly. What needs a look at each row is sought in a bounded number of the newest
ones, and the page says how far it looked; the next one goes on from there.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, Model, QuerySet

Row = TypeVar("Row", bound=Model)
Rows = QuerySet[Any] | Sequence[QuerySet[Any]]
"""In several parts, which may overlap, where an index has each of these in the order of its keys, but none has all."""
Narrow = Callable[[QuerySet[Any]], QuerySet[Any]]

CHUNK = 2_500
MOST = 50_000
PATIENCE = 2.0
"""Rows looked at between two looks at the clock; rows and seconds at most for one page or count: rows may be large."""
HURRY = 0.06
"""Seconds for a page that is waited for: it says how far it looked, and the next one goes on."""
_FIRST = 250
"""Rows looked at before it is known how long a look takes; four times as many as long as that is short."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: next to `key` (not with it), toward newer rows or older ones. None is the newest row."""

    key: int | None = None
    newer: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """`rows` newest first; where the pages beside it begin; `scanned` rows and whether those were all there are."""

    rows: list[Row]
    older: Place | None
    newer: Place | None
    scanned: int | None = None
    complete: bool = True


def page(
    rows: QuerySet[Row] | Sequence[QuerySet[Row]],
    place: Place,
    limit: int,
    narrow: Narrow | None = None,
    patience: float = PATIENCE,
) -> Page[Row]:
    """`limit` of `rows` from `place` on. `narrow` says which of them are wanted, where no index can tell."""
    if narrow is None:
        found, edge, scanned, complete = _direct(rows, place, limit)
    else:
        found, edge, scanned, complete = _scan(rows, place, limit, narrow, patience)
    beyond = len(found) > limit
    found = found[:limit]
    ahead = Place(number(found[-1].pk), place.newer) if beyond else None
    if not complete and not beyond:
        ahead = Place(edge, place.newer)
    behind = _behind(found, place)
    if place.newer:
        found.reverse()
    newer, older = (ahead, behind) if place.newer else (behind, ahead)
    told = scanned if narrow is not None and not beyond else None
    return Page(found, older, newer, told, complete or beyond)


def count(rows: Rows, most: int, narrow: Narrow | None = None, patience: float = PATIENCE) -> tuple[int, bool]:
    """How many of `rows` are wanted, up to `most` among the newest; whether these are all."""
    if narrow is None:
        found = _ahead(rows, None, newer=False, most=most + 1).order_by().values("pk")[: most + 1].count()
        return min(found, most), found <= most
    found = 0
    for portion, edge, _ in _portions(rows, Place(), patience):
        found += narrow(portion).order_by().values("pk")[: most + 1 - found].count()
        if found > most:
            return most, False
        if edge is None:
            return found, True
    return found, False


def among(ids: QuerySet[Any]) -> Func:
    """The condition that a row's key is one of `ids`. They are found as one array first: else PostgreSQL walks the
    whole table by its key, or looks up each for one page."""
    array = Func(ArraySubquery(ids), function="")
    return Func(F("pk"), array, template="%(expressions)s", arg_joiner=" = any ", output_field=BooleanField())


def number(key: UUID | int) -> int:
    return key.int if isinstance(key, UUID) else key


def _behind(found: list[Row], place: Place) -> Place | None:
    """Where the page begins that this one was reached from; None at the newest row."""
    if place.key is None:
        return None
    if found:
        return Place(number(found[0].pk), not place.newer)
    # Nothing lies ahead: back from the place itself, and with it.
    return Place(place.key + (1 if place.newer else -1), not place.newer)


_Found = tuple[list[Row], int | None, int, bool]


def _direct(rows: Rows, place: Place, limit: int) -> _Found[Any]:
    return list(_ahead(rows, place.key, place.newer, limit + 1)[: limit + 1]), None, 0, True


def _scan(rows: Rows, place: Place, limit: int, narrow: Narrow, patience: float) -> _Found[Any]:
    """(what was found, the key looked at last, how many were looked at, whether that was all)."""
    found: list[Any] = []
    key, scanned = place.key, 0
    for portion, edge, looked in _portions(rows, place, patience):
        found += narrow(portion)[: limit + 1 - len(found)]
        if len(found) > limit:
            return found, None, scanned, True
        if edge is None:
            return found, None, scanned + portion.values("pk")[:looked].count(), True
        key, scanned = edge, scanned + looked
    return found, key, scanned, False


def _portions(rows: Rows, place: Place, patience: float) -> Iterator[tuple[QuerySet[Any], int | None, int]]:
    """Some of the rows from `place` on, the key of the last of them, and how many they are, again and again.

    The rest at once, without a key, when it is no more than that. It ends when what was done with the portions took
    as long as `patience` has it; they are small until it is known how long that takes.
    """
    key, scanned, looked = place.key, 0, min(_FIRST, CHUNK)
    began = time.monotonic()
    until = began + patience
    while scanned < MOST and began <= until:
        ahead = _ahead(rows, key, place.newer, looked)
        edge = _edge(rows, key, place.newer, looked)
        if edge is None:
            yield ahead, None, looked
            return
        yield ahead.filter(**{"pk__lte" if place.newer else "pk__gte": edge}), number(edge), looked
        key, scanned = number(edge), scanned + looked
        now = time.monotonic()
        if (now - began) * 8 < patience:
            looked = min(4 * looked, CHUNK)
        began = now


def _ahead(rows: Rows, key: int | None, newer: bool, most: int) -> QuerySet[Any]:
    """Rows after `key`, in the order in which they are walked; of several parts together, the next `most` alone, with
    all of their columns."""
    if isinstance(rows, QuerySet):
        return _from(rows, key, newer)
    if len(rows) == 1:
        return _from(rows[0], key, newer)
    return _from(rows[0].model._default_manager.filter(among(_keys(rows, key, newer, most))), None, newer)


def _edge(rows: Rows, key: int | None, newer: bool, most: int) -> UUID | int | None:
    """The key of the last of the next `most` rows; None when they are fewer."""
    if isinstance(rows, QuerySet) or len(rows) == 1:
        keys = _ahead(rows, key, newer, most).values_list("pk", flat=True)
    else:
        keys = _keys(rows, key, newer, most).order_by("pk" if newer else "-pk").values_list("pk", flat=True)
    return next(iter(keys[most - 1 : most]), None)


def _keys(parts: Sequence[QuerySet[Any]], key: int | None, newer: bool, most: int) -> QuerySet[Any]:
    """The next `most` keys, and some more."""
    first, *others = (_from(part, key, newer).values("pk")[:most] for part in parts)
    return first.union(*others)


def _from(rows: QuerySet[Row], key: int | None, newer: bool) -> QuerySet[Row]:
    """Rows after `key`, in the order in which they are walked."""
    ordered = rows.order_by("pk" if newer else "-pk")
    if key is None:
        return ordered
    return ordered.filter(**{"pk__gt" if newer else "pk__lt": _key(rows, key)})


def _key(rows: QuerySet[Any], value: int) -> UUID | int:
    if rows.model._meta.pk.get_internal_type() != "UUIDField":
        return value
    return UUID(int=min(max(value, 0), 2**128 - 1))
