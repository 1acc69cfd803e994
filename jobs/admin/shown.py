"""Values as the admin shows them. Whatever comes from a job is escaped."""

from typing import Any
from uuid import UUID

from django.contrib.admin.utils import quote
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.console import tags


def as_json(value: Any) -> SafeString:
    """Indented JSON in a box of its own, as the console shows it."""
    return SafeString("-") if value is None else format_html('<div class="console">{}</div>', tags.json_(value))


def job_link(job_id: UUID | None) -> str:
    """A link to a job's page; it may be gone by now."""
    if job_id is None:
        return "-"
    address = reverse("admin:jobs_job_change", args=[job_id])
    return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', address, job_id)


_TARGETS = ("job", "queue", "worker")


def target_link(target: str) -> str:
    """`queue:mail` as a link to it, where it has a page of its own."""
    kind, _, key = target.partition(":")
    if kind not in _TARGETS or not key:
        return target
    address = reverse(f"admin:jobs_{kind}_change", args=[quote(key)])
    return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', address, target)
