import pytest
from django.db import connection

from jobs.broker import Broker
from jobs.errors import Conflict, NotFound
from jobs.models import AuditEntry, Worker
from jobs.services import workers
from jobs.services.audit import Actor
from tests.jobs import scenes

pytestmark = pytest.mark.django_db(transaction=True)
ADA = Actor(5, "ada")


def test_each_verb_changes_the_row_and_is_heard_at_once(broker: Broker) -> None:
    name = scenes.worker()
    heard = broker.listen(name, 0.01)
    assert next(heard) is None
    said = []
    for verb in (workers.cordon, workers.resume, workers.drain):
        verb(name, ADA, "maintenance")
        said.append((Worker.objects.get(pk=name).mode, next(heard)))
    heard.close()
    assert said == [
        ("cordoned", "mode cordoned"),
        ("active", "mode active"),
        ("draining", "mode draining"),
    ]
    verbs = list(AuditEntry.objects.order_by("id").values_list("verb", flat=True))
    assert verbs == ["worker.cordoned", "worker.resumed", "worker.drained"]


def test_the_present_mode_is_refused(broker: Broker) -> None:
    name = scenes.worker()
    with pytest.raises(Conflict):
        workers.resume(name, ADA)


def test_a_dead_worker_is_refused(broker: Broker) -> None:
    name = scenes.worker()
    with connection.cursor() as cursor:
        cursor.execute("update jobs_worker set lease_until = now() - interval '1 second'")
    with pytest.raises(Conflict, match="has ended"):
        workers.cordon(name, ADA)


@pytest.mark.parametrize("name", ["nobody", "\0", "x" * 1000])
def test_unknown_workers(broker: Broker, name: str) -> None:
    with pytest.raises(NotFound):
        workers.drain(name, ADA)
