"""The end of an attempt, as a value. Pure."""

import time
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(slots=True)
class Settlement:
    """The end of one attempt. JSON columns hold text.

    `ended` is the monotonic clock at its end; `ago` is made of it when the row is written, for PostgreSQL's clock
    alone dates what is stored. `took` is how long it ran, `waited` for how long it had been due when it began, `delay`
    how long until it may run again, where `state` is retrying or scheduled; all in seconds. `queue`, `type`,
    `tenant_id` and `owner_id` are for those who count and listen, and are not written.
    """

    id: UUID
    number: int
    claim: int
    outcome: str
    state: str
    ended: float = field(default_factory=time.monotonic)
    ago: float = 0.0
    took: float = 0.0
    waited: float = 0.0
    uses_try: bool = True
    result: str | None = None
    artifact: str | None = None
    delay: float = 0.0
    reason: str | None = None
    error_type: str | None = None
    error_message: str | None = None
    fingerprint: str | None = None
    traceback: str | None = None
    logs: str | None = None
    queue: str = ""
    type: str = ""
    tenant_id: str = ""
    owner_id: int | None = None
