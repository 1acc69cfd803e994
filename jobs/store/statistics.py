"""Rows of figures: minutes that Redis has counted, and how many live jobs there are of each kind."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jobs import jsontext
from jobs.states import LIVE
from jobs.store import sql


class Minute(NamedTuple):
    """Counts of one queue within one minute, which began at this Unix time in seconds."""

    queue: str
    at: int
    source: str
    counts: Mapping[str, int]


_KEEP = """
    insert into jobs_statistic as s (queue, minute, source, counts)
    select queue, to_timestamp(at), source, counts::jsonb
    from unnest(%(queues)s::text[], %(ats)s::float8[], %(sources)s::text[], %(counts)s::text[])
      as t(queue, at, source, counts)
    on conflict (queue, minute, source) do update set counts = excluded.counts where s.counts <> excluded.counts"""


def keep(minutes: Sequence[Minute]) -> None:
    """Write each minute as it is now; one that is there already takes its newer counts."""
    if minutes:
        queues, ats, sources, counts = (list(column) for column in zip(*minutes, strict=True))
        texts = [jsontext.encode(one) for one in counts]
        sql.run(_KEEP, {"queues": queues, "ats": [float(at) for at in ats], "sources": sources, "counts": texts})


_LATEST = "select queue, extract(epoch from max(minute))::bigint from jobs_statistic group by queue"
_NOW = "select extract(epoch from clock_timestamp())::float8"


def latest() -> dict[str, int]:
    """Queue -> Unix time in seconds of the last minute that is kept."""
    return {row[0]: row[1] for row in sql.run(_LATEST)}


def clock() -> float:
    """PostgreSQL's clock as a Unix time in seconds."""
    return float(sql.run(_NOW)[0][0])


# Written out, for the planner matches constants with the condition of a partial index.
_LIVE = "(" + ", ".join(f"'{state}'" for state in sorted(LIVE)) + ")"
_COUNT = f"""
    with counted as (
      select queue, type, state, count(*) as count, min(run_at) as oldest from jobs_job where state in {_LIVE}
      group by queue, type, state),
    gone as (
      delete from jobs_depth d
      where not exists (select 1 from counted c where (c.queue, c.type, c.state) = (d.queue, d.type, d.state)))
    insert into jobs_depth (queue, type, state, count, oldest, counted_at)
    select queue, type, state, count, oldest, clock_timestamp() from counted
    on conflict (queue, type, state) do update
      set count = excluded.count, oldest = excluded.oldest, counted_at = excluded.counted_at"""


def count_live() -> None:
    """Count live jobs by queue, type and state. Reads every live row, so its cost grows with what waits."""
    sql.run(_COUNT)
