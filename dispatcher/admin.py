"""Dispatches: what was asked, and what it became."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from dispatcher.models import Dispatch
from jobs.admin import shown
from jobs.admin.base import EngineAdmin, as_uuid
from jobs.console.job.hidden import HIDDEN
from jobs.services import access


@admin.register(Dispatch)
class DispatchAdmin(EngineAdmin):
    list_display = ("at", "user", "label", "type", "became", "provider", "model", "latency_ms", "confidence")
    list_defer: ClassVar = ("prompt", "answer", "payload")
    list_select_related = ("user",)
    search_fields = ("id",)
    search_help_text = "A user's number, or a job's id"
    fields = (
        "at", "user", "shown_prompt", "dry_run", "provider", "model", "tried", "latency_ms", "input_tokens",
        "output_tokens", "shown_answer", "label", "type", "shown_payload", "confidence", "became",
    )  # fmt: skip
    readonly_fields = ("shown_prompt", "shown_answer", "shown_payload", "became")
    nothing = "Nobody has asked for anything in plain English yet. What is asked, and the job it becomes, appears here."

    def search(self, found: QuerySet[Dispatch], term: str) -> QuerySet[Dispatch]:
        if job_id := as_uuid(term):
            return found.filter(job_id=job_id)
        return found.filter(user_id=int(term)) if term.isascii() and term.isdigit() and len(term) < 10 else found.none()

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Dispatch | None:
        """Prompt, answer and payload only for their author, and for those who may see payloads."""
        row: Dispatch | None = super().get_object(request, object_id, from_field)
        if row is not None and not access.sees_payload(request.user, row.user_id):
            row.prompt = row.answer = HIDDEN
            row.payload = None
        return row

    @admin.display(description="prompt")
    def shown_prompt(self, row: Dispatch) -> str:
        return row.prompt

    @admin.display(description="answer")
    def shown_answer(self, row: Dispatch) -> str:
        return row.answer or "-"

    @admin.display(description="payload")
    def shown_payload(self, row: Dispatch) -> str:
        return shown.as_json(row.payload)

    @admin.display(description="became")
    def became(self, row: Dispatch) -> str:
        """A job, nothing on purpose, or a failure."""
        if row.job_id is not None:
            return shown.job_link(row.job_id)
        return f"failed: {row.error}" if row.error else "a dry run" if row.dry_run else "-"
