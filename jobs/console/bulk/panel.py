"""The panel of operations, for every page whose rows they touch."""

from typing import Any

from jobs.console.bulk import progress
from jobs.console.page import Page, Panel
from jobs.queries import bulk
from jobs.services import access


def _lately(page: Page) -> dict[str, Any]:
    rows, now = bulk.lately()
    return {"operations": [progress.of(row, page.user, now) for row in rows] if now else []}


LATELY = Panel("console/bulk/lately.html", _lately, "bulk job scheduler", access.VIEW_JOB, "Operations on many")
"""Those that run, and those that ended a short while ago; nothing when there are none."""
