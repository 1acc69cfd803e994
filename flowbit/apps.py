from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app
from django.core import checks


class FlowbitConfig(AppConfig):
    """The project itself is an app, so that its commands (`up`, `smoke`) are found."""

    name = "flowbit"


class AdminConfig(SimpleAdminConfig):
    """The admin's pages are loaded with the URLs, and so by web processes only: they are a fourth of what a worker
    would load.
    """

    def ready(self) -> None:
        checks.register(_check_pages, checks.Tags.admin)


def _check_pages(app_configs: Sequence[AppConfig] | None, **given: Any) -> list[checks.CheckMessage]:
    admin.autodiscover()
    return check_admin_app(app_configs, **given)
