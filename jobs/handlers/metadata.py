"""`metadata.aggregate`: the results of a job's dependencies in one record."""

from typing import Any

from jobs.context import Context
from jobs.handler import handler
from jobs.handlers.payloads import FileId
from jobs.models import StoredFile


@handler("metadata.aggregate")
def aggregate_metadata(ctx: Context, file_id: FileId) -> dict[str, Any]:
    """Join what is known of a file with the results of the jobs that this one waited for.

    `parts` holds each result under its label, or its type where the edge has none.
    """
    stored = StoredFile.objects.known_as(file_id, ctx.tenant_id, ctx.owner_id)
    return {"file_id": file_id, "file": _described(stored), "parts": dict(ctx.dependencies)}


def _described(stored: StoredFile | None) -> dict[str, Any] | None:
    if stored is None:
        return None
    return {"path": stored.path, "bytes": stored.size, "sha256": stored.sha256, "mime": stored.mime}
