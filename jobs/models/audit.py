"""Who did what, from where, and why."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class AuditEntry(models.Model):
    """Written in the transaction of the verb that it tells of; never changed."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_default=Now())
    actor_id = models.BigIntegerField(null=True)
    actor = models.TextField(help_text="Name at that time; `system` for the scheduler")
    source = models.TextField(default="", help_text="IP address, `shell`, ...")
    via = models.TextField(default="", db_default="", help_text="`session`, `key ab12cd`, `token`, `header`, ...")
    verb = models.TextField(help_text="job.cancelled, queue.paused, ...")
    target = models.TextField(help_text="job:<id>, queue:<name>, worker:<id>")
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField(default="")

    class Meta:
        default_permissions = ("view",)
        permissions: ClassVar = [
            ("edit_limits", "Can edit rate limits"),
            ("edit_schedules", "Can edit schedules"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["target", "id"], name="audit_target"),
            models.Index(fields=["at"], name="audit_at"),
        ]
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.actor} {self.verb} {self.target}"
