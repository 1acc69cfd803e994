"""The API's lists and figures, which programs look at."""

from collections.abc import Iterator
from urllib.parse import unquote, urlencode

from benchmarks.console import jobs, letters
from jobs.models import Job
from jobs.states import State

_LISTS = ("bulk", "queues", "workers", "workers?all=true", "handlers")


def pages() -> Iterator[tuple[str, str]]:
    yield from (("API: jobs", "/api/v1/jobs"), ("API: 500 jobs", "/api/v1/jobs?limit=500"))
    for given in jobs.filters():
        yield f"API: jobs, {unquote(urlencode(given))[:36]}", f"/api/v1/jobs?{urlencode(given)}"
    failed = Job.objects.filter(state=State.FAILED).order_by("-pk")[0].pk
    yield "API: a job", f"/api/v1/jobs/{failed}"
    for part in ("events", "attempts", "graph", "logs", "inspection"):
        yield f"API: a job's {part}", f"/api/v1/jobs/{failed}/{part}"
    for path in ("dlq", "dlq/groups"):
        yield f"API: {path}", f"/api/v1/{path}"
        for given in letters.filters():
            yield f"API: {path}, {urlencode(given)[:30]}", f"/api/v1/{path}?{urlencode(given)}"
    yield from ((f"API: {path}", f"/api/v1/{path}") for path in _LISTS)
    for path in ("overview", "dashboard", "metrics"):
        for minutes in (60, 1440):
            yield f"API: {path}, {minutes} minutes", f"/api/v1/{path}?minutes={minutes}"
    yield "Prometheus", "/metrics"
