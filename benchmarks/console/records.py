"""Lists of what people and jobs leave behind, with their filters and searches, and one row of each."""

from collections.abc import Iterator
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Model

from dispatcher.models import Dispatch
from jobs.models import ApiKey, AuditEntry, Dependency, IdempotencyKey, Job, Notification, StoredFile

_NOBODY = str(UUID(int=7))


def pages() -> Iterator[tuple[str, str]]:
    last = Job.objects.order_by("-pk").values_list("pk", flat=True)[0]
    audited = AuditEntry.objects.order_by("pk").values_list("target", flat=True)[0]
    edge = Dependency.objects.order_by("pk")[0]
    yield from _of("audit", AuditEntry, [
        {"verb": "queue.paused"}, {"verb": "stores.flushed"}, {"actor": "person-9"}, {"actor": "nobody"},
        {"within": "1h"}, {"within": "30d"}, {"verb": "queue.paused", "actor": "person-9", "within": "24h"},
        {"q": audited}, {"q": _NOBODY}, {"p": "40"},
    ])  # fmt: skip
    yield from _of("dispatches", Dispatch, [{"q": str(_asking())}, {"q": "123456789"}, {"q": _NOBODY}, {"p": "40"}])
    yield from _of("notifications", Notification, [{"q": str(_asking())}, {"q": _NOBODY}, {"q": "no number"}])
    yield from _of("dependencies", Dependency, [{"q": str(edge.parent_id)}, {"q": str(last)}])
    yield from _of("idempotency keys", IdempotencyKey, [
        {"type": "bench.noop"}, {"q": "order-77"}, {"q": "no such key"}, {"q": _NOBODY},
    ])  # fmt: skip
    yield from _of("stored files", StoredFile, [{"q": "file-77"}, {"q": "no such file"}])
    yield from _of("API keys", ApiKey, [{"q": "person-9"}, {"q": "fb_nothing"}])
    yield from _of("users", User, [
        {"q": "person-77"}, {"q": "nobody"}, {"is_staff__exact": "1"}, {"is_active__exact": "1"}, {"o": "2"},
        {"o": "-4"}, {"p": "300"},
    ])  # fmt: skip
    yield "roles", "/admin/auth/group/"
    yield "duties", "/admin/jobs/duty/"
    yield "scheduler's lease", "/admin/jobs/schedulerlease/"


def _asking() -> int:
    return User.objects.get(username="bench").pk


def _of(name: str, model: type[Model], filters: list[dict[str, str]]) -> Iterator[tuple[str, str]]:
    table = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    yield name, table
    for given in filters:
        yield f"{name}, {urlencode(given)[:30]}", f"{table}?{urlencode(given)}"
    yield f"one of {name}", f"{table}{model._default_manager.order_by('-pk').values_list('pk', flat=True)[0]}/change/"
