"""Counts of what is tried, common to all processes."""

from collections.abc import Iterable
from typing import NamedTuple

from jobs.store import sql

# Rows are taken in one order by everybody, so that two requests never wait for each other.
_ADD = """
    insert into jobs_throttle as t (key, count, since)
    select key, %(amount)s, statement_timestamp() from unnest(%(keys)s::text[]) as k(key) order by key
    on conflict (key) do update set
      count = case when t.since < statement_timestamp() - %(window)s * interval '1 second'
        then excluded.count else t.count + excluded.count end,
      since = case when t.since < statement_timestamp() - %(window)s * interval '1 second'
        then statement_timestamp() else t.since end
    returning key, count, greatest(0, extract(epoch from since - statement_timestamp()) + %(window)s)::float8"""
_TAKE_BACK = "update jobs_throttle set count = greatest(count - %(amount)s, 0) where key = any(%(keys)s::text[])"
_FORGET = "delete from jobs_throttle where key = any(%(keys)s::text[])"


class Counted(NamedTuple):
    """`left` is how many seconds the present window still has."""

    number: int
    left: float


def add(keys: Iterable[str], window: float, amount: int = 1) -> dict[str, Counted]:
    """Count so many more for each key in its present window of `window` seconds, and tell how many there are."""
    rows = sql.run(_ADD, {"keys": sorted(set(keys)), "window": window, "amount": amount})
    return {key: Counted(number, left) for key, number, left in rows}


def take_back(keys: Iterable[str], amount: int = 1) -> None:
    """Count so many less: it was no wrong try after all."""
    sql.run(_TAKE_BACK, {"keys": sorted(set(keys)), "amount": amount})


def forget(keys: Iterable[str]) -> None:
    sql.run(_FORGET, {"keys": sorted(set(keys))})
