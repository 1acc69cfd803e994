"""Connections to PostgreSQL that handlers keep from job to job: none passes on what one of them left."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from asgiref.sync import SyncToAsync
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from psycopg.pq import TransactionStatus

from jobs.engine_thread import EngineThread


def tidy(mine: Sequence[BaseDatabaseWrapper]) -> None:
    """Leave no handler's transaction, broken or open, and no query that an interrupt struck, to the next one."""
    for connection in mine:
        if connection.in_atomic_block or _is_amid(connection):
            connection.in_atomic_block = False
            connection.close()
        connection.close_if_unusable_or_obsolete()


def _is_amid(connection: BaseDatabaseWrapper) -> bool:
    """Whether psycopg waits for an answer, or PostgreSQL for the end of a transaction that Django knows nothing of."""
    pgconn = getattr(connection.connection, "pgconn", None)
    return pgconn is not None and pgconn.transaction_status != TransactionStatus.IDLE


class LoopConnections:
    """Those of async handlers: of the one thread in which asgiref runs what they ask of the ORM."""

    def __init__(self) -> None:
        self._is_used = False
        self._tidying: Future[None] | None = None
        connection_created.connect(self._note)

    def tidy_soon(self) -> None:
        """When that thread has done what it was asked before. Nobody waits for it: a slow query of one handler is
        nothing to the others."""
        if self._is_used and (self._tidying is None or self._tidying.done()):
            self._tidying = SyncToAsync.single_thread_executor.submit(_tidy_here)

    def _note(self, **told: Any) -> None:
        here = threading.current_thread()
        self._is_used = self._is_used or not (isinstance(here, EngineThread) or here is threading.main_thread())


def _tidy_here() -> None:
    tidy(connections.all(initialized_only=True))
