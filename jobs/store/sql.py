"""Run one statement on Django's connection, inside the caller's transaction, bound and prepared on the server.

The ORM's cursor binds on the client, which costs a batch of a thousand rows more than PostgreSQL itself takes.
"""

import threading
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, DataError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.rows import tuple_row

from jobs.ready import Ready

Row = tuple[Any, ...]


def run(query: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[Row]:
    """The rows of `query`; an empty list for a statement that returns none.

    Raises:
        django.db.Error: as the ORM would, by the same wrapper; DataError for text with a lone surrogate, too.
    """
    django = connection()
    django.ensure_connection()
    django.validate_no_broken_transaction()
    try:
        return _execute(django.connection, query, parameters)
    except psycopg.Error:
        with django.wrap_database_errors:
            raise
    except UnicodeEncodeError as error:
        # psycopg cannot even send it. For callers it is one more text that PostgreSQL does not take, like a NUL.
        raise DataError("a text with a lone surrogate cannot be stored") from error


def connection() -> BaseDatabaseWrapper:
    """Django's connection of this thread, the same as long as it lives. Django's own look-up costs what binding a
    row does, and a submit needs it twice.
    """
    try:
        found: BaseDatabaseWrapper = _own.connection
    except AttributeError:
        found = _own.connection = connections[DEFAULT_DB_ALIAS]
    return found


class _Own(threading.local):
    """A thread's own. `cursor` is that of its last statement: psycopg has no need to find out anew how to bind and read
    what is bound and read once more.
    """

    connection: BaseDatabaseWrapper
    cursor: psycopg.Cursor[Row] | None = None
    query = ""


_own = _Own()
_FEW = 100
"""Rows of a result that an idle thread may hold on to."""


def _execute(own: psycopg.Connection, query: str, parameters: Sequence[Any] | dict[str, Any]) -> list[Row]:
    # Django's own cursor class is left aside on purpose: see above.
    prepare = None if own.prepare_threshold is None else True
    cursor, _own.cursor = _own.cursor, None  # gone, should this fail or be interrupted
    if cursor is None or _own.query is not query or cursor.connection is not own:
        cursor = psycopg.Cursor(own, row_factory=tuple_row)
    cursor.execute(query, parameters or None, prepare=prepare)
    result = cursor.pgresult
    # Not asked by the cursor's description, which would be made of every column for the purpose.
    rows = cursor.fetchall() if result and result.nfields else []
    if len(rows) <= _FEW:
        _own.cursor, _own.query = cursor, query
    return rows


READY = "id, queue, type, priority, (extract(epoch from run_at) * 1000)::bigint, tenant_id, owner_id"
"""Columns of a RETURNING clause that `ready` reads; prefix the table where names clash."""
NEXT = len(Ready._fields)
"""Where in such a row the columns after them begin."""


def ready(rows: Iterable[Row]) -> list[Ready]:
    return [Ready(*row[:NEXT]) for row in rows]
