"""`manage.py chaosoperator`: the operators of a chaos run."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from benchmarks.chaos.journal import Journal
from benchmarks.chaos.operators import steer_for


class Command(BaseCommand):
    help = "Cancel, retry, replay, edit, pause and cordon during a chaos run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, required=True)
        parser.add_argument("--verbs", type=int, required=True)
        parser.add_argument("--seconds", type=float, required=True)
        parser.add_argument("--journal", type=Path, required=True)

    def handle(self, *args: Any, **given: Any) -> None:
        steer_for(given["seed"], given["verbs"], given["seconds"], Journal(given["journal"]))
