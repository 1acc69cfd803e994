"""`/api/v1/...`"""

from django.urls import path

from jobs.api import (
    batch,
    dead_letters,
    files,
    handlers,
    health,
    index,
    job_details,
    job_verbs,
    jobs,
    overviews,
    queues,
    workers,
)

app_name = "api"
urlpatterns = [
    path("", index.IndexView.as_view(), name="index"),
    path("jobs", jobs.JobsView.as_view(), name="jobs"),
    path("jobs/batch", batch.BatchView.as_view(), name="batch"),
    path("jobs/<str:job_id>", jobs.JobView.as_view(), name="job"),
    path("jobs/<str:job_id>/events", job_details.EventsView.as_view(), name="job-events"),
    path("jobs/<str:job_id>/attempts", job_details.AttemptsView.as_view(), name="job-attempts"),
    path("jobs/<str:job_id>/graph", job_details.GraphView.as_view(), name="job-graph"),
    path("jobs/<str:job_id>/logs", job_details.LogsView.as_view(), name="job-logs"),
    path("jobs/<str:job_id>/inspection", job_details.InspectionView.as_view(), name="job-inspection"),
    path("jobs/<str:job_id>/artifact", files.ArtifactView.as_view(), name="job-artifact"),
    path("jobs/<str:job_id>/cancel", job_verbs.CancelView.as_view(), name="job-cancel"),
    path("jobs/<str:job_id>/retry", job_verbs.RetryView.as_view(), name="job-retry"),
    path("dlq", dead_letters.LettersView.as_view(), name="dlq"),
    path("dlq/groups", dead_letters.GroupsView.as_view(), name="dlq-groups"),
    path("dlq/replay", dead_letters.ReplayView.as_view(), name="dlq-replay"),
    path("dlq/delete", dead_letters.DeleteView.as_view(), name="dlq-delete"),
    path("queues", queues.QueuesView.as_view(), name="queues"),
    path("queues/<str:name>/pause", queues.PauseView.as_view(), name="queue-pause"),
    path("queues/<str:name>/resume", queues.ResumeView.as_view(), name="queue-resume"),
    path("queues/<str:name>/drain", queues.DrainView.as_view(), name="queue-drain"),
    path("workers", workers.WorkersView.as_view(), name="workers"),
    path("workers/<str:worker_id>/cordon", workers.CordonView.as_view(), name="worker-cordon"),
    path("workers/<str:worker_id>/resume", workers.ResumeView.as_view(), name="worker-resume"),
    path("workers/<str:worker_id>/drain", workers.DrainView.as_view(), name="worker-drain"),
    path("overview", overviews.OverviewView.as_view(), name="overview"),
    path("dashboard", overviews.DashboardView.as_view(), name="dashboard"),
    path("metrics", overviews.MetricsView.as_view(), name="metrics"),
    path("handlers", handlers.HandlersView.as_view(), name="handlers"),
    path("uploads", files.UploadsView.as_view(), name="uploads"),
    path("health", health.HealthView.as_view(), name="health"),
    path("health/db", health.DatabaseView.as_view(), name="health-db"),
    path("health/redis", health.RedisView.as_view(), name="health-redis"),
]
