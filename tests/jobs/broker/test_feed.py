import pytest

from jobs.broker import Broker
from jobs.broker.feed import KEPT
from jobs.ids import uuid7
from jobs.news import News, Told
from jobs.ready import Ready


def tell(broker: Broker, name: str) -> None:
    broker.push([], news=News(Told("worker.started", name=name)))


def names(broker: Broker, after: str) -> list[str]:
    return [one.name for entry in broker.feed.read(after, 0.01, 100).entries for one in entry.told]


def test_who_begins_hears_what_comes_from_then_on(broker: Broker) -> None:
    tell(broker, "before")
    place = broker.feed.begin()
    tell(broker, "a")
    tell(broker, "b")

    assert names(broker, place) == ["a", "b"]


def test_who_begins_before_anything_happened_has_a_place_too(broker: Broker) -> None:
    place = broker.feed.begin()
    tell(broker, "a")

    assert broker.feed.read(place, 0.01, 100).whole
    assert names(broker, place) == ["a"]


def test_silence_is_whole(broker: Broker) -> None:
    assert broker.feed.read(broker.feed.begin(), 0.01, 100) == ([], True)


def test_after_a_flush_nothing_is_whole(broker: Broker) -> None:
    place = broker.feed.begin()
    broker.flush()
    assert not broker.feed.read(place, 0.01, 100).whole
    tell(broker, "a")
    assert not broker.feed.read(place, 0.01, 100).whole


def test_who_slept_too_long_is_told_so(broker: Broker) -> None:
    place = broker.feed.begin()
    for _ in range(KEPT + 200):
        tell(broker, "a")

    assert not broker.feed.read(place, 0.01, 10).whole


def test_since_gives_the_entry_itself_and_what_came_after(broker: Broker) -> None:
    place = broker.feed.begin()
    for name in ("a", "b", "c"):
        tell(broker, name)
    _, second, third = broker.feed.read(place, 0.01, 100).entries

    found = broker.feed.since(second.id, third.id, 10)

    assert found == [second, third]


def test_since_is_none_where_the_entry_is_gone_or_too_much_came(broker: Broker) -> None:
    place = broker.feed.begin()
    tell(broker, "a")
    newest = broker.feed.begin()

    assert broker.feed.since("1-1", newest, 10) is None
    assert broker.feed.since(place, newest, 1) is None


@pytest.mark.parametrize("counted", ["", "enqueued"])
def test_news_travel_with_the_push(broker: Broker, counted: str) -> None:
    place = broker.feed.begin()
    job = Ready(uuid7(), "default", "a", 5, 1)

    broker.push([job], counted=counted, news=News.of("job.enqueued", [job]))

    [entry] = broker.feed.read(place, 0.01, 100).entries
    assert [one.job_id for one in entry.told] == [str(job.id)]
    assert broker.lanes("default") == {"a": 1}
