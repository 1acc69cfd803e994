"""Run one statement on Django's connection, inside the caller's transaction, bound and prepared on the server.

The ORM's cursor binds on the client, which costs a batch of a thousand rows more than PostgreSQL itself takes.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from django.db import DataError, connection
from psycopg.rows import tuple_row

from jobs.ready import Ready

Row = tuple[Any, ...]


def run(query: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[Row]:
    """The rows of `query`; an empty list for a statement that returns none.

    Raises:
        django.db.Error: as the ORM would, by the same wrapper; DataError for text with a lone surrogate, too.
    """
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    try:
        with connection.wrap_database_errors:
            return _execute(query, parameters)
    except UnicodeEncodeError as error:
        # psycopg cannot even send it. For callers it is one more text that PostgreSQL does not take, like a NUL.
        raise DataError("a text with a lone surrogate cannot be stored") from error


def _execute(query: str, parameters: Sequence[Any] | dict[str, Any]) -> list[Row]:
    # Django's own cursor class is left aside on purpose: see above.
    with psycopg.Cursor(connection.connection, row_factory=tuple_row) as cursor:
        cursor.execute(query, parameters or None, prepare=None if _unprepared() else True)
        return cursor.fetchall() if cursor.description else []


def _unprepared() -> bool:
    return connection.connection.prepare_threshold is None


READY = "id, queue, type, priority, (extract(epoch from run_at) * 1000)::bigint"
"""Columns of a RETURNING clause that `ready` reads; prefix the table where names clash."""


def ready(rows: Iterable[Row]) -> list[Ready]:
    return [Ready(*row[:5]) for row in rows]
