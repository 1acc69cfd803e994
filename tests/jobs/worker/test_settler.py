"""The settler: batches, and the one outcome that PostgreSQL does not take."""

import pytest

from jobs.broker import Broker
from jobs.conf import options
from jobs.horizon import Speeds
from jobs.models import Attempt, DeadLetter, Job
from jobs.settlement import Settlement
from jobs.store import insert
from jobs.store.start import start
from jobs.worker.execution import Execution
from jobs.worker.settler import Settler
from tests.jobs import builders

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = "settling"


def settler(broker: Broker) -> Settler:
    conf = options()
    made = Settler(WORKER, conf, broker, Speeds(), Execution(conf).unstorable)
    made.start()
    return made


def test_one_poisonous_outcome_in_a_thousand_fails_alone(broker: Broker) -> None:
    drafts = [builders.draft() for _ in range(1000)]
    insert.insert(drafts)
    started = start(WORKER, builders.CLAIM, "default", [builders.TYPE], [draft.id for draft in drafts])
    working = settler(broker)
    for number, job in enumerate(started):
        result = '"a\\u0000b"' if number == 500 else "1"
        working.put(
            job.type,
            Settlement(
                id=job.id, number=1, claim=builders.CLAIM, outcome="succeeded", state="succeeded", result=result
            ),
        )
    assert working.finish(60)
    assert working.settled == 1000
    poisoned = Job.objects.get(state="failed")
    assert Job.objects.filter(state="succeeded").count() == 999
    assert Attempt.objects.count() == 1000
    assert poisoned.last_error.startswith("its outcome cannot be stored")
    assert DeadLetter.objects.get().job_id == poisoned.id
