"""The shapes of the dispatcher's answers."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dispatcher.errors import STATUSES
from dispatcher.models import Dispatch
from jobs.api import errors, renders
from jobs.models import Job
from jobs.services import access
from jobs.services.access import AnyUser
from jobs.states import State

# The API's exception handler answers with the status of the kind; ours are unknown to it until here.
errors.STATUSES.update(STATUSES)
_STATUS = {
    State.SCHEDULED.value: "pending",
    State.QUEUED.value: "pending",
    State.BLOCKED.value: "pending",
    State.RUNNING.value: "running",
    State.RETRYING.value: "retrying",
    State.SUCCEEDED.value: "succeeded",
    State.FAILED.value: "failed",
    State.CANCELLED.value: "failed",  # whoever waits for an end must see one
}


def short(job: Job, user: AnyUser, warnings: Sequence[str] = ()) -> dict[str, Any]:
    """A job, with the fields of the short form beside its own."""
    shown = renders.submitted(job, user, warnings)
    return shown | {
        "job_type": (job.backend_data or {}).get("job_type", job.type),
        "parameters": shown["payload"],
        "status": _STATUS[job.state],
        "attempts": job.attempt,
        "last_error": job.last_error or ("cancelled" if job.state == State.CANCELLED else None),
    }


def dispatch(row: Dispatch, user: AnyUser) -> dict[str, Any]:
    """How a sentence was read. Prompt and answer are for its author, and for those who may see payloads."""
    seen = access.sees_payload(user, row.user_id)
    return {
        "id": row.pk,
        "at": _time(row.at),
        "prompt": row.prompt if seen else None,
        "provider": row.provider,
        "offline": row.provider == "offline",
        "model": row.model,
        "tried": row.tried,
        "latency_ms": row.latency_ms,
        "input_tokens": row.input_tokens,
        "output_tokens": row.output_tokens,
        "answer": row.answer if seen else None,
        "confidence": row.confidence,
        "category": row.label or None,
        "type": row.type or None,
        "payload": row.payload if seen else None,
        "dry_run": row.dry_run,
        "job_id": str(row.job_id) if row.job_id else None,
        "error": row.error or None,
    }


def _time(value: Any) -> str | None:
    """RFC 3339; None for a row whose time only the database knows yet."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else None
