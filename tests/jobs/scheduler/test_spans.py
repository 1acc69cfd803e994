"""Minutes are added up to half hours and quarters of a day."""

from datetime import UTC, datetime, timedelta

import pytest

from jobs.models import Span, Statistic
from jobs.scheduler.spans import Spans
from jobs.store import prune, statistics

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


def now() -> datetime:
    return datetime.fromtimestamp(int(statistics.clock()) // 60 * 60, UTC)


def minute(ago: timedelta, queue: str = "default", source: str = "a", **counts: int) -> None:
    counted = {f"mail|{name}": count for name, count in counts.items()}
    Statistic.objects.create(queue=queue, minute=now() - ago, source=source, counts=counted)


def total(minutes: int, name: str = "started") -> int:
    return sum(row.counts.get(f"mail|{name}", 0) for row in Span.objects.filter(minutes=minutes))


def test_without_figures_nothing_is_made() -> None:
    assert Spans().run_once() == 0
    assert not Span.objects.exists()


def test_every_minute_counts_once_however_often_it_is_done() -> None:
    # The oldest first: a minute that begins meanwhile leaves a gap, and meets no other.
    for ago in reversed(range(200)):
        minute(ago * MINUTE, started=1)
    minute(3 * MINUTE, source="b", started=5)
    duty = Spans()
    for _ in range(4):
        duty.run_once()
    assert (total(30), total(360)) == (205, 205)
    Spans().run_once()
    assert (total(30), total(360)) == (205, 205)


def test_a_minute_that_comes_late_is_taken_along() -> None:
    minute(0 * MINUTE, started=1)
    duty = Spans()
    duty.run_once()
    minute(50 * MINUTE, started=2)
    duty.run_once()
    duty.run_once()
    assert (total(30), total(360)) == (3, 3)


def test_weeks_are_caught_up_a_day_at_a_time_over_gaps() -> None:
    for days in (13, 12, 5, 0):
        minute(timedelta(days=days), started=1)
    duty = Spans()
    rounds = 0
    while duty.interval == 5.0 and rounds < 40:
        duty.run_once()
        rounds += 1
    assert (total(30), total(360)) == (4, 4)
    assert 13 <= rounds < 40


def test_old_ones_go_with_the_minutes_they_were_made_of() -> None:
    minute(timedelta(days=20), started=1)
    minute(0 * MINUTE, started=1)
    duty = Spans()
    for _ in range(25):
        duty.run_once()
    assert total(360) == 2
    prune.leftovers(audit=1e9, statistics=14 * 86400.0, limit=100)
    assert (total(30), total(360)) == (1, 1)
