"""The admin: everything to look at, operators' verbs as actions. Rows that the engine owns are read-only."""

from jobs.admin import (
    api_key,
    audit_entry,
    dead_letter,
    dependency,
    duty,
    idempotency_key,
    job,
    notification,
    people,
    queue,
    scheduler_lease,
    stored_file,
    worker,
)

__all__ = [
    "api_key",
    "audit_entry",
    "dead_letter",
    "dependency",
    "duty",
    "idempotency_key",
    "job",
    "notification",
    "people",
    "queue",
    "scheduler_lease",
    "stored_file",
    "worker",
]
