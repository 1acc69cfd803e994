"""What lists of dispatches are found by."""

from uuid import uuid4

import pytest
from django.db import connection

from dispatcher.models import Dispatch

pytestmark = pytest.mark.django_db


def test_the_dispatch_of_a_job_is_found_by_an_index() -> None:
    rows = Dispatch.objects.filter(job_id=uuid4()).order_by("-pk")[:25]
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
    assert "dispatch_job" in rows.explain()
