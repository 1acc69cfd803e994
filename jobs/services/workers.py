"""Operators' verbs on workers: cordon, resume, drain. A worker hears it at once, and with every heartbeat."""

from django.db import transaction

from jobs import jsontext
from jobs.errors import Conflict, NotFound
from jobs.models import Worker
from jobs.services import announce, audit
from jobs.services.audit import Actor
from jobs.store import control


def cordon(worker: str, actor: Actor, reason: str = "") -> None:
    """Take no more jobs, stay alive. Raises NotFound, Conflict (it is cordoned, or has ended)."""
    _steer(worker, actor, "worker.cordoned", Worker.Mode.CORDONED, reason)


def resume(worker: str, actor: Actor, reason: str = "") -> None:
    """Take jobs again. Raises NotFound, Conflict (it is active, or has ended)."""
    _steer(worker, actor, "worker.resumed", Worker.Mode.ACTIVE, reason)


def drain(worker: str, actor: Actor, reason: str = "") -> None:
    """Finish what runs, then end. Raises NotFound, Conflict (it drains, or has ended)."""
    _steer(worker, actor, "worker.drained", Worker.Mode.DRAINING, reason)


def _steer(worker: str, actor: Actor, verb: str, mode: Worker.Mode, reason: str) -> None:
    with transaction.atomic():
        found = control.hold_worker(jsontext.clean(worker, 300))
        if found is None:
            raise NotFound("there is no such worker")
        old, lives = found
        if not lives:
            raise Conflict(f"worker {worker} has ended", {"mode": ["ended"]})
        if old == mode:
            raise Conflict(f"worker {worker} is {mode.value} already", {"mode": [old]})
        control.steer_worker(worker, mode.value)
        audit.record(actor, verb, f"worker:{worker}", {"mode": old}, {"mode": mode.value}, reason)
        announce.tell_worker(worker, f"mode {mode.value}")
        announce.happened(verb, name=worker, actor=actor.name)
