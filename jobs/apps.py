from django.apps import AppConfig
from django.core import checks
from django.utils.module_loading import autodiscover_modules

from jobs.checks import TAG, check_options


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Jobs"

    def ready(self) -> None:
        """Import `handlers` and `tasks` of every installed app: declaring is registering."""
        checks.register(check_options, TAG)
        autodiscover_modules("handlers", "tasks")
