"""Sign-ins: those that live on as refresh tokens, and a count of those that were tried."""

import uuid
from typing import ClassVar

from django.contrib.auth.models import User
from django.db import models
from django.db.models.functions import Now


class TokenSession(models.Model):
    """One sign-in for tokens. Each refresh takes the next `generation`; an old one that comes back ends it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="token_sessions")
    generation = models.IntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.id)


class Throttle(models.Model):
    """How often something was tried since `since`. All web processes count here, so that none is a way around."""

    key = models.TextField(primary_key=True)
    count = models.IntegerField()
    since = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        indexes: ClassVar = [models.Index(fields=["since"], name="throttle_since")]

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"
