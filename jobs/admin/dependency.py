"""Edges between jobs."""

from django.contrib import admin
from django.db.models import Q, QuerySet

from jobs.admin import shown
from jobs.admin.base import EngineAdmin, as_uuid
from jobs.models import Dependency


@admin.register(Dependency)
class DependencyAdmin(EngineAdmin):
    list_display = ("id", "parent", "child", "label", "policy", "met_at")
    search_fields = ("id",)
    search_help_text = "The id of a job that waits, or is still waited for"
    fields = ("parent", "child", "label", "policy", "met_at")
    readonly_fields = ("parent", "child")

    def search(self, found: QuerySet[Dependency], term: str) -> QuerySet[Dependency]:
        job_id = as_uuid(term)
        if job_id is None:
            return found.none()
        return found.filter(Q(child_id=job_id) | Q(parent_id=job_id, met_at__isnull=True))

    @admin.display(description="parent")
    def parent(self, edge: Dependency) -> str:
        return shown.job_link(edge.parent_id)

    @admin.display(description="child")
    def child(self, edge: Dependency) -> str:
        return shown.job_link(edge.child_id)
