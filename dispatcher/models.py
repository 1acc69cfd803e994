"""What people asked for and what it became, and which labels each may ask for."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class DispatchCategories(models.Model):
    """The labels of one user: a list of `{"label", "type"}`; no row means the defaults."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True)
    labels = models.JSONField(default=list)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "dispatch categories"
        verbose_name_plural = "dispatch categories"

    def __str__(self) -> str:
        return f"categories of user {self.user_id}"


class DispatchQuerySet(models.QuerySet["Dispatch"]):
    """Reusable WHEREs over dispatches."""

    def of(self, user_id: int | None) -> "DispatchQuerySet":
        return self.filter(user_id=user_id) if user_id is not None else self.none()


class Dispatch(models.Model):
    """One sentence on its way to a job, whatever became of it. Written once."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_default=Now())
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    prompt = models.TextField()
    dry_run = models.BooleanField(default=False)
    provider = models.TextField()
    model = models.TextField(default="", blank=True)
    tried = models.JSONField(default=list, help_text="The models that were asked, in their order")
    latency_ms = models.IntegerField(default=0)
    input_tokens = models.IntegerField(null=True)
    output_tokens = models.IntegerField(null=True)
    answer = models.TextField(default="", blank=True, help_text="As the model gave it, cut to 16,000 characters")
    label = models.TextField(default="", blank=True)
    type = models.TextField(default="", blank=True)
    payload = models.JSONField(null=True)
    confidence = models.FloatField(null=True)
    job_id = models.UUIDField(null=True)
    error = models.TextField(default="", blank=True, help_text="Kind of the failure; empty when there was none")

    objects = DispatchQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(fields=["at"], name="dispatch_at"),
            models.Index(fields=["user", "-id"], name="dispatch_user"),
            models.Index(fields=["job_id"], name="dispatch_job", condition=Q(job_id__isnull=False)),
        ]
        verbose_name_plural = "dispatches"

    def __str__(self) -> str:
        return f"dispatch {self.pk}"
