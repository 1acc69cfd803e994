"""What people and jobs leave behind: records, messages, keys, files, and what was told lately."""

from django.contrib.auth.models import User

from benchmarks.console.history import OWNERS, QUEUES, TYPES
from jobs.broker import looking_broker
from jobs.broker.feed import KEPT
from jobs.models import Profile
from jobs.news import News, Told
from jobs.store import sql

PEOPLE = 10_000
ROWS = 300_000
"""Audit entries, dispatches and idempotency keys, each."""
TABLES = ("jobs_auditentry", "dispatcher_dispatch", "jobs_idempotencykey", "jobs_storedfile", "jobs_apikey")


def people() -> User:
    """Who owns jobs, who sees those of a tenant; the operator."""
    names = [f"person-{number}" for number in range(PEOPLE)]
    User.objects.bulk_create([User(username=name) for name in names], ignore_conflicts=True)
    profile = Profile.objects.of(User.objects.get(username="person-8"))
    profile.tenants = ["tenant-9"]
    profile.save()
    return User.objects.filter(username="bench").first() or User.objects.create_superuser("bench")


def write(user: User) -> None:
    numbers = {"rows": ROWS, "owners": OWNERS, "user": user.pk}
    for statement in (_AUDIT, _DISPATCHES, _KEYS, _FILES, _NOTIFICATIONS, _API_KEYS, _OPERATIONS):
        sql.run(statement, numbers)
    for table in (*TABLES, "jobs_notification", "jobs_bulkoperation", "auth_user"):
        sql.run(f"vacuum analyze {table}")


def tell() -> None:
    """As much as Redis remembers, in the shape that a busy worker gives it."""
    broker = looking_broker()
    kinds = ("job.started", "job.succeeded", "job.failed", "job.retrying")
    for entry in range(KEPT + KEPT // 10):
        told = [
            Told(kinds[(entry + job) % 4], f"queue-{entry % QUEUES}", "", None, 1, "", f"bench.type-{job % TYPES}")
            for job in range(10)
        ]
        broker.push([], news=News(*told))


_AUDIT = """insert into jobs_auditentry (at, actor, source, via, verb, target, before, after, reason)
    select now() - (%(rows)s - n) * interval '1 second', 'person-' || n %% %(owners)s, '127.0.0.1', 'session',
      (array['job.cancelled', 'job.retried', 'job.replayed', 'queue.paused'])[1 + n %% 4], 'job:' || gen_random_uuid(),
      '{"state": "failed"}', '{"state": "queued"}', 'the outage of ' || n
    from generate_series(1, %(rows)s) as n"""
_DISPATCHES = """insert into dispatcher_dispatch (at, user_id, prompt, dry_run, provider, model, tried, latency_ms,
      answer, label, type, payload, error, job_id)
    select now() - (%(rows)s - n) * interval '1 second', case when n %% 10 = 0 then %(user)s end,
      'Send the report of yesterday to user-' || n || '@example.com', false, 'offline', 'rules', '[]', 3, '{}',
      'send_email', 'email.send', jsonb_build_object('n', n), '', gen_random_uuid()
    from generate_series(1, %(rows)s) as n"""
_KEYS = """insert into jobs_idempotencykey (tenant_id, type, key, request_hash, job_id, expires_at)
    select '', 'bench.noop', 'order-' || n, md5(n::text), gen_random_uuid(), now() + interval '1 day'
    from generate_series(1, %(rows)s) as n"""
_FILES = """insert into jobs_storedfile (tenant_id, owner_id, file_id, path, size, sha256, mime, source, job_id)
    select '', null, 'file-' || n, 'files/' || n, 10000, md5(n::text), 'image/png', '', gen_random_uuid()
    from generate_series(1, 100000) as n"""
_NOTIFICATIONS = """insert into jobs_notification (user_id, message, job_id)
    select case when n %% 2 = 0 then %(user)s else 1000 + n %% 100 end, 'Report ' || n || ' is there',
      md5('notification ' || n)::uuid
    from generate_series(1, 100000) as n on conflict do nothing"""
_API_KEYS = """insert into jobs_apikey (user_id, name, prefix, digest, scopes, tenant_id, queues, created_by)
    select id, 'a program of ' || username, md5(username), md5(username) || md5(username), array['jobs:read'], '',
      '{}'::text[], 'bench'
    from auth_user where username like 'person-%%' and id %% 10 = 0"""
_OPERATIONS = """insert into jobs_bulkoperation (id, verb, actor_id, actor, source, via, reason, filter, parameters,
      estimated, estimate_is_whole, done, refused, refusals, cursor, state, ended_why, finished_at)
    select md5('operation ' || n)::uuid, 'job.retry', %(user)s, 'bench', '', 'session', 'the outage of ' || n,
      '{"state": "failed"}', '{}', 1000, true, 990, 10, '[]', '', 'finished', '', now()
    from generate_series(1, 1000) as n on conflict do nothing"""
