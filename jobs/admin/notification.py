"""Messages that jobs left for people."""

from django.contrib import admin
from django.db.models import QuerySet

from jobs.admin import shown
from jobs.admin.base import EngineAdmin, as_uuid
from jobs.models import Notification


@admin.register(Notification)
class NotificationAdmin(EngineAdmin):
    list_display = ("id", "user_id", "message", "created_at", "read_at")
    search_fields = ("id",)
    search_help_text = "A user's number, or a job's id"
    fields = ("user_id", "message", "job", "created_at", "read_at")
    readonly_fields = ("job",)

    def search(self, found: QuerySet[Notification], term: str) -> QuerySet[Notification]:
        if job_id := as_uuid(term):
            return found.filter(job_id=job_id)
        return found.filter(user_id=int(term)) if term.isascii() and term.isdigit() and len(term) < 19 else found.none()

    @admin.display(description="job")
    def job(self, row: Notification) -> str:
        return shown.job_link(row.job_id)
