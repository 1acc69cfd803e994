from collections.abc import Iterator

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from jobs.models import Queue
from jobs.store import sql

SUM = "select %s::int + 1"


@pytest.fixture
def fresh() -> Iterator[None]:
    """Connections are closed in here: none may be within a test's transaction."""
    yield
    connection.close()


@pytest.mark.django_db
def test_the_same_statement_is_bound_anew_each_time() -> None:
    assert [sql.run(SUM, [number]) for number in (1, 2, 3)] == [[(2,)], [(3,)], [(4,)]]
    assert sql.run("select 1 where false") == []
    assert sql.run("set local work_mem = '4MB'") == []
    assert sql.run("update jobs_queue set why = '' where false") == []


@pytest.mark.django_db
def test_a_value_of_another_type_is_read_as_what_it_is() -> None:
    query = "select %s"
    assert [sql.run(query, [value]) for value in (1, "two", 3.5, None)] == [[(1,)], [("two",)], [(3.5,)], [(None,)]]


@pytest.mark.django_db
def test_what_fails_leaves_nothing_to_the_next() -> None:
    for _ in range(2):
        with pytest.raises(DataError), transaction.atomic():
            sql.run(SUM, ["none"])
        assert sql.run(SUM, [1]) == [(2,)]
    with pytest.raises(DataError):
        sql.run("select %s::text", ["\ud800"])
    with pytest.raises(IntegrityError), transaction.atomic():
        sql.run("insert into jobs_queue (name, mode, by, why, changed_at) values ('q', 'shut', '', '', now())")
    assert not Queue.objects.filter(name="q").exists()


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_is_asked_anew(fresh: None) -> None:
    for number in (1, 2):
        assert sql.run(SUM, [number]) == [(number + 1,)]
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_one_that_was_lost_is_an_error_of_djangos_kind(fresh: None) -> None:
    sql.run(SUM, [1])
    with pytest.raises(OperationalError):
        sql.run("select pg_terminate_backend(pg_backend_pid())")
    connection.close_if_unusable_or_obsolete()
    assert sql.run(SUM, [1]) == [(2,)]


@pytest.mark.django_db
def test_no_large_result_is_held_on_to() -> None:
    assert len(sql.run("select * from generate_series(1, 5000)")) == 5000
    assert sql._own.cursor is None
    assert len(sql.run("select * from generate_series(1, 5)")) == 5
    assert sql._own.cursor is not None
