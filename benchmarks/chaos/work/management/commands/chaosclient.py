"""`manage.py chaosclient`: one of the clients of a chaos run."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from benchmarks.chaos import orders
from benchmarks.chaos.client import Client
from benchmarks.chaos.journal import Journal

_PATIENCE = 60.0


class Command(BaseCommand):
    help = "Submit one client's share of the jobs of a chaos run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, required=True)
        parser.add_argument("--jobs", type=int, required=True)
        parser.add_argument("--clients", type=int, required=True)
        parser.add_argument("--number", type=int, required=True)
        parser.add_argument("--seconds", type=float, required=True)
        parser.add_argument("--journal", type=Path, required=True)

    def handle(self, *args: Any, **given: Any) -> None:
        calls = orders.draw(given["seed"], given["jobs"], given["clients"])[given["number"]]
        Client(calls, given["seconds"], Journal(given["journal"]), _PATIENCE).run()
