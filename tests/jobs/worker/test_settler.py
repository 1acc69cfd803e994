"""The settler: batches, and the one outcome that PostgreSQL does not take."""

from typing import Any

import pytest
from django.db import connection

from jobs.broker import Broker
from jobs.conf import options
from jobs.horizon import Speeds
from jobs.models import Attempt, DeadLetter, Job
from jobs.settlement import Settlement
from jobs.store import insert
from jobs.store.start import Started, start
from jobs.worker.execution import Execution
from jobs.worker.settler import Settler
from tests.jobs import builders
from tests.jobs.tallies import by_type

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = "settling"
_REFUSE = """
    create function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'read-only' using errcode = 'read_only_sql_transaction'; end $$;
    create trigger refuse before update on jobs_job execute function refuse();"""


def settler(broker: Broker) -> Settler:
    conf = options()
    made = Settler(WORKER, conf, broker, Speeds(), Execution(conf).unstorable)
    made.start()
    return made


def ending(job: Started, **fields: Any) -> Settlement:
    made = {"outcome": "succeeded", "state": "succeeded", "queue": job.queue, "type": job.type, **fields}
    return Settlement(id=job.id, number=job.attempt, claim=builders.CLAIM, **made)


def test_one_poisonous_outcome_in_a_thousand_fails_alone(broker: Broker) -> None:
    drafts = [builders.draft() for _ in range(1000)]
    insert.insert(drafts)
    started = start(WORKER, builders.CLAIM, "default", [builders.TYPE], [draft.id for draft in drafts])
    working = settler(broker)
    for number, job in enumerate(started):
        result = '"a\\u0000b"' if number == 500 else "1"
        working.put(ending(job, result=result))
    assert working.finish(60)
    assert working.settled == 1000
    poisoned = Job.objects.get(state="failed")
    assert Job.objects.filter(state="succeeded").count() == 999
    assert Attempt.objects.count() == 1000
    assert poisoned.last_error.startswith("its outcome cannot be stored")
    assert DeadLetter.objects.get().job_id == poisoned.id


def test_what_a_server_refuses_that_is_not_itself_waits(broker: Broker) -> None:
    """As a standby does that has just been made the server, and only reads yet."""
    draft = builders.draft()
    insert.insert([draft])
    (job,) = start(WORKER, builders.CLAIM, "default", [builders.TYPE], [draft.id])
    with connection.cursor() as cursor:
        cursor.execute(_REFUSE)
        working = settler(broker)
        working.put(ending(job))
        try:
            assert not working.finish(0.5)
        finally:
            cursor.execute("drop function refuse cascade")
    assert Job.objects.get().state == "running"
    again = settler(broker)
    again.put(ending(job))
    assert again.finish(60)
    assert Job.objects.get().state == "succeeded"


def test_what_was_settled_is_counted_and_what_was_fenced_too(broker: Broker) -> None:
    drafts = [builders.draft() for _ in range(4)]
    insert.insert(drafts)
    started = start(WORKER, builders.CLAIM, "default", [builders.TYPE], [draft.id for draft in drafts])
    working = settler(broker)
    good, late, failing, again = started
    working.put(ending(good, took=0.004, waited=2.0))
    working.put(ending(late._replace(attempt=9)))
    working.put(ending(failing, outcome="raised", state="failed", took=7000.0))
    working.put(ending(again, outcome="raised", state="retrying", took=0.5))
    assert working.finish(60)
    figures = by_type([broker.totals("default")])[builders.TYPE]
    assert figures.fenced == 1
    assert figures.outcomes == {"succeeded": 1, "raised": 2}
    assert figures.states == {"succeeded": 1, "failed": 1, "retrying": 1}
    assert (figures.run.count, figures.wait.count) == (3, 3)
    assert figures.run.seconds == pytest.approx(7000.504)
    assert figures.wait.seconds == pytest.approx(2.0)
