"""Views that do only what cannot be done without: a row is inserted or selected, and told. Nobody is asked who they
are, nothing is checked, no worker hears of it.
"""

import json
import os

from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.web.bare_settings")
application = get_asgi_application()
from jobs.models import Job  # noqa: E402 - there are no models before Django is set up


def jobs(request: HttpRequest) -> HttpResponse:
    """One row, equal to that of a submitted job."""
    row = _row(json.loads(request.body))
    row.save(force_insert=True)
    return _answer(_told(row), 201)


def batch(request: HttpRequest) -> HttpResponse:
    rows = Job.objects.bulk_create([_row(asked) for asked in json.loads(request.body)["jobs"]])
    return _answer({"ids": [row.pk for row in rows]}, 201)


def job(request: HttpRequest, job_id: str) -> HttpResponse:
    return _answer(_told(Job.objects.get(pk=job_id)), 200)


def _row(asked: dict[str, object]) -> Job:
    return Job(type=asked["type"], payload=asked["payload"], owner_id=1)


def _told(row: Job) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in Job._meta.concrete_fields}


def _answer(body: dict[str, object], status: int) -> HttpResponse:
    made = JsonResponse(body, status=status)
    made["Content-Length"] = str(len(made.content))
    return made


urlpatterns = [path("api/v1/jobs", jobs), path("api/v1/jobs/batch", batch), path("api/v1/jobs/<str:job_id>", job)]
