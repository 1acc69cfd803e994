"""`manage.py runworker`: run jobs."""

import logging
import sys
from argparse import SUPPRESS
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs import auto_migrate
from jobs.checks import TAG
from jobs.conf import options
from jobs.metrics.server import NoPort, serving
from jobs.registry import registry
from jobs.worker.child import Child
from jobs.worker.options import WorkerOptions, parse_grace, parse_queues, parse_size, parse_types
from jobs.worker.supervisor import Supervisor
from jobs.worker.tether import Tether


class Command(BaseCommand):
    # The others look at the pages and addresses of a web process, and would load them all.
    requires_system_checks = (TAG,)
    help = "Run jobs: a supervisor and its worker processes. SIGTERM ends them in order."

    def add_arguments(self, parser: CommandParser) -> None:
        conf = options()
        parser.add_argument("--queues", default=conf.queues, help="with shares: critical:3,default (default: all)")
        parser.add_argument("--types", default=conf.types, help="only these job types, by comma (default: all)")
        parser.add_argument("--processes", type=int, default=conf.processes)
        parser.add_argument("--concurrency", type=int, default=conf.concurrency, help="jobs at a time per process")
        parser.add_argument("--grace", default="30s", help="how long running jobs may finish after SIGTERM")
        parser.add_argument("--max-jobs", type=int, default=0, help="recycle a process after so many jobs")
        parser.add_argument("--max-memory", default="0", help="recycle a process above this size, e.g. 512m")
        parser.add_argument("--burst", action="store_true", help="end when nothing is ready")
        port = conf.metrics_port
        parser.add_argument("--metrics-port", type=int, default=port, help="serve /metrics and /healthz there")
        parser.add_argument("--log-level", help="debug, info, warning, error")
        parser.add_argument("--breath", type=int, help=SUPPRESS)
        parser.add_argument("--cord", type=int, help=SUPPRESS)

    def handle(self, *args: Any, **given: Any) -> None:
        told = self._options(given)
        if given["log_level"]:
            self._set_log_level(given["log_level"])
        if given["breath"] is not None:
            sys.exit(Child(options(), told, registry, Tether(given["breath"], given["cord"])).run())
        auto_migrate.if_told()
        sys.exit(self._supervise(told, given["metrics_port"]))

    def _supervise(self, told: WorkerOptions, metrics_port: int | None) -> int:
        conf = options()
        patience = told.grace + conf.interrupt_grace + 10
        command = [sys.executable, *sys.argv, "--skip-checks"]
        supervisor = Supervisor(command, told.processes, silence=max(conf.lease_ttl, 10), patience=patience)
        try:
            with serving(supervisor.report, conf.metrics_host, metrics_port):
                return supervisor.run()
        except NoPort as error:
            raise CommandError(str(error)) from None

    def _options(self, given: dict[str, Any]) -> WorkerOptions:
        try:
            told = WorkerOptions(
                queues=parse_queues(given["queues"]),
                types=parse_types(given["types"]),
                processes=given["processes"],
                concurrency=given["concurrency"],
                grace=parse_grace(given["grace"]),
                max_jobs=given["max_jobs"],
                max_memory=parse_size(given["max_memory"]),
                burst=given["burst"],
            )
        except ValueError as error:
            raise CommandError(str(error)) from None
        if told.processes < 1 or told.concurrency < 1:
            raise CommandError("--processes and --concurrency must be at least 1")
        if told.max_jobs < 0:
            raise CommandError("--max-jobs must be at least 1, or 0 for no end")
        unknown = set(told.types) - set(registry.types())
        if unknown:
            raise CommandError(f"--types: no handler is registered for {', '.join(sorted(unknown))}")
        return told

    def _set_log_level(self, level: str) -> None:
        if level.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise CommandError("--log-level must be debug, info, warning or error")
        logging.getLogger().setLevel(level.upper())
