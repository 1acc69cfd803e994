"""Who works, and the figures of the last minutes and days: made anew each time that a history is used again."""

from datetime import UTC, datetime

from django.contrib.auth.models import User

from benchmarks.console import remains
from benchmarks.console.history import QUEUES, SLOTS, TYPES, WORKERS
from jobs.broker import looking_broker
from jobs.scheduler.spans import Spans
from jobs.services.rebuild import rebuild
from jobs.store import spans, sql, statistics

DAYS = 3
ENDED = 2_000
"""Workers that are gone."""


def refresh() -> User:
    """Workers, figures, records, and what Redis holds; the operator who looks at it all."""
    for table in (*_FIGURES, *remains.TABLES):
        sql.run(f"truncate {table} cascade")
    user = remains.people()
    remains.write(user)
    numbers = {"workers": WORKERS, "slots": SLOTS, "queues": QUEUES, "types": TYPES, "minutes": DAYS * 1440}
    for statement in (_RUNNING, _ENDED, _STATISTICS):
        sql.run(statement, {**numbers, "ended": ENDED})
    statistics.count_live()
    _add_up()
    for table in (*_FIGURES, "jobs_depth"):
        sql.run(f"vacuum analyze {table}")
    sql.run("checkpoint")
    for number in range(QUEUES):
        rebuild(looking_broker(), f"queue-{number}")
    remains.tell()
    return user


def _add_up() -> None:
    """Until no span is behind."""
    spans.add_minutes(datetime.fromtimestamp(0, UTC), datetime.fromtimestamp(statistics.clock() + 60, UTC))
    duty = Spans()
    duty.run_once()
    while duty.interval == _SOON:
        duty.run_once()
    sql.run(_EARLIER)


_SOON = Spans().interval
_FIGURES = ("jobs_worker", "jobs_statistic", "jobs_span")
_RUNNING = """insert into jobs_worker (id, host, pid, release, queues, types, slots, busy, memory, settled, fenced,
      mode, lease_until)
    select 'worker-' || n, 'host-' || n %% 10, 1000 + n, '1', '[]',
      (select jsonb_agg('bench.type-' || t) from generate_series(0, %(types)s - 2) as t), %(slots)s, %(slots)s,
      120000000, 1000, 0, case when n %% 20 = 0 then 'cordoned' else 'active' end, now() + interval '1 day'
    from generate_series(0, %(workers)s - 1) as n"""
_ENDED = """insert into jobs_worker (id, host, pid, release, queues, types, slots, busy, memory, settled, fenced,
      mode, lease_until, stopped_at)
    select 'ended-' || n, 'host-' || n %% 10, 1000 + n, '1', '[]', '[]', %(slots)s, 0, 120000000, 1000, 0, 'active',
      now() - n * interval '1 minute', now() - n * interval '1 minute'
    from generate_series(1, %(ended)s) as n"""
# Some ten buckets of both histograms are in use, as with jobs that take some milliseconds to some minutes.
_STATISTICS = """insert into jobs_statistic (queue, minute, source, counts)
    select 'queue-' || q, date_trunc('minute', now()) - m * interval '1 minute', 'bench',
      (select jsonb_object_agg('bench.type-' || t || '|' || kind, 20 + (m + t + hashtext(kind) & 15) %% 50)
       from generate_series(0, %(types)s - 1) as t, unnest(array['enqueued', 'started', 'state.succeeded',
         'state.failed', 'state.retrying', 'outcome.succeeded', 'outcome.raised', 'run_us', 'wait_us', 'run.2', 'run.3',
         'run.4', 'run.5', 'run.6', 'run.7', 'wait.3', 'wait.5', 'wait.7', 'wait.8', 'wait.9', 'wait.10']) as kind
       where t %% %(queues)s = q)
    from generate_series(0, %(queues)s - 1) as q, generate_series(0, %(minutes)s - 1) as m"""
# Of days before these minutes the longest spans are all that is read.
_EARLIER = f"""insert into jobs_span (minutes, at, queue, counts)
    select minutes, at - earlier * interval '{DAYS} days', queue, counts
    from jobs_span, generate_series(1, 4) as earlier where minutes = 360 on conflict do nothing"""
