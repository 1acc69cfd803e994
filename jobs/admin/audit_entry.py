"""The audit log: who did what, from where, and why."""

from datetime import timedelta
from typing import ClassVar

from django.contrib import admin
from django.contrib.admin.filters import SimpleListFilter
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from unfold.contrib.filters.admin import TextFilter

from jobs.admin import shown
from jobs.admin.base import EngineAdmin, as_uuid
from jobs.admin.filters import VerbFilter
from jobs.console.letters.payload_diff import compare
from jobs.models import AuditEntry
from jobs.services import access


class ActorFilter(TextFilter):  # type: ignore[misc]  # unfold has no types
    title = "actor"
    parameter_name = "actor"

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        name = (self.value() or "").strip()
        return queryset.filter(actor=name) if name and "\0" not in name else queryset


class TimeFilter(SimpleListFilter):
    title = "time"
    parameter_name = "within"
    spans: ClassVar = {
        "1h": ("last hour", timedelta(hours=1)),
        "24h": ("last 24 hours", timedelta(days=1)),
        "7d": ("last 7 days", timedelta(days=7)),
        "30d": ("last 30 days", timedelta(days=30)),
    }

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(name, label) for name, (label, _) in self.spans.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        chosen = self.spans.get(self.value() or "")
        return queryset.filter(at__gte=Now() - chosen[1]) if chosen else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(EngineAdmin):
    list_display = ("at", "who", "verb", "what", "reason")
    list_filter = (VerbFilter, ActorFilter, TimeFilter)
    list_filter_submit = True
    list_defer = ("before", "after")
    search_fields = ("id",)
    search_help_text = "A job's id, or a whole target such as queue:default"
    fields = ("at", "actor", "source", "via", "verb", "what", "changes", "reason")
    readonly_fields = ("what", "changes")
    nothing = "Nobody has done anything yet. Each cancel, retry, pause or other verb of a person leaves a row here."

    def search(self, found: QuerySet[AuditEntry], term: str) -> QuerySet[AuditEntry]:
        job_id = as_uuid(term)
        return found.filter(target=f"job:{job_id}" if job_id else term)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> AuditEntry | None:
        entry: AuditEntry | None = super().get_object(request, object_id, from_field)
        if entry is not None and not request.user.has_perm(access.VIEW_PAYLOAD):
            entry.before, entry.after = access.redacted(entry.before), access.redacted(entry.after)
        return entry

    @admin.display(description="who")
    def who(self, entry: AuditEntry) -> str:
        """`ada (session, 10.0.0.7)`"""
        where = ", ".join(part for part in (entry.via, entry.source) if part)
        return format_html("<span><bdi>{}</bdi> (<bdi>{}</bdi>)</span>", entry.actor, where) if where else entry.actor

    @admin.display(description="target")
    def what(self, entry: AuditEntry) -> str:
        return shown.target_link(entry.target)

    @admin.display(description="before and after")
    def changes(self, entry: AuditEntry) -> SafeString:
        diff = compare(entry.before or {}, entry.after or {}, {})
        hidden = access.HIDDEN in ((entry.before or {}).get("payload"), (entry.after or {}).get("payload"))
        page = render_to_string("admin/jobs/audit_entry/changes.html", {"diff": diff, "hidden": hidden})
        return mark_safe(page)  # noqa: S308 - rendered by a template, which escapes
