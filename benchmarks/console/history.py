"""A long history, written by SQL: finished jobs with attempts, edges and dead letters, and a backlog behind them."""

import time

from jobs.store import sql

TYPES, QUEUES, TENANTS, OWNERS, GROUPS = 30, 20, 50, 50, 400
BACKLOG = 130_000
"""Live jobs, the newest of all: three quarters are queued, the others scheduled, retrying or blocked; 320 run."""
PORTION = 500_000
WORKERS, SLOTS = 40, 8


def write(jobs: int) -> None:
    """`jobs` finished ones, of which a fiftieth failed; the newest ended a moment ago, after it had waited like those
    that wait now.
    """
    sql.run(_CLOCK)
    sql.run(_ID)
    sql.run("set synchronous_commit = off")
    numbers = {"types": TYPES, "queues": QUEUES, "tenants": TENANTS, "owners": OWNERS, "workers": WORKERS, "jobs": jobs}
    numbers |= {"backlog": BACKLOG, "running": WORKERS * SLOTS}
    sql.run(_QUEUES, numbers)
    for first in range(1, jobs + 1, PORTION):
        began = time.monotonic()
        sql.run(_FINISHED, {**numbers, "first": first, "last": min(first + PORTION - 1, jobs)})
        print(f"  {min(first + PORTION - 1, jobs):,} jobs ({time.monotonic() - began:.0f} s)", flush=True)
    sql.run(_LIVE, {**numbers, "first": jobs + 1, "last": jobs + BACKLOG})
    for statement in (_ATTEMPTS, _LETTERS, _EDGES, _FAN, _AWAITED):
        sql.run(statement, {**numbers, "groups": GROUPS})
    for table in ("jobs_job", "jobs_attempt", "jobs_deadletter", "jobs_dependency"):
        sql.run(f"vacuum analyze {table}")


_CLOCK = "create temporary table clock as select now() as at"
# 40 jobs a second came in, the last of them now.
_ID = """create function pg_temp.job(n bigint, total bigint) returns uuid language sql stable return
    (lpad(to_hex(((extract(epoch from (select at from clock)) - (total - n) * 0.025) * 1000)::bigint), 12, '0') || '7'
      || lpad(to_hex(n % 4096), 3, '0') || '8' || lpad(to_hex(n), 15, '0'))::uuid"""
_QUEUES = """insert into jobs_queue (name, mode, by, why)
    select 'queue-' || n, 'open', '', '' from generate_series(0, %(queues)s - 1) as n"""
_COLUMNS = """insert into jobs_job (id, type, queue, tenant_id, owner_id, payload, priority, timeout, schema_version,
      created_at, tags, has_dependants, dependency_policy, parent_job_id, state, attempt, tries, max_attempts, run_at,
      started_at, finished_at, worker, claim, unmet, result, last_error)"""
# The columns of one job are independent of each other, but for the queue, which is its type's home.
_WHAT = """pg_temp.job(n, %(jobs)s + %(backlog)s),
      case when n %% 1000003 = 5 then 'bench.rare' else 'bench.type-' || t end, 'queue-' || t %% %(queues)s,
      'tenant-' || h / 7 %% %(tenants)s, case when h / 31 %% 20 = 0 then 1 + h / 620 %% %(owners)s end,
      jsonb_build_object('n', n, 'recipient', 'user-' || h / 3 %% 100000 || '@example.com', 'subject', repeat('x', 60)),
      (h / 11 %% 11)::int, 300, 1, at, case when h / 13 %% 10 = 0 then '{nightly}'::text[] else '{}'::text[] end,
      false"""
_FROM = """from generate_series(%(first)s, %(last)s) as n,
      lateral (select hashint8extended(n, 1) & 1099511627775, (hashint8extended(n, 2) & 1048575) %% %(types)s,
        (hashint8extended(n, 3) & 1048575) %% 100,
        (select at from clock) - (%(jobs)s + %(backlog)s - n) * interval '25 ms') as one(h, t, share, at)"""
