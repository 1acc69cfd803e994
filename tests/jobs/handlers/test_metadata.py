from collections.abc import Callable

import pytest

from jobs.context import Context
from jobs.handlers.metadata import aggregate_metadata
from jobs.models import StoredFile
from tests.jobs.handlers.conftest import Run

pytestmark = pytest.mark.django_db


def test_joins_the_file_with_the_results_of_dependencies(run: Run, make_context: Callable[..., Context]) -> None:
    StoredFile.objects.create(tenant_id="acme", file_id="a", path="files/acme/a/x", size=3, sha256="s", mime="text/csv")
    results = {"thumbnail": {"width": 4}, "file.ingest": [{"bytes": 3}, {"bytes": 5}]}
    ctx = make_context(tenant_id="acme", load_dependencies=lambda job_id: results)
    assert run(aggregate_metadata, {"fileId": "a"}, ctx) == {
        "file_id": "a",
        "file": {"path": "files/acme/a/x", "bytes": 3, "sha256": "s", "mime": "text/csv"},
        "parts": results,
    }


def test_another_tenants_file_stays_unknown(run: Run, make_context: Callable[..., Context]) -> None:
    StoredFile.objects.create(tenant_id="acme", file_id="a", path="x", size=3, sha256="s", mime="text/csv")
    record = run(aggregate_metadata, {"file_id": "a"}, make_context(tenant_id="globex"))
    assert record == {"file_id": "a", "file": None, "parts": {}}
