"""Watching one job until it is final, for commands: a look at PostgreSQL ten times a second."""

import time
from collections.abc import Iterator
from uuid import UUID

from jobs.models import Job

_LOOK_EVERY = 0.1


def changes(job_id: UUID, seconds: float) -> Iterator[Job]:
    """The job now, and again whenever its state has changed; ends with a final state, or after `seconds`.

    Raises:
        Job.DoesNotExist: there is no such job (any more).
    """
    deadline = time.monotonic() + seconds
    seen = None
    while True:
        job = Job.objects.get(pk=job_id)
        if job.state != seen:
            seen = job.state
            yield job
        left = deadline - time.monotonic()
        if job.is_final or left <= 0:
            return
        time.sleep(min(_LOOK_EVERY, left))
