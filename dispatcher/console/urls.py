"""Addresses of the dispatcher's pages of the console; they stand before the admin's own."""

from django.urls import path

from dispatcher.console.my_job import MyJobPage
from dispatcher.console.pipeline import PipelinePage

urlpatterns = [
    path("admin/pipeline/", PipelinePage.as_view(), name="console-pipeline"),
    path("my/jobs/<uuid:job_id>", MyJobPage.as_view(), name="my-job"),
]
