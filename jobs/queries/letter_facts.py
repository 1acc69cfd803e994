"""What a screen shows beside dead letters: how often they came lately, and what their jobs do now."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, DurationField, ExpressionWrapper, F, IntegerField
from django.db.models.functions import Extract, Floor, Now

from jobs.models import Job
from jobs.queries.dead_letters import newest
from jobs.services import access
from jobs.services.access import AnyUser

HOURS = 24


def trend(fingerprints: Sequence[str], most: int) -> dict[str, list[int]]:
    """Of the newest `most`, letters of each of the last 24 hours, oldest first, by fingerprint that has any."""
    age = ExpressionWrapper(Now() - F("failed_at"), output_field=DurationField())
    hours = Floor(Extract(age, "epoch") / 3600.0, output_field=IntegerField())
    recent = newest(most)[0].filter(failed_at__gt=Now() - timedelta(hours=HOURS))
    counted = (
        recent.filter(fingerprint__in=fingerprints)
        .annotate(hour=hours)
        .values_list("fingerprint", "hour")
        .annotate(number=Count("pk"))
        .order_by()
    )
    found: dict[str, list[int]] = {}
    for fingerprint, hour, number in counted:
        buckets = found.setdefault(fingerprint, [0] * HOURS)
        buckets[HOURS - 1 - min(max(hour, 0), HOURS - 1)] += number
    return found


def jobs_now(user: AnyUser, job_ids: Sequence[UUID]) -> dict[UUID, Job]:
    """The jobs of letters, of those that `user` may see and that are still there, without what is large."""
    rows = access.visible(user).filter(pk__in=job_ids)
    return {job.pk: job for job in rows.defer("payload", "result", "backend_data", "retry_policy")}
