"""The addresses of plain English and of the categories, wherever they are mounted."""

from django.urls import path

from dispatcher.api import categories, dispatch, jobs

shared = [
    path("dispatch", dispatch.DispatchView.as_view(), name="dispatch"),
    path("dispatch/<int:dispatch_id>", dispatch.OneDispatchView.as_view(), name="one-dispatch"),
    path("settings/dispatch-categories", categories.CategoriesView.as_view(), name="categories"),
]
"""At the root, under `/api/` and under `/api/v1/`."""

short = [
    *shared,
    path("jobs", jobs.ShortJobsView.as_view(), name="jobs"),
    path("jobs/<str:job_id>", jobs.ShortJobView.as_view(), name="job"),
]
"""At the root and under `/api/`; `/api/v1/jobs` is the long form."""
