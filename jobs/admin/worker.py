"""Workers: the admin's addresses of the console's pages, and the verbs cordon, resume, drain."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponseBase

from jobs.admin.verbs import VerbAdmin
from jobs.console.worker_verbs import VERBS
from jobs.console.workers import WorkerPage, WorkersPage
from jobs.models import Worker


@admin.register(Worker)
class WorkerAdmin(VerbAdmin):
    verbs = VERBS

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
        return WorkersPage.as_view()(request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        return WorkerPage.as_view()(request, name=unquote(object_id))
