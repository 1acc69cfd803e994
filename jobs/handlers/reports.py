"""`report.generate`: a named report as a file in the artifact storage."""

import tempfile
from typing import IO, Annotated, Any, Literal

from django.contrib.auth.models import User
from pydantic import Field

from jobs import artifacts
from jobs.context import Context
from jobs.handler import handler
from jobs.handlers import report_queries, tabular
from jobs.handlers.payloads import Duration, FileId
from jobs.services import access

IN_MEMORY = 1024 * 1024
DAY = 86_400.0

Window = Annotated[Duration, Field(ge=60, le=366 * DAY, description="How far back, for example 24h or 7d")]


@handler("report.generate", timeout="5m", surveys=True, artifact="artifact_path")
def generate_report(
    ctx: Context,
    report_id: FileId,
    query: report_queries.Name = "job_throughput",
    format: Literal["csv", "json"] = "csv",
    window: Window = DAY,
    period: report_queries.Period = "hour",
) -> dict[str, Any]:
    """Write job throughput, failures by type, or queue latency of recently submitted jobs to a file."""
    owner = _only_owner(ctx)
    report = report_queries.run(query, window=window, period=period, tenant_id=ctx.tenant_id, owner_id=owner)
    ctx.progress(0.7, f"{len(report.rows)} rows")
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as scratch:
        _write(report, format, scratch)
        path = artifacts.replace(_path(ctx, report_id, format), scratch)
    return {
        "artifact_path": path,
        "rows": len(report.rows),
        "scanned": report.scanned,
        "truncated": report.truncated,
    }


def _only_owner(ctx: Context) -> int | None:
    """Whose jobs alone the report is about: of somebody who may not see all, outside of a tenant, their own."""
    if ctx.tenant_id or ctx.owner_id is None:
        return None
    owner = User.objects.filter(pk=ctx.owner_id).first()
    return None if owner is not None and owner.has_perm(access.VIEW_JOB) else ctx.owner_id


def _write(report: report_queries.Report, format: str, target: IO[bytes]) -> None:
    if format == "csv":
        tabular.write_csv(target, report.columns, report.rows)
    else:
        tabular.write_json(target, report.columns, report.rows)


def _path(ctx: Context, report_id: str, format: str) -> str:
    """Reports of one tenant or owner never replace those of another."""
    return f"reports/{artifacts.space(ctx.tenant_id, ctx.owner_id)}/{report_id}.{format}"
