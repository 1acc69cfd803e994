"""What the built-in handlers leave behind: stored files and notifications."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class StoredFile(models.Model):
    """A file that `file.ingest` brought in; a second ingest of the same id replaces it."""

    id = models.BigAutoField(primary_key=True)
    tenant_id = models.TextField(default="", blank=True)
    file_id = models.TextField()
    path = models.TextField(help_text="In the artifact storage")
    size = models.BigIntegerField(help_text="Bytes")
    sha256 = models.CharField(max_length=64)
    mime = models.TextField()
    source = models.TextField(default="", blank=True)
    job_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant_id", "file_id"], name="stored_file_scope")]

    def __str__(self) -> str:
        return self.file_id


class Notification(models.Model):
    """A message that `user.notify` left for somebody; once per job, however often its handler ran."""

    id = models.BigAutoField(primary_key=True)
    user_id = models.BigIntegerField()
    message = models.TextField()
    job_id = models.UUIDField(unique=True)
    created_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user_id", "-id"], name="notification_user")]

    def __str__(self) -> str:
        return self.message[:80]
