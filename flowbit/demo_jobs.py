"""What the demo shows: a job of each kind that a first look should see."""

import io
from typing import Any

from PIL import Image, ImageDraw

from jobs import artifacts
from jobs.envelope import DependsOn, JobRequest
from jobs.errors import KeyReused
from jobs.services import enqueue_many

PICTURE = f"{artifacts.UPLOADS}/demo.png"
_SIZE = (960, 640)
_ONCE = "520w"  # how long a second seeding finds the first one's jobs, unless retention has deleted them


def submit(owner_id: int) -> int:
    """Store the picture and submit the jobs, all of them once. Returns how many were new."""
    artifacts.replace(PICTURE, _picture())
    try:
        found = enqueue_many([*_single_jobs(owner_id), *_diamond(owner_id)])
    except KeyReused:
        # An earlier release seeded this folder, with other jobs under these keys: they are there to be looked at.
        return 0
    return sum(not one.duplicate_suppressed for one in found)


def _single_jobs(owner_id: int) -> list[JobRequest]:
    quick = {"policy": "constant", "initial_delay": "2s"}
    return [
        _job(owner_id, "echo", "echo", {"message": "hello flowbit"}),
        _job(
            owner_id,
            "second-try",
            "fail",
            {"message": "the first try fails", "fail_times": 1},
            retry_policy=quick,
        ),
        _job(owner_id, "dead", "fail", {"message": "no such host 10.0.0.7"}, max_attempts=2, retry_policy=quick),
        _job(owner_id, "thumbnail", "image.thumbnail", {"path": PICTURE, "size": "sm"}, tags=["picture"]),
        _job(owner_id, "mail", "email.send", {"recipient": "ops@example.com", "subject": "Hello"}, priority=8),
        _job(owner_id, "report", "report.generate", {"report_id": "demo", "query": "job_throughput"}),
        _job(owner_id, "later", "echo", {"message": "an hour later"}, delay="1h"),
    ]


def _diamond(owner_id: int) -> list[JobRequest]:
    """One job, two that wait for it, and one that waits for both."""
    top = _job(owner_id, "diamond-fetch", "echo", {"rows": 120})
    left = _job(owner_id, "diamond-count", "echo", {"step": "count"}, dependencies=[top])
    right = _job(owner_id, "diamond-check", "echo", {"step": "check", "delay_ms": 1500}, dependencies=[top])
    both = [DependsOn(left.id, "count"), DependsOn(right.id, "check")]
    return [top, left, right, _job(owner_id, "diamond-report", "echo", {"step": "report"}, dependencies=both)]


def _job(owner_id: int, name: str, type_: str, payload: dict[str, object], **options: Any) -> JobRequest:
    key = f"demo:{name}"
    return JobRequest(
        type=type_, payload=payload, owner_id=owner_id, idempotency_key=key, dedupe_window=_ONCE, **options
    )


def _picture() -> io.BytesIO:
    """A PNG: circles before a gradient."""
    image = Image.linear_gradient("L").resize(_SIZE).convert("RGB")
    draw = ImageDraw.Draw(image)
    for number, colour in enumerate(("#3B82F6", "#22C55E", "#F59E0B", "#EF4444")):
        left = 60 + 220 * number
        draw.ellipse((left, 220, left + 180, 400), fill=colour)
    stored = io.BytesIO()
    image.save(stored, "PNG")
    return stored
