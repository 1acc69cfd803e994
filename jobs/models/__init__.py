"""The truth: every table of the engine. Reads are QuerySet methods here; writes of job rows are in `jobs.store`."""

from jobs.models.api_key import ApiKey, LimitedUser
from jobs.models.attempt import Attempt
from jobs.models.audit import AuditEntry
from jobs.models.bulk import BulkOperation
from jobs.models.control import Queue, Worker
from jobs.models.dead_letter import DeadLetter
from jobs.models.dependency import Dependency
from jobs.models.files import Notification, StoredFile
from jobs.models.idempotency import IdempotencyKey
from jobs.models.job import Job
from jobs.models.profile import Profile
from jobs.models.scheduling import Duty, SchedulerLease
from jobs.models.sign_in import Throttle, TokenSession
from jobs.models.statistics import Depth, Span, Statistic

__all__ = [
    "ApiKey",
    "Attempt",
    "AuditEntry",
    "BulkOperation",
    "DeadLetter",
    "Dependency",
    "Depth",
    "Duty",
    "IdempotencyKey",
    "Job",
    "LimitedUser",
    "Notification",
    "Profile",
    "Queue",
    "SchedulerLease",
    "Span",
    "Span",
    "Statistic",
    "StoredFile",
    "Throttle",
    "TokenSession",
    "Worker",
]
