"""Addresses of the console's pages that are no table of the admin. They stand before the admin's own, under its
addresses and names (`admin:jobs_job_changelist`): a refresh of who is signed out must not be led to a form.
"""

from typing import NoReturn

from django.http import Http404, HttpRequest
from django.urls import path

from jobs.console.bulk.begin import BeginBulk
from jobs.console.bulk.page import BulkPage, StopBulk
from jobs.console.events import EventsPage
from jobs.console.job.list import JobsPage
from jobs.console.job.page import JobPage
from jobs.console.metrics import MetricsPage
from jobs.console.new_job.page import NewJobPage
from jobs.console.overview import OverviewPage
from jobs.console.stack import TakeStack
from jobs.console.truth import RebuildPage, StoresPage


def _nothing(request: HttpRequest, rest: str) -> NoReturn:
    """In place of the admin's links to rows on the site: none has a page there, and ids that are UUIDs break it."""
    raise Http404


urlpatterns = [
    path("r/<path:rest>", _nothing),
    path("", OverviewPage.as_view(), name="console-overview"),
    path("events/", EventsPage.as_view(), name="console-events"),
    path("metrics/", MetricsPage.as_view(), name="console-metrics"),
    path("stores/", StoresPage.as_view(), name="console-truth"),
    path("stores/rebuild/", RebuildPage.as_view(), name="console-rebuild"),
    path("jobs/job/<uuid:job_id>/stack/", TakeStack.as_view(), name="console-job-stack"),
    path("bulk/", BulkPage.as_view(), name="console-bulk"),
    path("bulk/begin/", BeginBulk.as_view(), name="console-bulk-begin"),
    path("bulk/<uuid:operation_id>/stop/", StopBulk.as_view(), name="console-bulk-stop"),
    path("jobs/job/", JobsPage.as_view()),
    path("jobs/job/add/", NewJobPage.as_view()),
    path("jobs/job/<path:job_id>/change/", JobPage.as_view()),
]
