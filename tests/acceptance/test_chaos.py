"""The chaos run, small: the same command as `make chaos`, with one seed and every sort of fault."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

pytestmark = pytest.mark.acceptance


def test_every_promise_is_kept_while_everything_is_killed() -> None:
    command = [sys.executable, "-m", "benchmarks.chaos", "--jobs", "800", "--seed", "5", "--minutes", "5"]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=dict(os.environ), capture_output=True, text=True, timeout=360, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr[-5000:]
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["run"]["faults"] == 15
    assert len(summary["recovery"]) == 15
    assert summary["figures"]["jobs"] >= 800
