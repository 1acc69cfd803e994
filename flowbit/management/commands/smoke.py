"""`manage.py smoke`: is this installation in order?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from flowbit import smoke


class Command(BaseCommand):
    help = "Check PostgreSQL, Redis, migrations and workers, and send one job there and back."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        failed = 0
        for finding in smoke.run():
            failed += not finding.ok
            mark = self.style.SUCCESS("ok   ") if finding.ok else self.style.ERROR("WRONG")
            self.stdout.write(f"{mark} {finding.name}: {finding.text}")
            self.stdout.flush()
        if failed:
            raise CommandError(f"{failed} of the checks failed")
