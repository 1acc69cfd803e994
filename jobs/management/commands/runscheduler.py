"""`manage.py runscheduler`: promote, reap, reconcile, prune. Run two; one leads, the other stands by."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from jobs import auto_migrate
from jobs.conf import options
from jobs.scheduler.process import SchedulerProcess


class Command(BaseCommand):
    help = "Run the scheduler. Several may run; one leads."

    def handle(self, *args: Any, **given: Any) -> None:
        auto_migrate.if_told()
        sys.exit(SchedulerProcess(options()).run())
