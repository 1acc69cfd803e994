"""Idempotency keys in force."""

from django.contrib import admin
from django.db.models import QuerySet

from jobs.admin import shown
from jobs.admin.base import EngineAdmin, as_uuid
from jobs.admin.filters import TypeFilter
from jobs.models import IdempotencyKey

MOST = 100_000


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(EngineAdmin):
    list_display = ("id", "type", "key", "tenant_id", "job", "expires_at")
    list_filter = (TypeFilter,)
    search_fields = ("id",)
    search_help_text = "A whole key, or a job's id"
    fields = ("type", "key", "tenant_id", "request_hash", "job", "expires_at")
    readonly_fields = ("job",)

    def search(self, found: QuerySet[IdempotencyKey], term: str) -> QuerySet[IdempotencyKey]:
        if job_id := as_uuid(term):
            return found.filter(job_id=job_id)
        newest = IdempotencyKey.objects.order_by("-pk").values("pk")[:MOST]
        return found.filter(pk__in=newest, key=term)

    @admin.display(description="job")
    def job(self, row: IdempotencyKey) -> str:
        return shown.job_link(row.job_id)
