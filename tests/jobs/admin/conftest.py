import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs.broker import Broker
from tests.jobs import scenes

VIEW = [
    f"view_{model}" for model in ("job", "deadletter", "queue", "worker", "dependency", "auditentry", "idempotencykey")
]
OPERATE = [
    "view_payload",
    "cancel_job",
    "retry_job",
    "replay_job",
    "edit_queued_job",
    "delete_deadletter",
    "operate_queue",
    "operate_worker",
]


@pytest.fixture
def viewer(transactional_db: None, broker: Broker) -> Client:
    """Signed in, may look at rows, but neither at payloads nor do anything."""
    return signed_in(scenes.user("vera", *VIEW, staff=True))


@pytest.fixture
def operator(transactional_db: None, broker: Broker) -> Client:
    """Signed in with every right of an operator."""
    return signed_in(scenes.user("otto", *VIEW, *OPERATE, staff=True))


@pytest.fixture
def root(transactional_db: None, broker: Broker) -> Client:
    return signed_in(User.objects.create_superuser("root"))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
