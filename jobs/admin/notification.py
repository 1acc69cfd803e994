"""Messages that jobs left for people."""

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.text import Truncator

from jobs.admin import shown
from jobs.admin.base import EngineAdmin, as_uuid
from jobs.models import Notification


@admin.register(Notification)
class NotificationAdmin(EngineAdmin):
    list_display = ("created_at", "user_id", "short_message", "job", "read_at")
    search_fields = ("id",)
    search_help_text = "A user's number, or a job's id"
    fields = ("user_id", "message", "job", "created_at", "read_at")
    readonly_fields = ("job",)
    nothing = "No job has left a message yet. A job of the type user.notify does, and it appears here."

    def search(self, found: QuerySet[Notification], term: str) -> QuerySet[Notification]:
        if job_id := as_uuid(term):
            return found.filter(job_id=job_id)
        return found.filter(user_id=int(term)) if term.isascii() and term.isdigit() and len(term) < 19 else found.none()

    @admin.display(description="message")
    def short_message(self, row: Notification) -> str:
        return Truncator(row.message).chars(120)

    @admin.display(description="job")
    def job(self, row: Notification) -> str:
        return shown.job_link(row.job_id)
