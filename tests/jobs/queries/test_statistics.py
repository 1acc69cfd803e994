"""The last hour is told from what the scheduler has added up, and from minutes where it has not yet."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from jobs.models import Span, Statistic
from jobs.queries.history import RANGES, history
from jobs.queries.statistics import Window, minutes, window
from jobs.scheduler.spans import Spans
from jobs.store import spans, statistics

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)
QUEUES, TYPES = ("critical", "default"), ("mail", "report")


@pytest.fixture
def present() -> datetime:
    """The present minute, of an hour and a half with work in each."""
    now = datetime.fromtimestamp(int(statistics.clock()) // 60 * 60, UTC)
    counts = {f"{type_}|started": 1 for type_ in TYPES}
    Statistic.objects.bulk_create(
        Statistic(queue=queue, minute=now - ago * MINUTE, source="a", counts=counts)
        for queue in QUEUES
        for ago in range(90)
    )
    return now


def started(found: Window) -> tuple[int, dict[str, int], dict[str, int]]:
    """In total, by queue and by type."""
    by = (found.by_queue, found.by_type)
    return found.total.started, *({name: one.started for name, one in part.items()} for part in by)


def is_an_hour(found: Window) -> bool:
    """The present minute may end at any moment, also between the sums, and the first of the hour leaves them then."""
    total, by_queue, by_type = started(found)
    each = {*by_queue.values(), *by_type.values()}
    return total in (240, 236) and each <= {120, 118} and (set(by_queue), set(by_type)) == (set(QUEUES), set(TYPES))


def add_minutes() -> None:
    spans.add_minutes(datetime.fromtimestamp(0, UTC), datetime.fromtimestamp(statistics.clock() + 60, UTC))


def test_an_hour_is_told_before_anything_is_added_up(present: datetime) -> None:
    assert is_an_hour(window(60))
    assert not Span.objects.exists()


def test_an_hour_is_the_same_when_it_is_added_up(present: datetime) -> None:
    add_minutes()
    Spans().run_once()
    assert {row.minutes for row in Span.objects.all()} >= {spans.MINUTE, spans.FIVE}
    assert is_an_hour(window(60))
    assert {one.started for _, one in window(60).trend(59)[1:]} == {4}
    assert minutes(60).total.started in (240, 236)


def test_closed_spans_stand_for_their_minutes(present: datetime) -> None:
    Spans().run_once()
    middle = spans.floor(spans.FIVE, present - 30 * MINUTE)
    Span.objects.filter(minutes=spans.FIVE, at=middle, queue="default").update(counts={"mail|started": 1005})
    total, by_queue, by_type = started(window(60))
    assert by_queue["default"] in (1115, 1113)
    assert by_type["mail"] in (1120, 1118)
    assert total in (240, 236)


def test_a_minute_that_comes_late_counts_as_soon_as_it_is_added_up(present: datetime) -> None:
    add_minutes()
    Spans().run_once()
    at = present - 20 * MINUTE
    statistics.keep([statistics.Minute("default", int(at.timestamp()), "b", {"mail|started": 1000})])
    assert minutes(60).by_time[at].started == 4
    add_minutes()
    Spans().run_once()
    found = window(60)
    assert found.by_time[at].started == 1004
    assert found.by_queue["default"].started in (1120, 1118)


def test_longer_ranges_tell_the_same_of_all_as_of_each_queue(present: datetime) -> None:
    Spans().run_once()
    found = history(RANGES["6h"])
    assert sum(bucket.figures.started for bucket in found.buckets) == found.total.started == 360
    assert {name: one.started for name, one in found.queues.items()} == dict.fromkeys(QUEUES, 180)
    assert {name: one.started for name, one in found.types.items()} == dict.fromkeys(TYPES, 180)
    of_one = history(RANGES["6h"], queue="default", type_="mail")
    assert (of_one.total.started, set(of_one.queues), set(of_one.types)) == (90, {"default"}, {"mail"})
    Span.objects.filter(queue="").delete()
    assert history(RANGES["6h"]).total.started == 360


def test_a_day_is_told_in_half_hours_from_spans(present: datetime) -> None:
    Spans().run_once()
    found = window(1440)
    trend = found.trend(1440)
    assert (found.step, len(trend)) == (spans.HALF_HOUR, 48)
    assert {b - a for (a, _), (b, _) in pairwise(trend)} == {30 * MINUTE}
    assert sum(one.started for _, one in trend) == found.total.started == 360
    assert found.by_queue["default"].started == 180
    assert max(one.started for _, one in trend) == 120
