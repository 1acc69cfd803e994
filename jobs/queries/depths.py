"""How many live jobs there are, by queue and state. Counts end at a bound, so they cost the same however many wait."""

from collections import defaultdict

from django.db import connection

from jobs.states import LIVE

MOST = 20_000
"""Rows of each state that are counted. A queue's count is exact while the whole state has no more."""

_LIVE = ", ".join(f"'{state}'" for state in sorted(LIVE))
# The states are written out, for the planner matches constants with the condition of the partial index.
_COUNT = f"""
    select s.state, l.queue, count(*)
    from unnest(array[{_LIVE}]) as s(state)
    cross join lateral (
      select queue from jobs_job where state in ({_LIVE}) and state = s.state limit %s) as l
    group by 1, 2"""  # noqa: S608 - names of states only


def by_queue() -> dict[str, dict[str, int]]:
    """`{queue: {state: count}}` of live jobs; queues without any are left out."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(sorted(LIVE), 0))
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [MOST])
        for state, queue, count in cursor.fetchall():
            found[queue][state] = count
    return dict(found)


def none() -> dict[str, int]:
    return dict.fromkeys(sorted(LIVE), 0)
