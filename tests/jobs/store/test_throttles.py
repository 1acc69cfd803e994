import pytest

from jobs.models import Throttle
from jobs.store import throttles
from tests.jobs.builders import now

pytestmark = pytest.mark.django_db(transaction=True)


def counts() -> dict[str, int]:
    return dict(Throttle.objects.values_list("key", "count"))


def test_each_key_is_counted_for_itself() -> None:
    assert throttles.add(["a"], 60)["a"].number == 1
    found = throttles.add(["a", "b", "a"], 60)
    assert {key: one.number for key, one in found.items()} == {"a": 2, "b": 1}
    assert 0 < found["a"].left <= 60


def test_a_new_window_begins_anew() -> None:
    throttles.add(["a"], 60)
    throttles.add(["a"], 60)
    Throttle.objects.update(since=now().replace(year=2001))
    assert throttles.add(["a"], 60)["a"].number == 1


def test_one_is_taken_back_and_never_more_than_there_are() -> None:
    throttles.add(["a"], 60)
    throttles.take_back(["a", "unknown"])
    throttles.take_back(["a"])
    assert counts() == {"a": 0}


def test_more_than_one_is_counted_and_taken_back_at_once() -> None:
    assert throttles.add(["a"], 60, 5)["a"].number == 5
    assert throttles.add(["a"], 60, 3)["a"].number == 8
    throttles.take_back(["a"], 3)
    assert counts() == {"a": 5}
    Throttle.objects.update(since=now().replace(year=2001))
    assert throttles.add(["a"], 60, 2)["a"].number == 2


def test_a_key_is_forgotten() -> None:
    throttles.add(["a", "b"], 60)
    throttles.forget(["a"])
    assert counts() == {"b": 1}
