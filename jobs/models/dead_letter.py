"""A finally failed job, kept for people to look at and replay."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class DeadLetter(models.Model):
    """At most one per job; a replay that fails again updates it. Deleting it leaves the job `failed`."""

    id = models.BigAutoField(primary_key=True)
    job_id = models.UUIDField(unique=True)
    type = models.TextField()
    queue = models.TextField()
    tenant_id = models.TextField(default="")
    fingerprint = models.CharField(max_length=16)
    error_type = models.TextField()
    error_message = models.TextField()
    tries = models.SmallIntegerField()
    failed_at = models.DateTimeField(db_default=Now())
    replay_count = models.IntegerField(default=0)
    last_replayed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["fingerprint", "id"], name="dead_letter_group"),
            models.Index(fields=["failed_at"], name="dead_letter_failed_at"),
        ]
        verbose_name = "dead letter"

    def __str__(self) -> str:
        return f"{self.error_type} in {self.type} {self.job_id}"
