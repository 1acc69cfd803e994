"""Addresses of the console's pages that are no table of the admin; they stand before the admin's own."""

from django.urls import path

from jobs.console.bulk.begin import BeginBulk
from jobs.console.bulk.page import BulkPage, StopBulk
from jobs.console.overview import OverviewPage
from jobs.console.stack import TakeStack
from jobs.console.truth import RebuildPage, StoresPage

urlpatterns = [
    path("", OverviewPage.as_view(), name="console-overview"),
    path("stores/", StoresPage.as_view(), name="console-truth"),
    path("stores/rebuild/", RebuildPage.as_view(), name="console-rebuild"),
    path("jobs/job/<uuid:job_id>/stack/", TakeStack.as_view(), name="console-job-stack"),
    path("bulk/", BulkPage.as_view(), name="console-bulk"),
    path("bulk/begin/", BeginBulk.as_view(), name="console-bulk-begin"),
    path("bulk/<uuid:operation_id>/stop/", StopBulk.as_view(), name="console-bulk-stop"),
]
