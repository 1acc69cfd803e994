"""Where jobs stand when their dependencies are drawn: in columns, what is waited for before what waits. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

MOST_DRAWN = 60
BOX_WIDTH, BOX_HEIGHT = 172, 44
_GAP_X, _GAP_Y, _MARGIN = 40, 14, 4
Pair = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Spot:
    """A box by its upper left corner."""

    id: UUID
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Line:
    parent: UUID
    child: UUID
    path: str


@dataclass(frozen=True, slots=True)
class Drawing:
    width: int
    height: int
    spots: list[Spot]
    lines: list[Line]
    left_out: int


def draw(root: UUID, ids: Iterable[UUID], pairs: Sequence[Pair], most: int = MOST_DRAWN) -> Drawing:
    """Of more than `most` jobs the ones nearest to `root`; `pairs` are (parent, child)."""
    known = set(ids) | {root}
    shown = _nearest(root, known, pairs, most)
    kept = [(parent, child) for parent, child in pairs if parent in shown and child in shown]
    columns = _ordered(_columns(shown, kept), kept)
    spots = _spots(columns)
    tallest = max(len(column) for column in columns)
    return Drawing(
        width=len(columns) * (BOX_WIDTH + _GAP_X) - _GAP_X + 2 * _MARGIN,
        height=tallest * (BOX_HEIGHT + _GAP_Y) - _GAP_Y + 2 * _MARGIN,
        spots=list(spots.values()),
        lines=[Line(parent, child, _path(spots[parent], spots[child])) for parent, child in kept],
        left_out=len(known) - len(shown),
    )


def _nearest(root: UUID, known: set[UUID], pairs: Sequence[Pair], most: int) -> set[UUID]:
    beside: dict[UUID, list[UUID]] = defaultdict(list)
    for parent, child in pairs:
        beside[parent].append(child)
        beside[child].append(parent)
    found, ahead = {root: None}, [root]
    for one in ahead:
        for other in beside[one]:
            if other in known and other not in found and len(found) < most:
                found[other] = None
                ahead.append(other)
    return set(found)


def _columns(shown: set[UUID], pairs: Sequence[Pair]) -> list[list[UUID]]:
    """By the longest way from a job that waits for none."""
    waiting = dict.fromkeys(shown, 0)
    children: dict[UUID, list[UUID]] = defaultdict(list)
    for parent, child in pairs:
        waiting[child] += 1
        children[parent].append(child)
    rank = dict.fromkeys(shown, 0)
    free = sorted(one for one, count in waiting.items() if not count)
    for one in free:
        for child in children[one]:
            rank[child] = max(rank[child], rank[one] + 1)
            waiting[child] -= 1
            if not waiting[child]:
                free.append(child)
    columns: dict[int, list[UUID]] = defaultdict(list)
    for one in sorted(shown):
        columns[rank[one]].append(one)
    return [columns[number] for number in sorted(columns)]


def _ordered(columns: list[list[UUID]], pairs: Sequence[Pair]) -> list[list[UUID]]:
    """Each job near the middle of what it waits for, so that fewer lines cross."""
    parents: dict[UUID, list[UUID]] = defaultdict(list)
    for parent, child in pairs:
        parents[child].append(parent)
    place = {one: float(number) for number, one in enumerate(columns[0])}
    for column in columns[1:]:
        column.sort(key=lambda one: (_middle(parents[one], place), one))
        place.update({one: float(number) for number, one in enumerate(column)})
    return columns


def _middle(ids: Sequence[UUID], place: Mapping[UUID, float]) -> float:
    known = [place[one] for one in ids if one in place]
    return sum(known) / len(known) if known else 0.0


def _spots(columns: list[list[UUID]]) -> dict[UUID, Spot]:
    tallest = max(len(column) for column in columns)
    found = {}
    for number, column in enumerate(columns):
        top = (tallest - len(column)) * (BOX_HEIGHT + _GAP_Y) // 2
        for row, one in enumerate(column):
            x = _MARGIN + number * (BOX_WIDTH + _GAP_X)
            found[one] = Spot(one, x, _MARGIN + top + row * (BOX_HEIGHT + _GAP_Y))
    return found


def _path(start: Spot, end: Spot) -> str:
    x1, y1 = start.x + BOX_WIDTH, start.y + BOX_HEIGHT // 2
    x2, y2 = end.x, end.y + BOX_HEIGHT // 2
    middle = (x1 + x2) // 2
    return f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"
