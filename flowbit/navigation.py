"""The console's sidebar, its palette, and the name of the environment in its header. It knows all apps."""

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from unfold.dataclasses import SearchResult

from jobs.services import access


class Entry(NamedTuple):
    """A page: `key` goes to it after `g`; without `permission` every person of the staff sees it."""

    title: str
    icon: str
    url_name: str
    key: str = ""
    permission: str = ""


GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "",
        (
            Entry("Overview", "speed", "admin:index", "o"),
            Entry("Pipeline", "view_kanban", "console-pipeline", "i"),
            Entry("Jobs", "list_alt", "admin:jobs_job_changelist", "j", access.VIEW_JOB),
            Entry("Dead letters", "report", "admin:jobs_deadletter_changelist", "d", "jobs.view_deadletter"),
            Entry("Operations", "playlist_add_check", "console-bulk", "b", access.VIEW_JOB),
            Entry("Queues", "stacks", "admin:jobs_queue_changelist", "q", access.VIEW_QUEUE),
            Entry("Workers", "memory", "admin:jobs_worker_changelist", "w", access.VIEW_WORKER),
            Entry("Metrics", "monitoring", "console-metrics", "m", access.VIEW_JOB),
            Entry("Events", "bolt", "console-events", "e", access.VIEW_JOB),
            Entry("Stores", "sync_alt", "console-truth", "r", access.VIEW_QUEUE),
        ),
    ),
    (
        "Records",
        (
            Entry("Dispatches", "chat", "admin:dispatcher_dispatch_changelist", "p", "dispatcher.view_dispatch"),
            Entry("Notifications", "notifications", "admin:jobs_notification_changelist", "", "jobs.view_notification"),
            Entry("Audit", "history", "admin:jobs_auditentry_changelist", "a", access.VIEW_AUDIT),
        ),
    ),
    (
        "Access",
        (
            Entry("API keys", "key", "admin:jobs_apikey_changelist", "k", "jobs.view_apikey"),
            Entry("Users", "person", "admin:auth_user_changelist", "u", "auth.view_user"),
            Entry("Roles", "groups", "admin:auth_group_changelist", "", "auth.view_group"),
            Entry("My settings", "tune", "dispatcher:categories", "s"),
        ),
    ),
)


# unfold's templates look for these, and to find out that there is none costs them an exception each.
_ASKED_FOR = {"badge": "", "collapsible": False, "link_callback": None, "separator": False}


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    return [{**_ASKED_FOR, "title": title, "items": [_item(entry) for entry in entries]} for title, entries in GROUPS]


def _item(entry: Entry) -> dict[str, Any]:
    return {
        **_ASKED_FOR,
        "title": entry.title,
        "icon": entry.icon,
        "link": reverse(entry.url_name),
        "key": entry.key,
        "permission": _allowed(entry),
    }


def _allowed(entry: Entry) -> Callable[[HttpRequest], bool]:
    return lambda request: not entry.permission or request.user.has_perm(entry.permission)


def search(request: HttpRequest, term: str) -> list[SearchResult]:
    """What the palette finds beside the tables: pages by name, and a job by its id."""
    found = [
        SearchResult(title=entry.title, description="Page", link=reverse(entry.url_name), icon=entry.icon)
        for _, entries in GROUPS
        for entry in entries
        if term in entry.title.lower() and _allowed(entry)(request)
    ]
    return [*_job(request, term), *found]


def _job(request: HttpRequest, term: str) -> list[SearchResult]:
    try:
        job_id = UUID(term.strip())
    except ValueError:
        return []
    if not request.user.has_perm(access.VIEW_JOB):
        return []
    link = reverse("admin:jobs_job_change", args=[job_id])
    return [SearchResult(title=str(job_id), description="Job", link=link, icon="list_alt")]


def environment(request: HttpRequest) -> tuple[str, str] | None:
    """FLOWBIT_ENVIRONMENT as a label; production and the like in red, so that it is not mistaken."""
    name = settings.ENVIRONMENT
    return (name, "danger" if name.lower().startswith("prod") else "info") if name else None
