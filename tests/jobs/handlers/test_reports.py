import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from jobs.context import Context
from jobs.errors import Invalid
from jobs.handlers import report_queries
from jobs.handlers.reports import generate_report
from jobs.ids import uuid7
from jobs.models import Attempt, Job
from tests.jobs import scenes
from tests.jobs.handlers.conftest import Run

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)


def job(state: str = "succeeded", *, type: str = "echo", waited_ms: int = 0, age: float = 0, **more: Any) -> Job:
    """A job submitted `age` seconds ago that started `waited_ms` after it was due, and ended then."""
    created = NOW - timedelta(seconds=age)
    started = created + timedelta(milliseconds=waited_ms)
    return Job.objects.create(
        id=UUID(int=(int(created.timestamp() * 1000) << 80) | (uuid7().int & (1 << 80) - 1)),
        type=type,
        state=state,
        created_at=created,
        run_at=created,
        started_at=started,
        finished_at=started,
        **more,
    )


def attempt(of: Job, outcome: str, error: str | None = None, number: int = 1) -> None:
    Attempt.objects.create(
        job_id=of.id,
        number=number,
        worker="w",
        started_at=NOW,
        finished_at=NOW,
        outcome=outcome,
        error_type=error,
    )


def rows(artifacts: Path, result: dict[str, Any]) -> list[dict[str, str]]:
    text = (artifacts / result["artifact_path"]).read_text()
    return list(csv.DictReader(io.StringIO(text)))


def test_throughput_counts_what_finished(run: Run, artifacts: Path) -> None:
    for state in ("succeeded", "succeeded", "failed", "cancelled"):
        job(state)
    job("succeeded", type="email.send")
    Job.objects.create(type="echo", state="queued")
    result = run(generate_report, {"reportId": "daily", "query": "job_throughput", "period": "hour"})
    assert (result["artifact_path"], result["rows"], result["truncated"]) == ("reports/_/daily.csv", 2, False)
    hour = NOW.strftime("%Y-%m-%dT%H:00Z")
    counts = {"finished": "4", "succeeded": "2", "failed": "1", "cancelled": "1"}
    assert rows(artifacts, result)[0] == {"period": hour, "type": "echo", **counts}


def test_throughput_by_minute(run: Run, artifacts: Path) -> None:
    job(age=0), job(age=600)
    result = run(generate_report, {"report_id": "m", "period": "minute"})
    assert [row["period"] for row in rows(artifacts, result)] == [
        (NOW - timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%MZ") for age in (0, 600)
    ]


def test_failures_are_counted_by_type_and_error(run: Run, artifacts: Path) -> None:
    first, second = job("failed", type="=evil"), job("failed", type="=evil")
    attempt(first, "raised", "ValueError")
    attempt(first, "raised", "ValueError", number=2)
    attempt(second, "raised", "ValueError")
    attempt(job(), "timed_out")
    attempt(job(), "succeeded")
    result = run(generate_report, {"report_id": "f", "query": "failures_by_type"})
    shown = [
        (row["type"], row["outcome"], row["error_type"], row["attempts"], row["jobs"])
        for row in rows(artifacts, result)
    ]
    assert shown == [("'=evil", "raised", "ValueError", "3", "2"), ("echo", "timed_out", "", "1", "1")]


def test_latency_has_percentiles(run: Run, artifacts: Path) -> None:
    for waited in range(1, 101):
        job(waited_ms=waited)
    job(waited_ms=60_000, dependency_policy="block")
    result = run(generate_report, {"report_id": "q", "query": "queue_latency", "format": "json"})
    [row] = json.loads((artifacts / result["artifact_path"]).read_text())
    assert row == {"queue": "default", "started": 100, "p50_ms": 50.5, "p95_ms": 95.1, "p99_ms": 99.0}


@pytest.mark.parametrize("query", ["job_throughput", "failures_by_type", "queue_latency"])
def test_an_empty_report_has_its_header(run: Run, artifacts: Path, query: str) -> None:
    result = run(generate_report, {"report_id": "e", "query": query})
    assert result["rows"] == 0
    assert "," in (artifacts / result["artifact_path"]).read_text()


def test_only_the_window_is_looked_at(run: Run, artifacts: Path) -> None:
    job(age=30), job(age=7200)
    result = run(generate_report, {"report_id": "w", "window": "1h"})
    assert [row["finished"] for row in rows(artifacts, result)] == ["1"]


def test_a_tenant_sees_its_own_jobs(run: Run, artifacts: Path, make_context: Callable[..., Context]) -> None:
    job(tenant_id="acme"), job(tenant_id="globex"), job()
    result = run(generate_report, {"report_id": "t"}, make_context(tenant_id="acme"))
    assert result["artifact_path"] == "reports/acme/t.csv"
    assert [row["finished"] for row in rows(artifacts, result)] == ["1"]


@pytest.mark.parametrize(("permissions", "finished"), [((), "1"), (("view_job",), "3")])
def test_without_a_tenant_it_is_about_the_jobs_that_its_owner_sees(
    run: Run,
    artifacts: Path,
    make_context: Callable[..., Context],
    permissions: tuple[str, ...],
    finished: str,
) -> None:
    ada = scenes.user("ada", *permissions)
    job(tenant_id="acme"), job(owner_id=ada.pk + 1), job(owner_id=ada.pk)
    result = run(generate_report, {"report_id": "t"}, make_context(owner_id=ada.pk))
    assert [row["finished"] for row in rows(artifacts, result)] == [finished]


def test_the_scan_is_bounded_and_says_so(run: Run, artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_queries, "SCANNED", 3)
    for age in (40, 30, 20, 10):
        job(age=age)
    result = run(generate_report, {"report_id": "b"})
    assert (result["scanned"], result["truncated"]) == (3, True)
    assert sum(int(row["finished"]) for row in rows(artifacts, result)) == 3


def test_owners_do_not_replace_each_others(run: Run, artifacts: Path, make_context: Callable[..., Context]) -> None:
    paths = [run(generate_report, {"report_id": "r"}, make_context(owner_id=n))["artifact_path"] for n in (1, 2)]
    assert paths == ["reports/_1/r.csv", "reports/_2/r.csv"]


def test_twice_is_once(run: Run, artifacts: Path) -> None:
    first, second = (run(generate_report, {"report_id": "r"}) for _ in range(2))
    assert first == second
    assert [path.name for path in (artifacts / "reports/_").iterdir()] == ["r.csv"]


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"report_id": "../../etc/cron.d/x"},
        {"report_id": "a/b"},
        {"report_id": "a", "query": "select 1"},
        {"report_id": "a", "format": "xlsx"},
        {"report_id": "a", "window": "10y"},
        {"report_id": "a", "window": "soon"},
        {"report_id": "a", "period": "hour'; drop table jobs_job; --"},
    ],
)
def test_bad_payloads_are_refused(run: Run, payload: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        run(generate_report, payload)
