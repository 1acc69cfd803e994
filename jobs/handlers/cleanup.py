"""`cleanup.run`: delete finished history on demand; the scheduler does it by the retention settings."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from jobs import states
from jobs.context import Context
from jobs.handler import handler
from jobs.handlers.payloads import Duration
from jobs.states import FINAL, State
from jobs.store import prune

BATCH = 1000


def _final(word: str) -> str:
    try:
        state = states.parse(word)
    except ValueError:
        raise ValueError(f"there is no state {word[:50]!r}") from None
    if state not in FINAL:
        raise ValueError("only succeeded, failed and cancelled jobs can be deleted")
    return state.value


FinalState = Annotated[str, AfterValidator(_final), Field(max_length=20, examples=sorted(FINAL))]


@handler("cleanup.run", timeout="15m", permission="jobs.operate_queue")
def run_cleanup(
    ctx: Context,
    older_than: Duration = 7 * 86_400.0,
    states: Annotated[list[FinalState], Field(min_length=1, max_length=10)] | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Delete jobs that finished longer ago than `older_than`, with their attempts, dead letters and edges."""
    chosen = sorted(set(states or [State.SUCCEEDED.value, State.CANCELLED.value]))
    tenant_id = ctx.tenant_id or None
    if dry_run:
        found = prune.count_finished(chosen, older_than, tenant_id)
        return {"matched": found, "deleted": 0, "states": chosen, "dry_run": True}
    deleted = _delete(ctx, chosen, older_than, tenant_id)
    return {"matched": deleted, "deleted": deleted, "states": chosen, "dry_run": False}


def _delete(ctx: Context, chosen: list[str], older_than: float, tenant_id: str | None) -> int:
    """Batch by batch, each its own transaction: a repeat goes on where an earlier attempt stopped.

    Walk after walk, until one deletes nothing: what went in the last may have been what others were kept for.
    """
    deleted = before = 0
    after = prune.START
    while not ctx.cancelled:
        batch = prune.finished(chosen, older_than, BATCH, tenant_id, after)
        if batch.deleted:
            deleted += batch.deleted
            ctx.log(f"{deleted} jobs deleted")
        if batch.last is None and deleted == before:
            break
        if batch.last is None:
            before = deleted
        after = batch.last or prune.START
    return deleted
