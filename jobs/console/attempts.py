"""The attempts of a job, as its own page and that of its dead letter show them."""

from typing import Any
from uuid import UUID

from jobs.console.job.hidden import HIDDEN
from jobs.models import Attempt

MOST_LINES = 200


def attempts(job_id: UUID, *, payloads: bool, most: int) -> dict[str, Any]:
    """The newest `most`, with tracebacks and logs for who may see payloads: for `console/attempts/panel.html`."""
    rows = Attempt.objects.filter(job_id=job_id).order_by("-number")
    found = list((rows if payloads else rows.defer("traceback", "logs"))[: most + 1])
    return {
        "job_id": job_id,
        "payloads": payloads,
        "hidden": HIDDEN,
        "attempts": [_attempt(row, payloads) for row in found[:most]],
        "more": len(found) > most,
    }


def _attempt(row: Attempt, payloads: bool) -> dict[str, Any]:
    logs = (row.logs or []) if payloads else []
    return {
        "row": row,
        "frames": _frames(row) if payloads else [],
        "lines": logs[-MOST_LINES:],
        "lines_left_out": max(0, len(logs) - MOST_LINES),
    }


def _frames(row: Attempt) -> list[dict[str, Any]]:
    """The traceback, its locals as pairs: to a template, `locals.items` may be a local of that name."""
    found = row.traceback if isinstance(row.traceback, list) else []
    return [{**frame, "locals": list(frame.get("locals", {}).items())} for frame in found]
