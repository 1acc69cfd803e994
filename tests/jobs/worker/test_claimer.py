"""The claimer: what it does when a server goes away under it."""

import os
import socket
import threading

import pytest
from django.db import connection

from jobs.broker import Broker
from jobs.conf import options
from jobs.horizon import Speeds
from jobs.registry import registry
from jobs.store import insert
from jobs.worker.claimer import Claimer
from jobs.worker.hand import Hand, Running
from tests.jobs import builders

pytestmark = pytest.mark.django_db(transaction=True)


def claimer(broker: Broker, performed: list[Running]) -> Claimer:
    hand = Hand(4, threading.Event())
    made = Claimer(
        "claiming", registry.types(), options(), broker, registry, hand, Speeds(), performed.extend, threading.Event()
    )
    made.permission.queues = {"default": 1}
    return made


def cut_connection() -> None:
    """End this thread's connection under it, as a crash of PostgreSQL does; a pooler's, too."""
    connection.ensure_connection()
    with socket.socket(fileno=os.dup(connection.connection.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)


def test_a_lost_queue_is_rebuilt_as_soon_as_postgresql_answers_again(broker: Broker) -> None:
    draft = builders.draft()
    insert.add_queues(["default"])
    insert.insert([draft])
    performed: list[Running] = []
    working = claimer(broker, performed)
    cut_connection()
    assert not working.turn()
    assert not broker.is_complete("default")
    assert working.turn()
    assert broker.is_complete("default")
    assert working.turn()
    assert [run.job.id for run in performed] == [draft.id]
