"""Which request made which job, so that a repeat makes none."""

from typing import ClassVar

from django.db import models


class IdempotencyKey(models.Model):
    """One per (tenant, type, key) until it expires; then the next submit takes the row over."""

    id = models.BigAutoField(primary_key=True)
    tenant_id = models.TextField(default="")
    type = models.TextField()
    key = models.TextField()
    request_hash = models.CharField(max_length=64)
    job_id = models.UUIDField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "type", "key"], name="idempotency_scope"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["expires_at"], name="idempotency_expiry"),
            models.Index(fields=["job_id"], name="idempotency_job"),
        ]

    def __str__(self) -> str:
        return f"{self.type}:{self.key}"
