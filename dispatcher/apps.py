from django.apps import AppConfig
from django.core import checks

from dispatcher.checks import check_options


class DispatcherConfig(AppConfig):
    name = "dispatcher"
    verbose_name = "Dispatcher"

    def ready(self) -> None:
        checks.register(check_options)
