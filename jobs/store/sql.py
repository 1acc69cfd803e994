"""Run one statement on Django's connection, inside the caller's transaction, bound and prepared on the server.

The ORM's cursor binds on the client, which costs a batch of a thousand rows more than PostgreSQL itself takes.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, DataError, connections
from psycopg.rows import tuple_row

from jobs.ready import Ready

Row = tuple[Any, ...]


def run(query: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[Row]:
    """The rows of `query`; an empty list for a statement that returns none.

    Raises:
        django.db.Error: as the ORM would, by the same wrapper; DataError for text with a lone surrogate, too.
    """
    # Looked up once: each use of `django.db.connection` is a look-up of its own, and costs what binding a row does.
    django = connections[DEFAULT_DB_ALIAS]
    django.ensure_connection()
    django.validate_no_broken_transaction()
    try:
        with django.wrap_database_errors:
            return _execute(django.connection, query, parameters)
    except UnicodeEncodeError as error:
        # psycopg cannot even send it. For callers it is one more text that PostgreSQL does not take, like a NUL.
        raise DataError("a text with a lone surrogate cannot be stored") from error


def _execute(own: psycopg.Connection, query: str, parameters: Sequence[Any] | dict[str, Any]) -> list[Row]:
    # Django's own cursor class is left aside on purpose: see above.
    prepare = None if own.prepare_threshold is None else True
    with psycopg.Cursor(own, row_factory=tuple_row) as cursor:
        cursor.execute(query, parameters or None, prepare=prepare)
        return cursor.fetchall() if cursor.description else []


READY = "id, queue, type, priority, (extract(epoch from run_at) * 1000)::bigint, tenant_id, owner_id"
"""Columns of a RETURNING clause that `ready` reads; prefix the table where names clash."""
NEXT = len(Ready._fields)
"""Where in such a row the columns after them begin."""


def ready(rows: Iterable[Row]) -> list[Ready]:
    return [Ready(*row[:NEXT]) for row in rows]
