"""What the scheduler's duties last did."""

from django.contrib import admin

from jobs.admin.base import EngineAdmin
from jobs.models import Duty


@admin.register(Duty)
class DutyAdmin(EngineAdmin):
    list_display = ("name", "last_run_at", "last_work_at", "last_count", "total", "last_error", "holder")
    ordering = ("name",)
