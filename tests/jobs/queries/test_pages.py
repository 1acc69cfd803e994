import pytest

from jobs.models import DeadLetter, Job
from jobs.queries import pages
from jobs.queries.pages import Page, Place
from tests.jobs import builders

pytestmark = pytest.mark.django_db(transaction=True)


def ids(page: Page[Job]) -> list[str]:
    return [str(job.id) for job in page.rows]


def made(count: int, **fields: object) -> list[str]:
    """New jobs, newest first."""
    return [str(builders.queued(**fields)) for _ in range(count)][::-1]


def even(rows: object) -> object:
    return rows.filter(priority__in=[0, 2, 4, 6, 8, 10])  # type: ignore[attr-defined]


def walk(limit: int, narrow: object = None) -> list[list[str]]:
    """Every page from the newest to the oldest."""
    found, place = [], Place()
    while place is not None:
        page = pages.page(Job.objects.all(), place, limit, narrow)  # type: ignore[arg-type]
        found.append(ids(page))
        place = page.older  # type: ignore[assignment]
    return found


def test_pages_together_are_everything_once() -> None:
    jobs = made(7)
    assert walk(3) == [jobs[:3], jobs[3:6], jobs[6:]]
    assert walk(7) == [jobs]


def test_back_from_the_second_page_is_the_first() -> None:
    jobs = made(5)
    first = pages.page(Job.objects.all(), Place(), 2)
    second = pages.page(Job.objects.all(), first.older or Place(), 2)
    third = pages.page(Job.objects.all(), second.older or Place(), 2)
    assert first.newer is None
    assert third.newer is not None
    back = pages.page(Job.objects.all(), third.newer, 2)
    assert ids(back) == ids(second) == jobs[2:4]
    assert back.newer is not None
    assert ids(pages.page(Job.objects.all(), back.newer, 2)) == jobs[:2]
    assert back.older == second.older


def test_an_empty_page_leads_back_to_the_row_it_came_from() -> None:
    [job] = made(1)
    beyond = pages.page(Job.objects.all(), Place(pages.number(Job.objects.get().pk)), 2)
    assert (beyond.rows, beyond.older) == ([], None)
    assert beyond.newer is not None
    assert ids(pages.page(Job.objects.all(), beyond.newer, 2)) == [job]


def test_new_rows_do_not_move_the_pages_behind() -> None:
    jobs = made(4)
    first = pages.page(Job.objects.all(), Place(), 2)
    made(3)
    assert ids(pages.page(Job.objects.all(), first.older or Place(), 2)) == jobs[2:]


def test_a_scan_finds_all_that_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "CHUNK", 3)
    jobs = [str(builders.queued(priority=number % 5)) for number in range(11)][::-1]
    wanted = [job for number, job in enumerate(reversed(jobs)) if number % 5 in (0, 2, 4)][::-1]
    assert [one for page in walk(2, even) for one in page] == wanted


def test_a_scan_that_gives_up_says_so_and_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "CHUNK", 2)
    monkeypatch.setattr(pages, "MOST", 4)
    old = made(1, priority=8)
    made(6, priority=1)
    page = pages.page(Job.objects.all(), Place(), 5, even)  # type: ignore[arg-type]
    assert (page.rows, page.scanned, page.complete) == ([], 4, False)
    assert page.older is not None
    rest = pages.page(Job.objects.all(), page.older, 5, even)  # type: ignore[arg-type]
    assert (ids(rest), rest.scanned, rest.complete, rest.older) == (old, 3, True, None)


def test_a_scan_toward_newer_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "CHUNK", 2)
    jobs = made(6, priority=8)
    last = pages.page(Job.objects.all(), Place(pages.number(Job.objects.order_by("pk")[1].pk)), 5, even)  # type: ignore[arg-type]
    assert ids(last) == jobs[5:]
    assert last.newer is not None
    back = pages.page(Job.objects.all(), last.newer, 5, even)  # type: ignore[arg-type]
    assert ids(back) == jobs[:5]


def test_rows_are_counted_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "CHUNK", 2)
    made(3, priority=8)
    made(4, priority=1)
    jobs = Job.objects.all()
    assert [pages.count(jobs, most) for most in (6, 7, 8)] == [(6, False), (7, True), (7, True)]
    assert [pages.count(jobs, most, even) for most in (2, 3, 4)] == [(2, False), (3, True), (3, True)]  # type: ignore[arg-type]


def test_a_count_that_gives_up_tells_what_it_saw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "CHUNK", 2)
    monkeypatch.setattr(pages, "MOST", 4)
    made(3, priority=8)
    made(2, priority=1)
    assert pages.count(Job.objects.all(), 10, even) == (2, False)  # type: ignore[arg-type]


def test_rows_with_numbers_for_keys() -> None:
    for _ in range(3):
        builders.failed()
    keys = list(DeadLetter.objects.order_by("-pk").values_list("pk", flat=True))
    first = pages.page(DeadLetter.objects.all(), Place(), 2)
    assert first.older is not None
    second = pages.page(DeadLetter.objects.all(), first.older, 2)
    assert [row.pk for row in [*first.rows, *second.rows]] == keys
