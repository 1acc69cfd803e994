"""Workers' rows: registering, the lease, and what the heartbeat's reply tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from jobs import jsontext
from jobs.store import sql

_REGISTER = """
    insert into jobs_worker (id, host, pid, release, queues, types, slots, busy, memory, settled, fenced, mode,
      started_at, heartbeat_at, lease_until)
    values (%(id)s, %(host)s, %(pid)s, %(release)s, %(queues)s::jsonb, %(types)s::jsonb, %(slots)s,
      0, 0, 0, 0, 'active', clock_timestamp(), clock_timestamp(),
      clock_timestamp() + %(lease)s * interval '1 second')
    on conflict (id) do update set heartbeat_at = excluded.heartbeat_at, lease_until = excluded.lease_until"""


def register(
    *,
    id: str,
    host: str,
    pid: int,
    release: str,
    queues: Sequence[str],
    types: Sequence[str],
    slots: int,
    lease: float,
) -> None:
    """Asking again (the reply was lost) only renews the lease: no two workers have the same id."""
    sql.run(
        _REGISTER,
        {
            "id": id,
            "host": host,
            "pid": pid,
            "release": release,
            "queues": jsontext.encode(list(queues)),
            "types": jsontext.encode(list(types)),
            "slots": slots,
            "lease": lease,
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """What a heartbeat tells: busy slots, resident bytes, and counts since the worker began."""

    busy: int
    memory: int
    settled: int
    fenced: int


_RENEW = """
    update jobs_worker set heartbeat_at = clock_timestamp(), busy = %(busy)s, memory = %(memory)s,
      settled = %(settled)s, fenced = %(fenced)s, lease_until = clock_timestamp() + %(lease)s * interval '1 second'
    where id = %(id)s and stopped_at is null returning mode"""


def renew(worker: str, lease: float, vitals: Vitals) -> str | None:
    """Renew the lease of all that `worker` runs. Returns its mode; None when it has no right to live any more."""
    rows = sql.run(
        _RENEW,
        {
            "id": worker,
            "lease": lease,
            "busy": vitals.busy,
            "memory": vitals.memory,
            "settled": vitals.settled,
            "fenced": vitals.fenced,
        },
    )
    return str(rows[0][0]) if rows else None


_STOP = """
    update jobs_worker set stopped_at = clock_timestamp(), busy = 0, lease_until = clock_timestamp()
    where id = %(id)s"""


def stop(worker: str) -> None:
    """The worker has ended in good order and holds nothing."""
    sql.run(_STOP, {"id": worker})


_QUEUE_MODES = """
    select name, case when mode = 'paused' and until <= clock_timestamp() then 'open' else mode end
    from jobs_queue order by name"""


def queue_modes() -> dict[str, str]:
    """Every queue's mode in force: open, paused or draining."""
    return {row[0]: row[1] for row in sql.run(_QUEUE_MODES)}


_PROGRESS = """
    update jobs_job set progress = t.fraction, progress_note = t.note
    from unnest(%(ids)s::uuid[], %(attempts)s::int[], %(fractions)s::float8[], %(notes)s::text[])
      as t(job, attempt, fraction, note)
    where id = t.job and jobs_job.attempt = t.attempt and state = 'running'"""


def progress(reports: Sequence[tuple[UUID, int, float, str]]) -> None:
    """Store what running handlers said of their progress: (job id, attempt, 0..1, note)."""
    ids, attempts, fractions, notes = (list(column) for column in zip(*reports, strict=True))
    sql.run(_PROGRESS, {"ids": ids, "attempts": attempts, "fractions": fractions, "notes": notes})
