from django.apps import AppConfig


class FlowbitConfig(AppConfig):
    """The project itself is an app, so that its commands (`up`, `smoke`) are found."""

    name = "flowbit"
