"""`manage.py runscheduler`: promote, reap, reconcile, prune. Run two; one leads, the other stands by."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs import auto_migrate
from jobs.checks import TAG
from jobs.conf import options
from jobs.metrics.server import NoPort, serving
from jobs.scheduler.process import SchedulerProcess


class Command(BaseCommand):
    requires_system_checks = (TAG,)  # see `runworker`
    help = "Run the scheduler. Several may run; one leads."

    def add_arguments(self, parser: CommandParser) -> None:
        port = options().metrics_port
        parser.add_argument("--metrics-port", type=int, default=port, help="serve /metrics and /healthz there")

    def handle(self, *args: Any, **given: Any) -> None:
        auto_migrate.if_told()
        conf = options()
        process = SchedulerProcess(conf)
        try:
            with serving(process.report, conf.metrics_host, given["metrics_port"]):
                code = process.run()
        except NoPort as error:
            raise CommandError(str(error)) from None
        sys.exit(code)
