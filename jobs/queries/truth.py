"""Do the two stores agree? The comparison, and what the scheduler's duties healed, for one panel."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models.functions import Now

from jobs.broker import looking_broker
from jobs.errors import BrokerUnavailable
from jobs.models import AuditEntry, Duty, SchedulerLease
from jobs.services import agreement, stores
from jobs.services.agreement import Agreement

MOST_REBUILDS = 5


@dataclass(frozen=True, slots=True)
class Truth:
    """`agreement` is None while Redis does not answer; `rebuilds` are the latest by hand, newest first."""

    agreement: Agreement | None
    reconciler: Duty | None
    rebuilder: Duty | None
    led: bool
    rebuilds: list[AuditEntry]


def truth() -> Truth:
    """A bounded number of queries, each of a bounded number of rows."""
    duties: Mapping[str, Duty] = Duty.objects.in_bulk(["reconciler", "rebuilder"])
    rebuilds = AuditEntry.objects.filter(target=stores.TARGET, verb="stores.rebuilt").order_by("-id")
    return Truth(
        compared(),
        duties.get("reconciler"),
        duties.get("rebuilder"),
        SchedulerLease.objects.filter(until__gt=Now()).exists(),
        list(rebuilds[:MOST_REBUILDS]),
    )


def compared(only: str | None = None) -> Agreement | None:
    """All queues, or only one; None while Redis does not answer."""
    try:
        return agreement.compare(looking_broker(), only)
    except BrokerUnavailable:
        return None
