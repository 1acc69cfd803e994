"""The shape of a dead letter."""

from collections.abc import Iterable
from typing import Any

from jobs.api import renders
from jobs.models import AuditEntry, DeadLetter
from jobs.queries import dead_letters
from jobs.services import access
from jobs.services.access import AnyUser


def letters(found: Iterable[DeadLetter], user: AnyUser) -> list[dict[str, Any]]:
    """With their jobs and replays: the same number of queries for however many."""
    rows = list(found)
    if not rows:
        return []
    jobs = list(access.visible(user).filter(pk__in=[row.job_id for row in rows]))
    shown = dict(zip((job.pk for job in jobs), renders.jobs(jobs, user), strict=True))
    payloads = {job.pk: access.sees_payload(user, job.owner_id) for job in jobs}
    replays = dead_letters.replays([row.job_id for row in rows if row.replay_count])
    return [
        {
            **_letter(row),
            "job": shown.get(row.job_id),
            "replays": [_replay(one, payloads.get(row.job_id, False)) for one in replays.get(row.job_id, ())],
        }
        for row in rows
    ]


def _letter(row: DeadLetter) -> dict[str, Any]:
    return {
        "id": row.id,
        "fingerprint": row.fingerprint,
        "type": row.type,
        "queue": row.queue,
        "tenant_id": row.tenant_id,
        "error_type": row.error_type,
        "error_message": row.error_message,
        "failed_at": renders.time(row.failed_at),
        "tries": row.tries,
        "replay_count": row.replay_count,
        "last_replayed_at": renders.time(row.last_replayed_at),
    }


def _replay(entry: AuditEntry, payloads: bool) -> dict[str, Any]:
    changes = entry.after if payloads else access.redacted(entry.after)
    return {"at": renders.time(entry.at), "actor": entry.actor, "reason": entry.reason, "changes": changes}