_FINISHED = f"""{_COLUMNS}
    select {_WHAT}, case when share between 50 and 51 and n > 1 then 'block' end,
      case when share = 60 and n > 20000 then pg_temp.job(n - h %% 20000, %(jobs)s + %(backlog)s) end,
      case when share < 2 then 'failed' when share < 3 then 'cancelled' else 'succeeded' end,
      case when share < 2 then 3 else 1 end, case when share < 2 then 3 else 1 end, 3, at,
      ended - interval '40 ms', ended, 'worker-' || h %% %(workers)s, 1, 0, jsonb_build_object('n', n),
      case when share < 2 then 'ValueError: order ' || n || ' is unknown' end
    {_FROM}, lateral (select at + %(backlog)s * interval '25 ms') as leaves(ended)"""
_LIVE = f"""{_COLUMNS}
    select {_WHAT}, case when state = 'blocked' then 'block' end, null, state,
      case when state in ('running', 'retrying') then 1 else 0 end, case when state = 'retrying' then 1 else 0 end, 3,
      case when state in ('retrying', 'scheduled') then now() + h %% 36000 * interval '1 s' else at end,
      case when state in ('running', 'retrying') then now() - h %% 60 * interval '1 s' end, null,
      case when state in ('running', 'retrying') then 'worker-' || n %% %(workers)s end,
      case when state = 'running' then 1 end, case when state = 'blocked' then 1 else 0 end, null,
      case when state = 'retrying' then 'TimeoutError: no answer' end
    {_FROM}, lateral (select case when n <= %(jobs)s + %(running)s then 'running'
      when share < 8 then 'blocked' when share < 16 then 'scheduled' when share < 24 then 'retrying'
      else 'queued' end) as stands(state)"""
_TRACEBACK = """(select jsonb_agg(jsonb_build_object('file', 'shop/orders/step_' || f || '.py', 'line', 10 * f,
      'function', 'step_' || f, 'code', 'return step(order)', 'locals', jsonb_build_object('order', result, 'step', f,
      'customer', tenant_id))) from generate_series(1, 8) as f)"""
_ATTEMPTS = f"""insert into jobs_attempt (job_id, number, worker, release, started_at, finished_at, outcome, fenced,
      error_type, error_message, traceback)
    select id, number, worker, '1', started_at, finished_at, case state when 'failed' then 'raised' else state end,
      false, case state when 'failed' then 'ValueError' end, last_error,
      case when state = 'failed' then {_TRACEBACK} end
    from jobs_job, generate_series(1, attempt) as number where finished_at is not null"""
# Half of them in eight groups, as after an outage; the others in many small ones.
_LETTERS = """insert into jobs_deadletter (job_id, type, queue, tenant_id, fingerprint, error_type, error_message,
      tries, failed_at, replay_count)
    select id, type, queue, tenant_id,
      lpad(to_hex(case when h %% 2 = 0 then h / 2 %% 8 else h %% %(groups)s end), 16, '0'), 'ValueError',
      last_error, 3, finished_at, 0
    from jobs_job, lateral (select hashtext(id::text) & 1048575) as one(h) where state = 'failed' order by id"""
_EDGES = """insert into jobs_dependency (parent_id, child_id, label, policy, met_at)
    select pg_temp.job((payload->>'n')::bigint - 1, %(jobs)s + %(backlog)s), id, '', 'block', started_at
    from jobs_job where dependency_policy is not null and (state <> 'blocked' or hashtext(id::text) & 1 = 0)"""
_FAN = """insert into jobs_dependency (parent_id, child_id, label, policy)
    select pg_temp.job(%(jobs)s + 1, %(jobs)s + %(backlog)s), id, '', 'block'
    from jobs_job where state = 'blocked' and hashtext(id::text) & 1 = 1"""
_AWAITED = "update jobs_job set has_dependants = true where id in (select parent_id from jobs_dependency)"
