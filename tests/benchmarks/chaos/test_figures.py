"""Recovery times, from faults and rows."""

from uuid import UUID, uuid4

from benchmarks.chaos import figures
from benchmarks.chaos.evidence import AttemptRow, Evidence, JobRow, WorkerRow
from benchmarks.chaos.faults import Struck
from benchmarks.chaos.journal import Wish
from benchmarks.chaos.ledger import Line


def attempt(
    started: float, finished: float, outcome: str = "succeeded", number: int = 1, **other: object
) -> AttemptRow:
    job, worker = other.get("job", uuid4()), str(other.get("worker", "w"))
    assert isinstance(job, UUID)
    return AttemptRow(job, number, outcome, worker, False, started, finished, None)


def test_jobs_flow_when_the_first_that_began_after_the_fault_has_succeeded() -> None:
    rows = [attempt(9.0, 10.5), attempt(11.0, 20.0), attempt(12.0, 13.0), attempt(10.2, 10.4, "raised")]
    (found,) = figures.recovery([Struck("kill redis", at=10.0, back=10.25)], rows, Evidence())
    assert (found["back"], found["flowing"], found["handed_on"]) == (0.25, 3.0, None)


def test_after_a_schedulers_death_only_what_had_to_be_promoted_counts() -> None:
    job = uuid4()
    rows = [
        attempt(5.0, 5.1, "raised", job=job),
        attempt(11.0, 11.5),
        attempt(14.0, 14.5, number=2, job=job),
    ]
    (found,) = figures.recovery([Struck("kill scheduler", at=10.0)], rows, Evidence())
    assert found["flowing"] == 4.5


def test_a_killed_workers_jobs_are_handed_on_when_the_last_of_them_is() -> None:
    seen = Evidence(
        workers=[WorkerRow("old", 7, 1.0, 0, 0), WorkerRow("mine", 7, 5.0, 0, 0), WorkerRow("new", 7, 20.0, 0, 0)]
    )
    rows = [
        attempt(9.0, 12.0, "lease_expired", worker="mine"),
        attempt(9.0, 13.0, "lease_expired", worker="mine"),
        attempt(11.0, 18.0, "lease_expired", worker="mine"),
        attempt(9.0, 19.0, "lease_expired", worker="old"),
    ]
    (found,) = figures.recovery([Struck("kill child", at=10.0, back=10.0, pid=7)], rows, seen)
    assert found["handed_on"] == 3.0


def test_nothing_flowed_any_more() -> None:
    found = figures.recovery([Struck("flush redis", at=10.0, back=10.0)], [attempt(1.0, 2.0)], Evidence())
    assert figures.by_sort(found)["flush redis"] == {
        "count": 1,
        "back median": 0.0,
        "back longest": 0.0,
        "flowing median": None,
        "flowing longest": None,
        "handed_on median": None,
        "handed_on longest": None,
    }


def test_counts_tell_what_was_stored_though_it_was_refused() -> None:
    stored, lost, job = uuid4(), uuid4(), uuid4()
    seen = Evidence(
        wishes={
            stored: Wish(1, stored, "refused", refusals=1),
            lost: Wish(2, lost, "refused", refusals=1),
            job: Wish(3, job, "accepted", job, refusals=2),
        },
        jobs=[JobRow(one, n, "succeeded", 1, 1, 3, 0, None, None, 0.0) for n, one in ((1, stored), (3, job))],
        ledger=[Line("begin", job, 1, 1), Line("end", job, 1, 1), Line("end", job, 2, 1)],
    )
    found = figures.counts(seen)
    assert found["submits accepted"] == 1
    assert found["refusals (store unavailable)"] == 4
    assert (found["refused for good"], found["of these stored all the same"]) == (2, 1)
    assert found["jobs completed more than once"] == 1
