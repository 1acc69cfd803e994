"""Queues and workers: what operators pause, drain and cordon."""

from typing import ClassVar

from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Now


class Queue(models.Model):
    """A queue that has ever had a job, and how it is steered. The truth; Redis only has a copy of the effect."""

    class Mode(models.TextChoices):
        OPEN = "open"
        PAUSED = "paused"
        DRAINING = "draining"

    name = models.TextField(primary_key=True)
    mode = models.TextField(choices=Mode.choices, default=Mode.OPEN)
    until = models.DateTimeField(null=True, blank=True, help_text="A pause ends by itself at this time")
    by = models.TextField(default="", blank=True)
    why = models.TextField(default="", blank=True)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        permissions: ClassVar = [
            ("operate_queue", "Can pause, resume and drain queues"),
            ("rebuild_queues", "Can flush Redis and rebuild it from PostgreSQL"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(name="queue_name_valid", condition=Q(name__regex=r"^[a-z0-9][a-z0-9._-]{0,63}$")),
            models.CheckConstraint(name="queue_mode_known", condition=Q(mode__in=["open", "paused", "draining"])),
        ]

    def __str__(self) -> str:
        return self.name


# `alive` in SQL: written by the ORM it would cost each look at a queued job more than all else.
_TYPES_RUN = """
    select distinct jsonb_array_elements_text(types) from jobs_worker
    where lease_until > statement_timestamp() and stopped_at is null"""


class WorkerQuerySet(models.QuerySet["Worker"]):
    def alive(self) -> "WorkerQuerySet":
        """Workers whose lease holds, by PostgreSQL's clock."""
        return self.filter(lease_until__gt=Now(), stopped_at__isnull=True)

    def types_run(self) -> set[str]:
        """Types that some living worker runs; queued jobs of others are parked."""
        with connection.cursor() as cursor:
            cursor.execute(_TYPES_RUN)
            return {name for (name,) in cursor.fetchall()}


class Worker(models.Model):
    """A child process that runs jobs. Its lease is the lease of all that it runs."""

    class Mode(models.TextChoices):
        ACTIVE = "active"
        CORDONED = "cordoned"
        DRAINING = "draining"

    id = models.TextField(primary_key=True)
    host = models.TextField()
    pid = models.IntegerField()
    release = models.TextField(default="")
    queues = models.JSONField(default=list, help_text="Queue names; empty means all")
    types = models.JSONField(default=list, help_text="Types that it knows and is told to run")
    slots = models.IntegerField()
    busy = models.IntegerField(default=0)
    memory = models.BigIntegerField(default=0, help_text="Resident bytes")
    settled = models.BigIntegerField(default=0)
    fenced = models.BigIntegerField(default=0, help_text="Late results that were refused")
    mode = models.TextField(choices=Mode.choices, default=Mode.ACTIVE)
    started_at = models.DateTimeField(db_default=Now())
    heartbeat_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)

    objects = WorkerQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("operate_worker", "Can cordon, resume and drain workers"),
            ("run_worker", "Can take jobs and report their outcomes"),
        ]
        indexes: ClassVar = [models.Index(fields=["lease_until"], name="worker_lease")]

    def __str__(self) -> str:
        return self.id
