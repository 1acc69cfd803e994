"""A process that submits its share of the jobs (`manage.py chaosclient`).

It knows of no fault. When it is refused, it does what a good client does: it asks again with the same ids.
"""

import contextlib
import time
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection, transaction

from benchmarks.chaos.journal import Journal
from benchmarks.chaos.orders import Call, Manner, Order
from jobs import services
from jobs.errors import FlowbitError, StoreUnavailable
from jobs.services import DependsOn, JobRequest

_PAUSE = 0.2


class _Withdrawn(Exception):
    """Rolls a transaction back."""


class Client:
    """Makes calls at their times, `seconds` being the time for submitting.

    Args:
        patience: seconds after which it no longer insists.
    """

    def __init__(self, calls: list[Call], seconds: float, journal: Journal, patience: float) -> None:
        self._calls = calls
        self._seconds = seconds
        self._journal = journal
        self._ids: dict[int, UUID] = {}
        self._given_up: set[int] = set()
        self._began = time.monotonic()
        self._deadline = self._began + seconds + patience

    def run(self) -> None:
        for call in self._calls:
            time.sleep(max(self._began + call.at * self._seconds - time.monotonic(), 0.0))
            if self._is_in_vain(call):
                self._give_up(call)
                continue
            requests = [self._request(order) for order in call.orders]
            self._journal.asked(
                (order.number, request.id) for order, request in zip(call.orders, requests, strict=True)
            )
            if call.manner is Manner.WITHDRAW:
                self._withdraw(requests)
            else:
                self._submit(call, requests)

    def _is_in_vain(self, call: Call) -> bool:
        """Whether it was refused, until its patience ended, one of the jobs for which these should wait."""
        return any(number in self._given_up for order in call.orders for number, _ in order.parents)

    def _give_up(self, call: Call) -> None:
        self._given_up.update(order.number for order in call.orders)

    def _request(self, order: Order) -> JobRequest:
        parents = [DependsOn(self._ids[number], policy=policy) for number, policy in order.parents]
        request = JobRequest(type=order.type, payload=order.payload, dependencies=parents, **order.options)
        self._ids.setdefault(order.number, request.id)
        return request

    def _submit(self, call: Call, requests: list[JobRequest]) -> None:
        while not self._ask(call, requests) and call.manner is Manner.INSIST:
            if time.monotonic() > self._deadline:
                self._give_up(call)
                return
            time.sleep(_PAUSE)

    def _ask(self, call: Call, requests: list[JobRequest]) -> bool:
        """Whether there is an answer: accepted, or an error that asking again would not change."""
        try:
            answers = services.enqueue_many(requests)
        except StoreUnavailable:
            self._journal.refused(request.id for request in requests)
            return False
        except (DatabaseError, InterfaceError) as error:
            self._journal.surprised(error)
            connection.close()
            return False
        except FlowbitError as error:
            self._journal.surprised(error)
            return True
        self._journal.accepted((asked.id, answer.id) for asked, answer in zip(requests, answers, strict=True))
        for order, answer in zip(call.orders, answers, strict=True):
            self._ids[order.number] = answer.id
        return True

    def _withdraw(self, requests: list[JobRequest]) -> None:
        self._journal.withdrawn(request.id for request in requests)
        with contextlib.suppress(_Withdrawn, DatabaseError, InterfaceError), transaction.atomic():
            services.enqueue_many(requests)
            raise _Withdrawn
        if not connection.is_usable():
            connection.close()
