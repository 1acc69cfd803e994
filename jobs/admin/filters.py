"""Filters whose choices are known without a look at the filtered table."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.admin.filters import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from jobs.models import Queue
from jobs.registry import registry
from jobs.states import PARKED, State

MOST_QUEUES = 200


class ValueFilter(SimpleListFilter):
    """`?name=value` -> `name = value`, for the offered values only."""

    def values(self) -> Iterable[str]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, value) for value in self.values()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if not chosen:
            return queryset
        if chosen not in {value for value, _ in self.lookup_choices}:
            return queryset.none()
        return queryset.filter(**{str(self.parameter_name): chosen})


class StateFilter(ValueFilter):
    title = "state"
    parameter_name = "state"

    def values(self) -> Iterable[str]:
        return [*(state.value for state in State), PARKED]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        # The list is already narrowed to parked jobs where they are asked for: see JobAdmin.bounded.
        return queryset if self.value() == PARKED else super().queryset(request, queryset)


class TypeFilter(ValueFilter):
    title = "type"
    parameter_name = "type"

    def values(self) -> Iterable[str]:
        return registry.types()


class QueueFilter(ValueFilter):
    title = "queue"
    parameter_name = "queue"

    def values(self) -> Iterable[str]:
        return Queue.objects.order_by("name").values_list("name", flat=True)[:MOST_QUEUES]


class VerbFilter(ValueFilter):
    title = "verb"
    parameter_name = "verb"
    verbs: ClassVar = [
        "job.cancelled",
        "job.cancel_requested",
        "job.retried",
        "job.replayed",
        "job.dead_letter_deleted",
        "job.priority_changed",
        "job.edited",
        "queue.created",
        "queue.paused",
        "queue.resumed",
        "queue.drained",
        "worker.cordoned",
        "worker.resumed",
        "worker.drained",
        "bulk.begun",
        "bulk.stopped",
        "job.stack_taken",
        "stores.flushed",
        "stores.rebuilt",
        "key.created",
        "key.revoked",
        *(f"{noun}.{done}" for noun in ("user", "role") for done in ("created", "changed", "deleted")),
    ]

    def values(self) -> Iterable[str]:
        return self.verbs
