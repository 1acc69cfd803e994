"""Queues: the admin's addresses of the console's pages, and the verbs pause, resume, drain."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponseBase

from jobs.admin.verbs import VerbAdmin
from jobs.console.queue_verbs import VERBS
from jobs.console.queues import QueuePage, QueuesPage
from jobs.models import Queue


@admin.register(Queue)
class QueueAdmin(VerbAdmin):
    verbs = VERBS

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
        return QueuesPage.as_view()(request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        return QueuePage.as_view()(request, name=unquote(object_id))
