"""One job for a user: checked against what they may submit, stored, and found again as they see it."""

from typing import NamedTuple

from jobs.conf import options
from jobs.envelope import JobRequest
from jobs.errors import KeyReused
from jobs.models import Job
from jobs.services import access
from jobs.services.access import AnyUser
from jobs.services.prepare import check_envelope
from jobs.services.submit import Submission, enqueue_many
from jobs.store import rows

TAKEN = "was used for another request"


class Submitted(NamedTuple):
    """The job that was made, or the earlier one that it repeats."""

    job: Job
    submission: Submission


def submit_for(user: AnyUser, wanted: JobRequest) -> Submitted:
    """Raises Invalid, NotAllowed, KeyReused, StoreUnavailable; then nothing was stored."""
    access.check_submit(user, wanted)
    [submission] = enqueue_many([wanted])
    found = access.visible_job(user, submission.id) if submission.duplicate_suppressed else rows.job(submission.id)
    if found is None:
        # Keys are one space for all users of a tenant, and the earlier job is somebody else's.
        raise KeyReused(f"idempotency_key: {TAKEN}", {"idempotency_key": [TAKEN]})
    return Submitted(found, submission)


def check(user: AnyUser, wanted: JobRequest) -> None:
    """What `submit_for` would say of all but the payload; nothing is stored. Raises Invalid, NotAllowed."""
    access.check_submit(user, wanted)
    check_envelope(wanted, options())
