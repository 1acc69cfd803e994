"""What `manage.py check` says about the options."""

from typing import Any

from django.core import checks

from jobs.conf import options

TAG = "flowbit"


def check_options(**_kwargs: Any) -> list[checks.CheckMessage]:
    """An error for each contradiction in `settings.FLOWBIT`."""
    return [checks.Error(problem, id="flowbit.E001") for problem in options().problems()]
