"""What somebody without the permission to view payloads does not get to see of a job."""

from jobs.models import Job
from jobs.services import access
from jobs.services.access import AnyUser

HIDDEN = "Hidden: you lack the permission to view payloads."


def hide(job: Job, user: AnyUser) -> bool:
    """Take payload, result and the like out of an instance that is only read. Whether they are still there."""
    if access.sees_payload(user, job.owner_id):
        return True
    job.payload = {}
    job.result = job.backend_data = job.artifact = None
    return False
