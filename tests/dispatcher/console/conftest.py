"""People who look at the pipeline."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs.broker import Broker
from tests.jobs import scenes

Enter = Callable[[User], Client]


@pytest.fixture
def enter(transactional_db: None, broker: Broker) -> Enter:
    """`enter(user)`: their browser."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def ada(transactional_db: None) -> User:
    """Not of the staff; may submit."""
    return scenes.user("ada", "submit_job")


@pytest.fixture
def bob(transactional_db: None) -> User:
    return scenes.user("bob", "submit_job")


@pytest.fixture
def operator(transactional_db: None) -> User:
    return scenes.user("operator", "view_job", "view_payload", "view_deadletter", "submit_job", staff=True)


@pytest.fixture
def viewer(transactional_db: None) -> User:
    return scenes.user("viewer", "view_job", staff=True)
