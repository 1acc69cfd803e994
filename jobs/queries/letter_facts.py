"""What a screen shows beside dead letters: how often they came lately, and what their jobs do now."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, DateTimeField, F, Func, Value
from django.db.models.functions import Now

from jobs.models import Job
from jobs.queries.dead_letters import newest
from jobs.services import access
from jobs.services.access import AnyUser

HOUR = timedelta(hours=1)
HOURS = 24


def trend(fingerprints: Sequence[str], most: int) -> dict[str, list[int]]:
    """Of the newest `most`, letters of each of the last 24 hours, oldest first, by fingerprint that has any."""
    # Not the age divided by an hour: that is decimal arithmetic for each letter.
    hour = Func(Value(HOUR), F("failed_at"), Now(), function="date_bin", output_field=DateTimeField())
    counted = (
        newest(most)[0]
        .filter(failed_at__gt=Now() - HOURS * HOUR, fingerprint__in=fingerprints)
        .annotate(hour=hour, now=Now())
        .values_list("fingerprint", "hour", "now")
        .annotate(number=Count("pk"))
        .order_by()
    )
    found: dict[str, list[int]] = {}
    for fingerprint, began, now, number in counted:
        buckets = found.setdefault(fingerprint, [0] * HOURS)
        buckets[HOURS - min(max(round((now - began) / HOUR), 1), HOURS)] += number
    return found


def jobs_now(user: AnyUser, job_ids: Sequence[UUID]) -> dict[UUID, Job]:
    """The jobs of letters, of those that `user` may see and that are still there, without what is large."""
    rows = access.visible(user).filter(pk__in=job_ids)
    return {job.pk: job for job in rows.defer("payload", "result", "backend_data", "retry_policy")}
