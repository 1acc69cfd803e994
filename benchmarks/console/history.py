"""A long history, written by SQL: finished jobs with their attempts, dead letters, live jobs, figures, audit."""

from jobs.store import sql, statistics

TYPES, QUEUES, TENANTS, GROUPS = 30, 20, 50, 400
LIVE = 50_000
DAYS = 3


def write(jobs: int) -> None:
    """`jobs` finished ones, a fiftieth of them failed; the newest ended now."""
    sql.run(_QUEUES, {"queues": QUEUES})
    for name, count in (("noop", jobs), ("live", LIVE)):
        sql.run(_JOBS[name], {"count": count, "types": TYPES, "queues": QUEUES, "tenants": TENANTS})
    for statement in (_ATTEMPTS, _RUNNING, _AUDIT):
        sql.run(statement)
    sql.run(_LETTERS, {"groups": GROUPS})
    sql.run(_STATISTICS, {"queues": QUEUES, "types": TYPES, "minutes": DAYS * 1440})
    statistics.count_live()
    for table in ("jobs_job", "jobs_attempt", "jobs_deadletter", "jobs_statistic", "jobs_auditentry"):
        sql.run(f"vacuum analyze {table}")


_ID = """(lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7'
        || lpad(to_hex(n %% 4096), 3, '0') || '8' || lpad(to_hex(n), 15, '0'))::uuid"""
_QUEUES = """insert into jobs_queue (name, mode, by, why)
    select 'queue-' || n, 'open', '', '' from generate_series(0, %(queues)s - 1) as n"""
_COLUMNS = """insert into jobs_job (id, type, queue, tenant_id, payload, priority, state, attempt, tries, max_attempts,
      timeout, schema_version, run_at, created_at, started_at, finished_at, worker, claim, tags, unmet, has_dependants,
      result, last_error)"""
_WHAT = """'bench.type-' || n %% %(types)s, 'queue-' || n %% %(queues)s, 'tenant-' || n %% %(tenants)s,
      jsonb_build_object('n', n, 'recipient', 'user-' || n %% 100000 || '@example.com', 'subject', repeat('x', 60))"""
_JOBS = {
    "noop": f"""{_COLUMNS}
    select {_ID}, {_WHAT}, (n %% 11)::int,
      case when n %% 50 = 7 then 'failed' when n %% 100 = 3 then 'cancelled' else 'succeeded' end,
      1, 1, 3, 300, 1, at, at, at, at + interval '40 ms', 'earlier', 1,
      case when n %% 10 = 0 then '{{nightly}}'::text[] else '{{}}'::text[] end, 0, false, jsonb_build_object('n', n),
      case when n %% 50 = 7 then 'ValueError: order ' || n || ' is unknown' end
    from generate_series(1, %(count)s) as n,
      lateral (select now() - (%(count)s - n) * interval '25 ms') as t(at)""",
    "live": f"""{_COLUMNS}
    select {_ID}, {_WHAT}, (n %% 11)::int,
      (array['queued', 'scheduled', 'retrying'])[1 + n %% 3], 0, 0, 3, 300, 1, at + n * interval '10 ms', at,
      null, null, null, null, '{{}}', 0, false, null, null
    from generate_series(1, %(count)s) as n, lateral (select now() - interval '1 minute') as t(at)""",
}
_ATTEMPTS = """insert into jobs_attempt (job_id, number, worker, release, started_at, finished_at, outcome, fenced,
      error_type, error_message)
    select id, 1, 'earlier', '1', started_at, finished_at, case state when 'failed' then 'raised' else state end, false,
      case state when 'failed' then 'ValueError' end, last_error
    from jobs_job where finished_at is not null"""
_LETTERS = """insert into jobs_deadletter (job_id, type, queue, tenant_id, fingerprint, error_type, error_message,
      tries, failed_at, replay_count)
    select id, type, queue, tenant_id, lpad(to_hex(abs(hashtext(id::text)) %% %(groups)s), 16, '0'), 'ValueError',
      last_error, 1, finished_at, 0
    from jobs_job where state = 'failed' order by id"""
_RUNNING = """insert into jobs_worker (id, host, pid, release, queues, types, slots, busy, memory, settled, fenced,
      mode, lease_until)
    select 'worker-' || n, 'host-' || mod(n, 10), n, '1', '[]', '[]', 10, mod(n, 11), 120000000, 1000, 0, 'active',
      now() + interval '1 day'
    from generate_series(1, 40) as n"""
_AUDIT = """insert into jobs_auditentry (at, actor, source, via, verb, target, reason)
    select now() - n * interval '1 second', 'ada', '127.0.0.1', 'session', 'job.cancelled', 'job:' || n, ''
    from generate_series(1, 200000) as n"""
_STATISTICS = """insert into jobs_statistic (queue, minute, source, counts)
    select 'queue-' || q, date_trunc('minute', now()) - m * interval '1 minute', 'bench',
      (select jsonb_object_agg(field, 100 + (m + t) %% 50)
       from generate_series(0, %(types)s - 1) as t,
         lateral (select unnest(array['started', 'enqueued', 'state.succeeded', 'state.failed', 'outcome.succeeded',
           'outcome.raised', 'run.4', 'run.7', 'run_us', 'wait.3', 'wait_us'])) as kinds(kind),
         lateral (select 'bench.type-' || t || '|' || kind) as f(field)
       where t %% %(queues)s = q)
    from generate_series(0, %(queues)s - 1) as q, generate_series(0, %(minutes)s - 1) as m"""
