"""The OpenAPI document tells the truth: Schemathesis makes requests of it, and looks at what a real server answers."""

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from django.contrib.auth.models import Group, User

from jobs.services import api_keys
from jobs.services.api_keys import Wanted
from jobs.services.audit import Actor
from tests.acceptance.demo import free_port
from tests.acceptance.system import System
from tests.jobs import scenes

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
)
SEED = 20
# Wrong credentials have tests of their own, and after sixty of them there would be nothing but 429.
CONFIGURATION = """
[generation]
with-security-parameters = false
[parameters]
"path.worker_id" = "{worker}"
"""
OPEN = {"API_RATE": "off", "DISPATCH_RATE": "off", "LOGIN_RATE": "off", "LOGIN_ADDRESS_RATE": "off"}


@pytest.mark.parametrize(
    ("role", "phases", "examples"),
    [
        ("", "examples,fuzzing", 2),
        ("viewer", "examples,fuzzing", 2),
        ("operator", "examples,coverage,fuzzing,stateful", 3),
    ],
    ids=["anonymous", "viewer", "operator"],
)
def test_every_answer_is_as_the_document_says(
    system: System, tmp_path: Path, role: str, phases: str, examples: int
) -> None:
    headers = ["--header", f"X-API-Key: {key(role)}"] if role else []
    some_of_everything()
    url = system.web_at(free_port(), DATABASE_POOL_SIZE="4", **OPEN)
    # The first time it is made, which takes a busy machine longer than Schemathesis waits.
    httpx.get(f"{url}/api/schema", timeout=60).raise_for_status()
    configuration = tmp_path / "schemathesis.toml"
    configuration.write_text(CONFIGURATION.format(worker=scenes.WORKER))
    limits = ["--phases", phases, "--checks", ",".join(CHECKS), "--max-examples", str(examples), "--seed", str(SEED)]
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration), "--no-color"]
        + ["run", f"{url}/api/schema", "--url", url, *headers, *limits],
        cwd=tmp_path,  # what it keeps from one run to the next would lead to other requests
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:] + system.logs()
    assert re.search(r"Tested: +[4-9]\d", done.stdout), done.stdout  # operations of the document


def key(role: str) -> str:
    """An API key that lets through all that somebody of this role may."""
    user = User.objects.create_user(f"a-{role}")
    user.groups.add(Group.objects.get(name=role))
    return api_keys.make(user, Wanted(name=role, scopes=["admin"]), Actor.shell(), None).token


def some_of_everything() -> None:
    """Jobs in several states, with what belongs to them."""
    scenes.worker()
    for _ in range(3):
        parent = scenes.queued()
        scenes.queued(dependencies=[parent])
        scenes.running()
        scenes.succeeded()
        scenes.failed()
