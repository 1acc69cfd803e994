import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import news
from jobs.ids import uuid7
from jobs.news import MOST_GROUPS, ONE_BY_ONE, News, Told
from jobs.ready import Ready


def job(number: int = 0, queue: str = "default", tenant_id: str = "", owner_id: int | None = None) -> Ready:
    return Ready(uuid7(), queue, "a.type", 5, number, tenant_id, owner_id)


def test_few_jobs_are_named() -> None:
    one = job(tenant_id="t", owner_id=7)

    told = News.of("job.retried", [one], "otto").told()

    assert told == [Told("job.retried", "default", "t", 7, 1, str(one.id), "a.type", 0, "", "otto")]


def test_many_are_counted_by_whose_they_are() -> None:
    jobs = [job(queue="a", tenant_id="t")] * ONE_BY_ONE + [job(queue="b", owner_id=7)]

    assert News.of("job.started", jobs).told() == [
        Told("job.started", "a", "t", None, ONE_BY_ONE),
        Told("job.started", "b", "", 7, 1),
    ]


def test_of_too_many_owners_nobody_is_named() -> None:
    jobs = [job(owner_id=number) for number in range(MOST_GROUPS + 1)]

    assert News.of("job.started", jobs).told() == [Told("job.started", "default", None, None, MOST_GROUPS + 1)]


def test_nothing_is_no_news() -> None:
    assert not News.of("job.started", [])


@given(st.integers(0, 200), st.integers(1, 100), st.sampled_from(["", "t"]))
def test_what_is_read_is_what_was_told_and_no_job_is_lost(count: int, owners: int, tenant_id: str) -> None:
    made = News.of("job.failed", [job(owner_id=number % owners, tenant_id=tenant_id) for number in range(count)])

    found = news.decode(made.encode())

    assert found == made.told()
    assert sum(one.times for one in found) == count


def test_fields_of_a_later_release_are_passed_over() -> None:
    assert news.decode(b'[["queue.paused","q","",null,1,"","",0,"","otto","new"]]') == [
        Told("queue.paused", "q", actor="otto")
    ]


@pytest.mark.parametrize("text", [b"", b"{", b"7", b"[7]", b"[{}]", b"\xff", b"[[7]]", b'[["a","q","",1,"x"]]'])
def test_what_is_no_news_is_none(text: bytes) -> None:
    assert news.decode(text) == []
