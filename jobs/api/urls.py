"""`/api/v1/...`"""

from django.urls import path

from jobs.api import health, jobs

app_name = "api"
urlpatterns = [
    path("jobs", jobs.JobsView.as_view(), name="jobs"),
    path("jobs/<str:job_id>", jobs.JobView.as_view(), name="job"),
    path("health", health.health, name="health"),
]
