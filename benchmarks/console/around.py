"""What is around the jobs and tells of the last minutes: made anew each time that a history is used again."""

from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import User

from benchmarks.console.history import OWNERS, QUEUES, SLOTS, TYPES, WORKERS
from jobs.broker import looking_broker
from jobs.scheduler.spans import Spans
from jobs.services.rebuild import rebuild
from jobs.store import spans, sql, statistics

DAYS = 3
ROWS = 300_000
"""Audit entries and dispatches, each."""
LIFETIME = timedelta(days=1)


def refresh() -> User:
    """Workers, figures, records, and what Redis holds; the operator who looks at it all."""
    for table in ("jobs_worker", "jobs_statistic", "jobs_span", "jobs_auditentry", "dispatcher_dispatch"):
        sql.run(f"truncate {table}")  # noqa: S608 - names of our own
    user = _users()
    numbers = {"workers": WORKERS, "slots": SLOTS, "queues": QUEUES, "types": TYPES, "minutes": DAYS * 1440}
    numbers |= {"rows": ROWS, "owners": OWNERS, "user": user.pk}
    for statement in (_RUNNING, _STATISTICS, _AUDIT, _DISPATCHES, _NOTIFICATIONS):
        sql.run(statement, numbers)
    statistics.count_live()
    _add_up()
    for table in ("jobs_worker", "jobs_statistic", "jobs_span", "jobs_depth", "jobs_auditentry", "dispatcher_dispatch"):
        sql.run(f"vacuum analyze {table}")
    for number in range(QUEUES):
        rebuild(looking_broker(), f"queue-{number}")
    return user


def _users() -> User:
    names = [f"person-{number}" for number in range(OWNERS)]
    User.objects.bulk_create([User(username=name) for name in names], ignore_conflicts=True)
    return User.objects.filter(username="bench").first() or User.objects.create_superuser("bench")


def _add_up() -> None:
    """Until no span is behind."""
    spans.add_minutes(datetime.fromtimestamp(0, UTC), datetime.fromtimestamp(statistics.clock() + 60, UTC))
    duty = Spans()
    duty.run_once()
    while duty.interval == _SOON:
        duty.run_once()


_SOON = Spans().interval
_RUNNING = """insert into jobs_worker (id, host, pid, release, queues, types, slots, busy, memory, settled, fenced,
      mode, lease_until)
    select 'worker-' || n, 'host-' || n %% 10, 1000 + n, '1', '[]',
      (select jsonb_agg('bench.type-' || t) from generate_series(0, %(types)s - 2) as t), %(slots)s, %(slots)s,
      120000000, 1000, 0, case when n %% 20 = 0 then 'cordoned' else 'active' end, now() + interval '1 day'
    from generate_series(0, %(workers)s - 1) as n"""
# Some ten buckets of both histograms are in use, as with jobs that take some milliseconds to some minutes.
_STATISTICS = """insert into jobs_statistic (queue, minute, source, counts)
    select 'queue-' || q, date_trunc('minute', now()) - m * interval '1 minute', 'bench',
      (select jsonb_object_agg('bench.type-' || t || '|' || kind, 20 + (m + t + hashtext(kind) & 15) %% 50)
       from generate_series(0, %(types)s - 1) as t, unnest(array['enqueued', 'started', 'state.succeeded',
         'state.failed', 'state.retrying', 'outcome.succeeded', 'outcome.raised', 'run_us', 'wait_us', 'run.2', 'run.3',
         'run.4', 'run.5', 'run.6', 'run.7', 'wait.3', 'wait.5', 'wait.7', 'wait.8', 'wait.9', 'wait.10']) as kind
       where t %% %(queues)s = q)
    from generate_series(0, %(queues)s - 1) as q, generate_series(0, %(minutes)s - 1) as m"""
_AUDIT = """insert into jobs_auditentry (at, actor, source, via, verb, target, before, after, reason)
    select now() - (%(rows)s - n) * interval '1 second', 'person-' || n %% %(owners)s, '127.0.0.1', 'session',
      (array['job.cancelled', 'job.retried', 'job.replayed', 'queue.paused'])[1 + n %% 4], 'job:' || gen_random_uuid(),
      '{"state": "failed"}', '{"state": "queued"}', 'the outage of ' || n
    from generate_series(1, %(rows)s) as n"""
_DISPATCHES = """insert into dispatcher_dispatch (at, user_id, prompt, dry_run, provider, model, tried, latency_ms,
      answer, label, type, payload, error)
    select now() - (%(rows)s - n) * interval '1 second', case when n %% 10 = 0 then %(user)s end,
      'Send the report of yesterday to user-' || n || '@example.com', false, 'offline', 'rules', '[]', 3, '{}',
      'send_email', 'email.send', jsonb_build_object('n', n), ''
    from generate_series(1, %(rows)s) as n"""
_NOTIFICATIONS = """insert into jobs_notification (user_id, message, job_id)
    select case when n %% 2 = 0 then %(user)s else 1000 + n %% 100 end, 'Report ' || n || ' is there',
      md5('notification ' || n)::uuid
    from generate_series(1, 100000) as n on conflict do nothing"""
