"""Operations on many, as programs watch and stop them."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs.api.schema import controls
from jobs.models import AuditEntry, BulkOperation
from jobs.services import bulk
from jobs.services.audit import Actor
from jobs.services.bulk import Estimate, Wanted
from tests.jobs.api.callers import look, ok, refused, send, somebody

pytestmark = pytest.mark.django_db(transaction=True)


def begun(**options: Any) -> BulkOperation:
    otto = User.objects.get(username="otto")
    wanted = Wanted(
        **{"verb": "dlq.replay", "filter": {"type": "test.noop"}, "rate": 5.0, "reason": "mended", **options}
    )
    key = bulk.begin(wanted, Estimate(3, True), otto, Actor(otto.pk, "otto"))
    return BulkOperation.objects.get(pk=key)


def test_they_are_listed_and_looked_at(operator: Client) -> None:
    one, two = begun(), begun(verb="dlq.delete")
    results = ok(look(operator, "bulk"), controls.BulkPage)["results"]
    assert [row["id"] for row in results] == [str(two.pk), str(one.pk)]
    row = ok(look(operator, f"bulk/{one.pk}"), controls.BulkOperation)
    assert (row["verb"], row["state"], row["estimated"], row["rate"]) == ("dlq.replay", "running", 3, 5.0)
    assert (row["filter"], row["actor"], row["reason"]) == ({"type": "test.noop"}, "otto", "mended")


def test_what_is_looked_for_in_payloads_is_hidden(operator: Client, viewer: Client) -> None:
    key = begun(verb="job.cancel", filter={"payload.to": "ada"}, rate=None).pk
    assert ok(look(viewer, f"bulk/{key}"), controls.BulkOperation)["filter"] == {"payload.to": "(hidden)"}
    assert ok(look(operator, f"bulk/{key}"), controls.BulkOperation)["filter"] == {"payload.to": "ada"}


def test_one_is_stopped_and_not_twice(operator: Client) -> None:
    key = begun().pk
    row = ok(send(operator, f"bulk/{key}/stop", {"reason": "wrong"}), controls.BulkOperation)
    assert (row["state"], row["ended_why"]) == ("stopped", "stopped by otto: wrong")
    refused(send(operator, f"bulk/{key}/stop"), 409)
    assert AuditEntry.objects.filter(verb="bulk.stopped").count() == 1


def test_nobody_stops_what_they_may_not_do(operator: Client) -> None:
    key = begun(verb="dlq.delete", rate=None).pk
    refused(send(somebody("view_job", "replay_job"), f"bulk/{key}/stop"), 403)
    assert BulkOperation.objects.get().state == "running"


@pytest.mark.parametrize("key", ["x", "1", "00000000-0000-0000-0000-000000000000"])
def test_there_is_no_such_operation(operator: Client, key: str) -> None:
    refused(look(operator, f"bulk/{key}"), 404)
    refused(send(operator, f"bulk/{key}/stop"), 404)
