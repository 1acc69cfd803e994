"""Figures: the overview, the snapshot of a console, and the figures alone for everybody."""

from typing import Any, ClassVar

from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api import renders
from jobs.api.groups import groups
from jobs.api.queues import mode
from jobs.api.schema import figures as shapes
from jobs.api.schema.documented import documented
from jobs.api.views import ApiView
from jobs.api.workers import living
from jobs.conf import options
from jobs.filters import letter_filters, query
from jobs.models import Duty, SchedulerLease
from jobs.queries import health, job_search
from jobs.queries.job_search import JobFilter
from jobs.queries.overview import Overview, overview, percentiles, rates
from jobs.queries.pages import Place
from jobs.services import access
from jobs.states import FINAL
from jobs.tally import Figures

TAG = "figures"
LONGEST = 24 * 60
DEFAULT = 60
NEWEST = 20
PARAMETERS = (query.number("minutes", f"How far back, {DEFAULT} when left out", 1, LONGEST),)


class OverviewView(ApiView):
    """The whole at a glance."""

    needs: ClassVar = {"GET": access.VIEW_JOB}
    query = PARAMETERS

    @documented("Look at the overview", tag=TAG, gives={200: shapes.Overview}, errors=(400,))
    def get(self, request: Request) -> Response:
        """What is live now, and what happened in the last minutes; a few seconds behind. Times are milliseconds."""
        return Response(_overview(overview(self.asked(request).get("minutes", DEFAULT))))


class DashboardView(ApiView):
    """All that a console shows, in one answer."""

    needs: ClassVar = {"GET": access.VIEW_JOB}
    query = PARAMETERS

    @documented("Look at the dashboard", tag=TAG, gives={200: shapes.Dashboard}, errors=(400,))
    def get(self, request: Request) -> Response:
        """The overview, workers, the scheduler's duties, the newest jobs and the commonest failures."""
        found = overview(self.asked(request).get("minutes", DEFAULT))
        newest = job_search.search(request.user, JobFilter(), Place(), NEWEST).rows
        failures, _ = groups(request.user, letter_filters.wanted({}), NEWEST)
        return Response(
            {
                "overview": _overview(found),
                "workers": living(),
                "duties": [_duty(row) for row in found.duties],
                "newest_jobs": renders.jobs(newest, request.user),
                "failures": failures,
            }
        )


class OpenUnlessClosed(BasePermission):
    """Everybody while METRICS_OPEN is on, else those who may view jobs."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return options().metrics_open or request.user.has_perm(access.VIEW_JOB)


class MetricsView(ApiView):
    """The figures alone: no names of machines or people, no payloads."""

    permission_classes = (OpenUnlessClosed, AllowAny)  # the second one tells the OpenAPI document
    query = PARAMETERS

    @documented("Read the figures", tag=TAG, gives={200: shapes.Metrics}, errors=(400,), open=True)
    def get(self, request: Request) -> Response:
        """Open to everybody, unless the setting METRICS_OPEN closes it."""
        found = overview(self.asked(request).get("minutes", DEFAULT))
        return Response({**_figures(found), "queues": [_queue(found, *one) for one in found.queues]})


def _figures(found: Overview) -> dict[str, Any]:
    return {
        "at": renders.time(found.at),
        "minutes": found.minutes,
        "live": found.live.together(),
        "counted_at": renders.time(found.live.counted_at),
        **_counts(found.total),
        **rates(found.total, found.seconds),
        **percentiles(found.total),
        "workers": found.workers,
        "leader_alive": found.leader is not None,
    }


def _counts(figures: Figures) -> dict[str, Any]:
    return {
        "enqueued": figures.enqueued,
        "started": figures.started,
        "duplicates_suppressed": figures.suppressed,
        "fenced": figures.fenced,
        "outcomes": figures.outcomes,
        "finished": {state: figures.states.get(state, 0) for state in sorted(FINAL)},
        "retried": figures.states.get("retrying", 0),
    }


def _queue(found: Overview, row: Any, figures: Figures) -> dict[str, Any]:
    return {
        "name": row.name,
        "mode": row.mode,
        "live": dict(found.live.of(row.name)),
        **_counts(figures),
        **rates(figures, found.seconds),
        **percentiles(figures),
    }


def _overview(found: Overview) -> dict[str, Any]:
    return {
        **_figures(found),
        "queues": [{**_queue(found, row, figures), **mode(row)} for row, figures in found.queues],
        "leader": _leader(found.leader),
        "stores": {"postgresql": health.database(), "redis": health.redis()},
        "trend_minutes": found.step,
        "trend": [{"at": renders.time(at), **_counts(one), **percentiles(one)} for at, one in found.trend],
    }


def _leader(lease: SchedulerLease | None) -> dict[str, Any] | None:
    if lease is None:
        return None
    return {
        "holder": lease.holder,
        "acquired_at": renders.time(lease.acquired_at),
        "until": renders.time(lease.until),
    }


def _duty(row: Duty) -> dict[str, Any]:
    return {
        "name": row.name,
        "holder": row.holder,
        "last_run_at": renders.time(row.last_run_at),
        "last_work_at": renders.time(row.last_work_at),
        "last_count": row.last_count,
        "total": row.total,
        "last_error": row.last_error,
    }
