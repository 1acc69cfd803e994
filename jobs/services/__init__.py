"""The verbs of the domain: what users and operators do, whether it is allowed, and its audit row."""

from jobs.envelope import DependsOn, JobRequest
from jobs.services.submit import Submission, enqueue, enqueue_many

__all__ = ["DependsOn", "JobRequest", "Submission", "enqueue", "enqueue_many"]
