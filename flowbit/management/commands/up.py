import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from flowbit import up
from flowbit.embedded.errors import EmbeddedError
from flowbit.supervision import PartDied


class Command(BaseCommand):
    help = "Runs everything on this machine: PostgreSQL, Redis, web, scheduler and workers"
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.API_PORT)
        parser.add_argument("--folder", type=Path, default=settings.FOLDER, help="where all data are kept")
        parser.add_argument("--no-demo", action="store_true", help="no demo users, key and jobs")

    def handle(self, *, port: int, folder: Path, no_demo: bool, **_options: Any) -> None:
        manage = Path(settings.BASE_DIR) / "manage.py"
        plan = up.make_plan(manage, folder, port, demo=not no_demo, environment=os.environ)
        try:
            up.run(plan, self._say)
        except (up.PortBusy, up.WebSilent, PartDied, EmbeddedError) as error:
            raise CommandError(str(error)) from None
        self._say("Flowbit has ended")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
