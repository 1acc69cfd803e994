from dataclasses import replace
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from jobs.checks import check_options
from jobs.conf import options


def test_the_tests_own_options_are_right() -> None:
    assert check_options() == []


def test_contradictions_are_errors_of_manage_check(settings: Any) -> None:
    settings.FLOWBIT = replace(options(), lease_ttl=5.0, heartbeat_interval=5.0, concurrency=0)
    found = [error for error in run_checks() if error.id == "flowbit.E001"]
    assert [error.msg.split()[0] for error in found] == ["LEASE_TTL", "WORKER_PROCESSES"]
    with pytest.raises(SystemCheckError, match="LEASE_TTL"):
        call_command("check")
