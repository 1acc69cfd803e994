"""One verb for many rows, done by the scheduler in the background."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from jobs.ids import uuid7


class BulkOperationQuerySet(models.QuerySet["BulkOperation"]):
    def running(self) -> "BulkOperationQuerySet":
        return self.filter(state=BulkOperation.State.RUNNING)


class BulkOperation(models.Model):
    """What somebody wants done to all rows that a filter fits, and how far it has come.

    Only rows that were there when it began are touched. `cursor` is the key that was looked at last; it is written
    in the transaction that does the work, so whoever goes on does nothing twice.
    """

    class Verb(models.TextChoices):
        CANCEL = "job.cancel"
        RETRY = "job.retry"
        PRIORITY = "job.priority"
        MOVE = "job.move"
        REPLAY = "dlq.replay"
        DELETE = "dlq.delete"

    class State(models.TextChoices):
        RUNNING = "running"
        STOPPED = "stopped"
        FINISHED = "finished"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    verb = models.TextField(choices=Verb.choices)
    actor_id = models.BigIntegerField()
    actor = models.TextField(help_text="Name at that time")
    source = models.TextField(default="")
    via = models.TextField(default="")
    reason = models.TextField(default="")
    filter = models.JSONField(default=dict, help_text="As the parameters of the API's list")
    parameters = models.JSONField(default=dict, help_text="What the verb changes: queue, priority")
    rate = models.FloatField(null=True, help_text="Rows a second at most; none is no limit")
    estimated = models.IntegerField(help_text="How many fitted when it began")
    estimate_is_whole = models.BooleanField(default=True, help_text="False: at least so many")
    done = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    refusals = models.JSONField(default=list, help_text="The first ones: [[key, why], ...]")
    cursor = models.TextField(default="", help_text="The key that was looked at last")
    state = models.TextField(choices=State.choices, default=State.RUNNING)
    ended_why = models.TextField(default="", help_text="Why it was stopped, or failed")
    created_at = models.DateTimeField(db_default=Now())
    paced_at = models.DateTimeField(db_default=Now(), help_text="Until when its rate is used up")
    worked_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = BulkOperationQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes: ClassVar = [
            models.Index(fields=["id"], name="bulk_running", condition=Q(state="running")),
            models.Index(fields=["finished_at"], name="bulk_finished_at"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(name="bulk_counts", condition=Q(done__gte=0, refused__gte=0, estimated__gte=0)),
            models.CheckConstraint(name="bulk_rate_positive", condition=Q(rate__isnull=True) | Q(rate__gt=0)),
            models.CheckConstraint(
                name="bulk_end_is_dated",
                condition=Q(state="running", finished_at__isnull=True)
                | (~Q(state="running") & Q(finished_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.id}"

    @property
    def handled(self) -> int:
        return self.done + self.refused
