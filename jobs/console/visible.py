"""The job that an address names."""

from uuid import UUID

from django.http import Http404

from jobs.models import Job
from jobs.services import access
from jobs.services.access import AnyUser


def visible_job(user: AnyUser, text: str) -> Job:
    """Raises Http404: there is no such job, or it is somebody else's."""
    try:
        job_id = UUID(text)
    except ValueError:
        raise Http404 from None
    found = access.visible_job(user, job_id)
    if found is None:
        raise Http404
    return found
