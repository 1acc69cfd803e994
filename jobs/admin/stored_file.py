"""Files that jobs brought in."""

from django.contrib import admin
from django.db.models import QuerySet

from jobs.admin import shown
from jobs.admin.base import EngineAdmin
from jobs.models import StoredFile


@admin.register(StoredFile)
class StoredFileAdmin(EngineAdmin):
    list_display = ("id", "file_id", "tenant_id", "owner_id", "size", "mime", "created_at")
    search_fields = ("id",)
    search_help_text = "The file id of a file without a tenant"
    fields = ("file_id", "tenant_id", "owner_id", "path", "size", "sha256", "mime", "source", "job", "created_at")
    readonly_fields = ("job",)

    def search(self, found: QuerySet[StoredFile], term: str) -> QuerySet[StoredFile]:
        return found.filter(tenant_id="", file_id=term)

    @admin.display(description="job")
    def job(self, file: StoredFile) -> str:
        return shown.job_link(file.job_id)
