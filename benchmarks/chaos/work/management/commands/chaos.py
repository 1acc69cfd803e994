"""`manage.py chaos`: what `python -m benchmarks.chaos` runs once its environment is made."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from benchmarks.chaos import report
from benchmarks.chaos.run import Run
from benchmarks.chaos.settings import Told


class Command(BaseCommand):
    help = "One chaos run. Exit code 1 when a promise was broken."
    stealth_options = ("told",)

    def handle(self, *args: Any, **given: Any) -> None:
        told: Told = given["told"]
        run = Run(told)
        try:
            summary = run.play()
        finally:
            run.stage.close()
        report.show(summary)
        sys.exit(int(any(summary["verdict"].values())))
