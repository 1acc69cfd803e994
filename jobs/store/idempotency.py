"""Who comes first with a key: one upsert for a whole batch, and a second look for concurrent winners."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from jobs.store import sql


class Wish(NamedTuple):
    """A request that wants its key: scope, hash of the request, its own new job, and seconds to hold the key."""

    tenant_id: str
    type: str
    key: str
    request_hash: str
    job_id: UUID
    seconds: float


_TAKE = """
    insert into jobs_idempotencykey as k (tenant_id, type, key, request_hash, job_id, expires_at)
    select tenant, type, key, hash, job, clock_timestamp() + seconds * interval '1 second'
    from unnest(%(tenants)s::text[], %(types)s::text[], %(keys)s::text[], %(hashes)s::text[], %(jobs)s::uuid[],
      %(seconds)s::float8[]) as t(tenant, type, key, hash, job, seconds)
    on conflict (tenant_id, type, key) do update
      set request_hash = excluded.request_hash, job_id = excluded.job_id, expires_at = excluded.expires_at
      where k.expires_at <= clock_timestamp()
    returning tenant_id, type, key, job_id, request_hash"""

_LOOK = """
    select k.tenant_id, k.type, k.key, k.job_id, k.request_hash from jobs_idempotencykey k
    join unnest(%(tenants)s::text[], %(types)s::text[], %(keys)s::text[]) as t(tenant, type, key)
      on k.tenant_id = t.tenant and k.type = t.type and k.key = t.key"""


def resolve(wishes: Sequence[Wish]) -> list[tuple[UUID, str]]:
    """For each wish, the job that holds its key now, and the hash of the request that made it.

    Must run in the transaction that stores the jobs. Keys are taken in order, so batches cannot deadlock; of equal
    keys within a batch the first one wins.
    """
    first: dict[tuple[str, str, str], Wish] = {}
    for wish in wishes:
        first.setdefault(wish[:3], wish)
    ordered = [first[scope] for scope in sorted(first)]
    holders: dict[tuple[str, str, str], tuple[UUID, str]] = {}
    # A holder that is deleted between the two statements leaves neither answer: then the key is free again.
    while missing := [wish for wish in ordered if wish[:3] not in holders]:
        tenants, types, keys, hashes, jobs, seconds = (list(column) for column in zip(*missing, strict=True))
        parameters = {
            "tenants": tenants,
            "types": types,
            "keys": keys,
            "hashes": hashes,
            "jobs": jobs,
            "seconds": seconds,
        }
        rows = sql.run(_TAKE, parameters)
        if len(rows) < len(missing):
            rows = rows + sql.run(_LOOK, parameters)
        for tenant, type_, key, job_id, request_hash in rows:
            holders.setdefault((tenant, type_, key), (job_id, request_hash))
    return [holders[wish[:3]] for wish in wishes]
