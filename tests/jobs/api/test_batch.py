from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from jobs.api.schema import shapes
from jobs.broker import Broker
from jobs.models import Job
from tests.jobs import scenes
from tests.jobs.api.callers import ok, refused, send, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


def noop(n: Any = 1, **options: Any) -> dict[str, Any]:
    return {"type": "test.noop", "payload": {"n": n}, **options}


def batch(client: Client, *jobs: Any, query: str = "") -> Any:
    return send(client, f"jobs/batch{query}", {"jobs": list(jobs)})


def test_ids_come_in_the_order_of_the_request(ada: Any, client: Client, broker: Broker) -> None:
    made = ok(batch(client, noop(1), noop(2, queue="critical"), noop(3, delay="1h")), shapes.Batch, 201)
    assert (made["count"], made["created"], made["duplicates"], made["remarks"]) == (3, 3, 0, [])
    stored = {str(job.id): (job.payload["n"], job.owner_id, job.state) for job in Job.objects.all()}
    assert [stored[one] for one in made["ids"]] == [
        (1, ada.pk, "queued"),
        (2, ada.pk, "queued"),
        (3, ada.pk, "scheduled"),
    ]
    assert broker.lanes("critical") == {"test.noop": 1}


def test_expanded(ada: Any, client: Client, broker: Broker) -> None:
    made = ok(batch(client, noop(1), noop(2), query="?expand=1"), shapes.Batch, 201)
    assert [job["payload"]["n"] for job in made["jobs"]] == [1, 2]
    assert [job["id"] for job in made["jobs"]] == made["ids"]


def test_repeats_and_warnings_are_remarked(ada: Any, client: Client, broker: Broker) -> None:
    first = ok(batch(client, noop(1, idempotency_key="a")), shapes.Batch, 201)
    made = ok(batch(client, noop(2), noop(1, idempotencyKey="a"), noop(3, payload={"x": 1})), shapes.Batch, 201)
    assert (made["created"], made["duplicates"], made["ids"][1]) == (2, 1, first["ids"][0])
    assert [(one["index"], one["duplicate_suppressed"], len(one["warnings"])) for one in made["remarks"]] == [
        (1, True, 0),
        (2, False, 1),
    ]
    ok(batch(client, noop(1, idempotency_key="a")), shapes.Batch, 200)
    assert Job.objects.count() == 3


def test_all_that_is_wrong_is_named_and_nothing_is_stored(ada: Any, client: Client, broker: Broker) -> None:
    jobs = [noop(), noop(priority=11, colour="red"), {"payload": {}}, "text", noop(queue=[])]
    body = refused(batch(client, *jobs), 400)
    assert sorted(body["details"]) == ["jobs[1].colour", "jobs[2].type", "jobs[3]", "jobs[4].queue"]
    body = refused(batch(client, noop(), noop("many"), {"type": "no.such"}, noop(priority=11)), 400)
    assert sorted(body["details"]) == ["jobs[1].payload.n", "jobs[2].type", "jobs[3].priority"]
    assert body["error"].endswith("(and 2 more jobs are refused)")
    assert not Job.objects.exists()


def test_of_very_many_unknown_fields_some_are_told(ada: Any, client: Client, broker: Broker) -> None:
    body = refused(batch(client, {f"f{number}": 0 for number in range(100_000)}), 400)
    assert 0 < len(body["details"]) < 200


def test_a_thousand_wrong_ones_are_not_all_told(ada: Any, client: Client, broker: Broker) -> None:
    body = refused(batch(client, *[noop("many")] * 1000), 400)
    assert len(body["details"]) == 100
    assert body["error"].endswith("(and 999 more jobs are refused)")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "jobs"),
        ([], "jobs"),
        ({"jobs": []}, "jobs"),
        ({"jobs": {}}, "jobs"),
        ({"jobs": [noop()], "queue": "critical"}, "queue"),
        ({"jobs": [noop(dependencies=[str(uuid4())])]}, "jobs[0].dependencies"),
        ({"jobs": [noop(), noop(parent_job_id=str(uuid4()))]}, "jobs[1].parent_job_id"),
        ({"jobs": [noop(cron="* * * * *")]}, "jobs[0].cron"),
        ({"jobs": [noop()] * 10_001}, "jobs"),
    ],
)
def test_wrong_bodies(ada: Any, client: Client, broker: Broker, body: Any, field: str) -> None:
    assert list(refused(send(client, "jobs/batch", body), 400)["details"]) == [field]
    assert not Job.objects.exists()


def test_a_key_of_somebody_elses_job_refuses_the_whole_batch(ada: Any, client: Client, broker: Broker) -> None:
    ok(batch(client, noop(1, idempotency_key="a")), shapes.Batch, 201)
    eve = signed_in(scenes.user("eve", "submit_job"))
    told = refused(batch(eve, noop(2), noop(1, idempotency_key="a")), 422)
    assert told == refused(batch(eve, noop(2), noop(5, idempotency_key="a")), 422), "a wrong guess is told no other"
    refused(batch(client, noop(2), noop(5, idempotency_key="a")), 422)
    assert Job.objects.count() == 1


def test_a_type_for_operators_refuses_the_whole_batch(ada: Any, client: Client, broker: Broker) -> None:
    assert refused(batch(client, noop(), {"type": "cleanup.run"}), 403)["code"] == "not_allowed"
    assert not Job.objects.exists()


def test_ten_thousand_cost_no_query_each(
    ada: Any, client: Client, broker: Broker, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(6):
        answer = batch(client, *[noop(number) for number in range(10_000)])
    assert ok(answer, shapes.Batch, 201)["created"] == 10_000
    assert broker.lanes("default") == {"test.noop": 10_000}


def test_a_body_above_one_mebibyte_is_taken(ada: Any, client: Client, broker: Broker) -> None:
    jobs = [{"type": "test.anything", "payload": {"text": "x" * 200_000}}] * 8
    ok(batch(client, *jobs), shapes.Batch, 201)
    body = refused(batch(client, *jobs * 25), 413)
    assert body["error"] == "the request is larger than 32768 KiB"
