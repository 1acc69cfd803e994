"""Workers: cordon, resume, drain."""

from django.contrib import admin
from django.utils import timezone
from unfold.decorators import display

from jobs.admin.filters import WorkerModeFilter
from jobs.admin.verbs import VerbAdmin
from jobs.console.verb import Verb, each
from jobs.models import Worker
from jobs.services import access, workers

COLOURS = {"active": "success", "cordoned": "warning", "draining": "info", "lost": "danger"}


def _life(worker: Worker) -> str:
    """Its mode while it lives; else how it ended."""
    if worker.stopped_at is not None:
        return "stopped"
    return "lost" if worker.lease_until < timezone.now() else worker.mode


CORDON = Verb(
    "cordon",
    "Cordon",
    "cordoned",
    access.OPERATE_WORKER,
    each(workers.cordon),
    "It begins no further jobs, and stays alive.",
    danger=True,
    applies=lambda worker: _life(worker) in ("active", "draining"),
)
RESUME = Verb(
    "resume",
    "Resume",
    "resumed",
    access.OPERATE_WORKER,
    each(workers.resume),
    "It begins jobs again.",
    applies=lambda worker: _life(worker) in ("cordoned", "draining"),
)
DRAIN = Verb(
    "drain",
    "Drain",
    "draining",
    access.OPERATE_WORKER,
    each(workers.drain),
    "It finishes what runs, and ends.",
    danger=True,
    applies=lambda worker: _life(worker) in ("active", "cordoned"),
)


@admin.register(Worker)
class WorkerAdmin(VerbAdmin):
    verbs = (CORDON, RESUME, DRAIN)
    list_display = ("id", "life", "host", "release", "busy", "slots", "settled", "fenced", "heartbeat_at")
    list_filter = (WorkerModeFilter,)
    ordering = ("-started_at",)
    fields = (
        "id",
        "life",
        "host",
        "pid",
        "release",
        "queues",
        "types",
        "slots",
        "busy",
        "memory",
        "settled",
        "fenced",
        "started_at",
        "heartbeat_at",
        "lease_until",
        "stopped_at",
    )
    readonly_fields = ("life",)

    @display(description="state", label=COLOURS)  # type: ignore[untyped-decorator]  # unfold has no types
    def life(self, worker: Worker) -> str:
        return _life(worker)
