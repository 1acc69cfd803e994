"""What the built-in handlers leave behind: stored files and notifications."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class StoredFiles(models.QuerySet["StoredFile"]):
    def known_as(self, file_id: str, tenant_id: str, owner_id: int | None) -> "StoredFile | None":
        """The file that a job of this tenant, or without one of this owner, means by `file_id`."""
        return self.filter(file_id=file_id, **_space(tenant_id, owner_id)).first()

    def remember(self, file_id: str, tenant_id: str, owner_id: int | None, **values: Any) -> "StoredFile":
        """In place of what was known by that name."""
        stored, _ = self.update_or_create(file_id=file_id, **_space(tenant_id, owner_id), defaults=values)
        return stored


def _space(tenant_id: str, owner_id: int | None) -> dict[str, Any]:
    return {"tenant_id": tenant_id, "owner_id": None if tenant_id else owner_id}


class StoredFile(models.Model):
    """A file that `file.ingest` brought in; a second ingest of the same id replaces it.

    The jobs of a tenant have their files in common; without one, those of each owner.
    """

    id = models.BigAutoField(primary_key=True)
    tenant_id = models.TextField(default="", blank=True)
    owner_id = models.BigIntegerField(null=True, blank=True, help_text="Whose it is; blank for a tenant's")
    file_id = models.TextField()
    path = models.TextField(help_text="In the artifact storage")
    size = models.BigIntegerField(help_text="Bytes")
    sha256 = models.CharField(max_length=64)
    mime = models.TextField()
    source = models.TextField(default="", blank=True)
    job_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = StoredFiles.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "file_id"], condition=Q(owner_id=None), name="stored_file_of_tenant"
            ),
            models.UniqueConstraint(
                fields=["owner_id", "file_id"], condition=~Q(owner_id=None), name="stored_file_of_owner"
            ),
            models.CheckConstraint(name="stored_file_tenant_or_owner", condition=Q(tenant_id="") | Q(owner_id=None)),
        ]

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
