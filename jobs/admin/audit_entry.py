"""The audit log."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from jobs.admin import shown
from jobs.admin.base import EngineAdmin, as_uuid
from jobs.admin.filters import VerbFilter
from jobs.models import AuditEntry
from jobs.services import access


@admin.register(AuditEntry)
class AuditEntryAdmin(EngineAdmin):
    list_display = ("id", "at", "actor", "source", "via", "verb", "target", "reason")
    list_filter = (VerbFilter,)
    list_defer = ("before", "after")
    search_fields = ("id",)
    search_help_text = "A job's id, or a whole target such as queue:default"
    fields = ("at", "actor", "source", "via", "verb", "target", "shown_before", "shown_after", "reason")
    readonly_fields = ("shown_before", "shown_after")

    def search(self, found: QuerySet[AuditEntry], term: str) -> QuerySet[AuditEntry]:
        job_id = as_uuid(term)
        return found.filter(target=f"job:{job_id}" if job_id else term)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> AuditEntry | None:
        entry: AuditEntry | None = super().get_object(request, object_id, from_field)
        if entry is not None and not request.user.has_perm(access.VIEW_PAYLOAD):
            entry.before, entry.after = access.redacted(entry.before), access.redacted(entry.after)
        return entry

    @admin.display(description="before")
    def shown_before(self, entry: AuditEntry) -> SafeString:
        return shown.as_json(entry.before)

    @admin.display(description="after")
    def shown_after(self, entry: AuditEntry) -> SafeString:
        return shown.as_json(entry.after)
