from importlib import import_module

import pytest
from django.db import connection

from jobs.models import StoredFile
from tests.jobs import builders

pytestmark = pytest.mark.django_db
files_of_owners = import_module("jobs.migrations.0009_files_of_owners")


def test_a_file_without_a_tenant_goes_to_the_owner_of_its_job() -> None:
    jobs = {
        "mine": builders.queued(owner_id=17),
        "nobodys": builders.queued(),
        "acmes": builders.queued(owner_id=17, tenant_id="acme"),
        "orphaned": None,
    }
    for name, job_id in jobs.items():
        tenant = "acme" if name == "acmes" else ""
        StoredFile.objects.create(
            file_id=name, tenant_id=tenant, job_id=job_id, path=name, size=1, sha256="s", mime="text/csv"
        )
    with connection.cursor() as cursor:
        cursor.execute(files_of_owners.GIVE)
    owners = dict(StoredFile.objects.values_list("file_id", "owner_id"))
    assert owners == {"mine": 17, "nobodys": None, "acmes": None, "orphaned": None}
