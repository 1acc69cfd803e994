"""Values as the admin shows them. Whatever comes from a job is escaped."""

import json
from typing import Any
from uuid import UUID

from django.contrib.admin.utils import quote
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString


def as_json(value: Any) -> SafeString:
    """Indented JSON in a box of its own."""
    if value is None:
        return SafeString("-")
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return format_html('<pre class="whitespace-pre-wrap break-all font-mono text-xs">{}</pre>', text)


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
