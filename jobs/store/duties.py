"""Rows of the scheduler: the leader's lease and what its duties did."""

import time

from jobs.store import sql

_LEAD = """
    insert into jobs_schedulerlease as l (name, holder, acquired_at, until)
    values ('leader', %(holder)s, clock_timestamp(), clock_timestamp() + %(ttl)s * interval '1 second')
    on conflict (name) do update set holder = excluded.holder, until = excluded.until,
      acquired_at = case when l.holder = excluded.holder then l.acquired_at else excluded.acquired_at end
      where l.holder = excluded.holder or l.until < clock_timestamp()
    returning holder"""


def lead(holder: str, ttl: float) -> bool:
    """Take or renew the leader's lease for `ttl` seconds; False when another holds it."""
    return bool(sql.run(_LEAD, {"holder": holder, "ttl": ttl}))


_RESIGN = "update jobs_schedulerlease set until = clock_timestamp() where name = 'leader' and holder = %(holder)s"


def resign(holder: str) -> None:
    """Let a standby take over at once."""
    sql.run(_RESIGN, {"holder": holder})


_NOTE = """
    insert into jobs_duty as d (name, last_run_at, last_work_at, last_count, total, last_error, holder)
    values (%(name)s, clock_timestamp(), case when %(count)s > 0 then clock_timestamp() end, %(count)s, %(count)s,
      %(error)s, %(holder)s)
    on conflict (name) do update set last_run_at = excluded.last_run_at,
      last_work_at = coalesce(excluded.last_work_at, d.last_work_at),
      last_count = case when %(count)s > 0 then %(count)s else d.last_count end,
      total = d.total + %(count)s, last_error = excluded.last_error, holder = excluded.holder"""
_noted: dict[str, float] = {}
_QUIET = 5.0


def note(name: str, holder: str, count: int, error: str, interval: float) -> None:
    """Keep what a duty did. Rounds without work are kept only every few seconds: four a second say nothing more."""
    now = time.monotonic()
    if count or now - _noted.get(name, 0.0) >= max(_QUIET, interval):
        sql.run(
            _NOTE.replace("%(count)s", "%(count)s::int"),
            {"name": name, "holder": holder, "count": count, "error": error},
        )
        _noted[name] = now
