"""Who leads among the schedulers."""

from django.contrib import admin

from jobs.admin.base import EngineAdmin
from jobs.models import SchedulerLease


@admin.register(SchedulerLease)
class SchedulerLeaseAdmin(EngineAdmin):
    list_display = ("name", "holder", "acquired_at", "until")
