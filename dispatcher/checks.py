"""What `manage.py check` says about the options."""

from typing import Any

from django.core import checks

from dispatcher.conf import options


def check_options(**_kwargs: Any) -> list[checks.CheckMessage]:
    """An error for each contradiction in `settings.DISPATCHER`."""
    return [checks.Error(problem, id="dispatcher.E001") for problem in options().problems()]
