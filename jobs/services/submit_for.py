"""One job for a user: checked against what they may submit, stored, and found again as they see it."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import NamedTuple
from uuid import UUID

from jobs.conf import options
from jobs.envelope import JobRequest
from jobs.errors import NotFound
from jobs.models import Job
from jobs.services import access
from jobs.services.access import AnyUser
from jobs.services.prepare import check_envelope
from jobs.services.submit import Submission, enqueue_many
from jobs.store import rows


class Submitted(NamedTuple):
    """The job that was made, or the earlier one that it repeats."""

    job: Job
    submission: Submission


def submit_for(user: AnyUser, wanted: JobRequest) -> Submitted:
    """Raises Invalid, NotAllowed, KeyReused, StoreUnavailable; then nothing was stored. NotFound for a repeat of a
    job that was pruned meanwhile.
    """
    access.check_submit(user, wanted)
    [submission] = submit_all_for(user, [wanted])
    found = rows.job(submission.id)
    if found is None:
        raise NotFound(f"job {submission.id} has ended and was pruned")
    return Submitted(found, submission)


def submit_all_for(user: AnyUser, wanted: Sequence[JobRequest]) -> list[Submission]:
    """The same for a batch that was checked. Keys are one space for all users of a tenant: what holds one may be
    somebody else's job. Raises as `enqueue_many`.
    """
    return enqueue_many(wanted, partial(_seen, user))


def _seen(user: AnyUser, job_ids: Collection[UUID]) -> set[UUID]:
    return set(access.visible(user).filter(pk__in=job_ids).values_list("pk", flat=True))


def check(user: AnyUser, wanted: JobRequest) -> None:
    """What `submit_for` would say of all but the payload; nothing is stored. Raises Invalid, NotAllowed."""
    access.check_submit(user, wanted)
    check_envelope(wanted, options())
