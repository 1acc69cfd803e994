"""An edge parent -> child: the child waits until it is met."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jobs.states import DependencyPolicy


class Dependency(models.Model):
    """Met exactly once: `met_at` is set by one guarded UPDATE, and the child's `unmet` is counted down with it."""

    id = models.BigAutoField(primary_key=True)
    parent_id = models.UUIDField()
    child_id = models.UUIDField()
    label = models.TextField(default="", help_text="Name under which the child reads the parent's result")
    policy = models.TextField(
        choices=[(policy.value, policy.value) for policy in DependencyPolicy], default=DependencyPolicy.BLOCK
    )
    met_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["child_id", "parent_id"], name="dependency_once"),
            models.CheckConstraint(name="dependency_not_self", condition=~Q(child_id=F("parent_id"))),
        ]
        indexes: ClassVar = [
            models.Index(fields=["parent_id"], name="dependency_parent"),
        ]
        verbose_name_plural = "dependencies"

    def __str__(self) -> str:
        return f"{self.parent_id} -> {self.child_id}"
