"""Addresses of what a page names, for those who may go there."""

from django.contrib.admin.utils import quote
from django.urls import reverse

from jobs.services import access
from jobs.services.access import AnyUser
from jobs.waits import Target

_PAGES = {
    "job": ("admin:jobs_job_change", access.VIEW_JOB),
    "queue": ("admin:jobs_queue_change", access.VIEW_QUEUE),
    "worker": ("admin:jobs_worker_change", access.VIEW_WORKER),
    "workers": ("admin:jobs_worker_changelist", access.VIEW_WORKER),
    "schedulers": ("admin:jobs_schedulerlease_changelist", "jobs.view_schedulerlease"),
    "stores": ("console-truth", access.VIEW_QUEUE),
}


def address(target: Target | None, user: AnyUser) -> str:
    """Where that is; empty for nothing, and for those who may not look at it."""
    if target is None:
        return ""
    page, permission = _PAGES[target.kind]
    return reverse(page, args=[quote(target.key)] if target.key else []) if user.has_perm(permission) else ""
