"""AUTO_MIGRATE: a process brings the database up to date before it does anything else.

Several may start at once: one migrates, the others wait for it and find nothing left to do.
"""

import threading
import time

import psycopg
from django.core.management import call_command
from django.db import connection, connections

from jobs.conf import options

_PAUSE = 0.2
_LOCK = 0x666C6F77
"""A key of PostgreSQL's advisory locks, which are the database's own; any number that all releases agree on."""


def if_told() -> None:
    """Migrate when AUTO_MIGRATE is set. In a thread of its own: a web process may ask from within its event loop."""
    if not options().auto_migrate:
        return
    failure: list[BaseException] = []
    thread = threading.Thread(target=_migrate, args=(failure,), name="auto-migrate")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]


def _migrate(failure: list[BaseException]) -> None:
    """The lock lies on a connection of its own, and within a transaction, so that it holds behind a pooler as well."""
    try:
        with psycopg.connect(**connection.get_connection_params()) as holder:
            while not _is_held_by(holder):
                time.sleep(_PAUSE)
            call_command("migrate", interactive=False, verbosity=1)
    except BaseException as error:  # noqa: B036 - raised again by the thread that waits for it
        failure.append(error)
    finally:
        connections.close_all()


def _is_held_by(holder: psycopg.Connection[tuple[bool]]) -> bool:
    """Asked again and again, for whoever waits within a statement is waited for by CREATE INDEX CONCURRENTLY."""
    [[held]] = holder.execute("select pg_try_advisory_xact_lock(%s)", [_LOCK]).fetchall()
    if not held:
        holder.rollback()
    return held
