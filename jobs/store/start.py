"""queued -> running: the claim of a worker becomes an attempt."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from jobs.store import columns, sql


class Started(NamedTuple):
    """A job in a worker's hands. `payload` and `retry_policy` are JSON text, `timeout` is seconds."""

    id: UUID
    type: str
    payload: str
    attempt: int
    tries: int
    max_attempts: int
    retry_policy: str | None
    timeout: float
    queue: str
    tenant_id: str
    owner_id: int | None
    has_dependencies: bool
    cancel_requested: bool
    waited: float
    """Seconds for which it had been due."""


# `is true`: rows come by their ids, not from the index of states, which is as long as the queue.
_START = """
    update jobs_job set state = 'running', attempt = attempt + (state = 'queued')::int, worker = %(worker)s,
      claim = %(claim)s, started_at = clock_timestamp(), progress = null, progress_note = null
    where id = any(%(ids)s::uuid[]) and queue = %(queue)s and type = any(%(types)s)
      and (state = 'queued' and (expires_at is null or expires_at > clock_timestamp())
           or state = 'running' and worker = %(worker)s and claim = %(claim)s) is true
    returning id, type, payload::text, attempt, tries, max_attempts, retry_policy::text, timeout, queue, tenant_id,
      owner_id, dependency_policy is not null, cancel_requested_at is not null,
      greatest(date_part('epoch', started_at - run_at), 0)"""


def start(
    worker: str, claim: int, queue: str, types: Sequence[str], ids: Sequence[UUID] | Sequence[bytes]
) -> list[Started]:
    """Begin an attempt of each of `ids` that is still queued, of this queue and of these types, and not expired. Ids
    may be given by their bytes.

    Asking again with the same `claim` (the reply was lost) returns the same attempts and begins no new ones.
    What does not come back is not ours to run.
    """
    rows = sql.run(
        _START,
        {"worker": worker, "claim": claim, "queue": queue, "types": list(types), "ids": columns.array(ids)},
    )
    return list(map(Started._make, rows))
