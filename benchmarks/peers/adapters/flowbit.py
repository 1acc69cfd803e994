"""Flowbit itself: its services enqueue, `manage.py runworker` runs. Nothing of it is switched off."""

from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.core.management import call_command

django.setup()

from benchmarks.peers.job import Producer  # noqa: E402 - models need Django to be set up
from jobs import services  # noqa: E402
from jobs.broker import patient_broker  # noqa: E402
from jobs.services.rebuild import rebuild  # noqa: E402
from jobs.store import insert  # noqa: E402

TYPE = "peers.noop"


@contextmanager
def producer() -> Iterator[Producer]:
    broker = patient_broker()
    rebuild(broker, "default")  # Redis was emptied: let it know that it is complete
    yield Producer(
        one=lambda number: services.enqueue(TYPE, {"n": number}),
        many=lambda numbers: services.enqueue_many(
            [services.JobRequest(type=TYPE, payload={"n": number}) for number in numbers]
        ),
    )


def set_up() -> None:
    call_command("migrate", verbosity=0)
    insert.add_queues(["default"])
