"""People who look at the console: one client for each role."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client

from jobs.broker import Broker
from tests.jobs import scenes


@pytest.fixture
def roles(transactional_db: None) -> None:
    """The groups of the migrations, which an earlier test's end may have swept away with all rows."""
    with connection.schema_editor() as editor:
        import_module("jobs.migrations.0002_roles").create(apps, editor)
        import_module("jobs.migrations.0005_identity").permit(apps, editor)
        import_module("jobs.migrations.0007_rebuild").permit(apps, editor)


def _client(role: str) -> Client:
    user = scenes.user(f"a-{role}", staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def viewer(roles: None, broker: Broker) -> Client:
    return _client("viewer")


@pytest.fixture
def operator(roles: None, broker: Broker) -> Client:
    return _client("operator")


@pytest.fixture
def chief(roles: None, broker: Broker) -> Client:
    """Of the role admin."""
    return _client("admin")


@pytest.fixture
def nobody(roles: None, broker: Broker) -> Client:
    """Staff without any role."""
    client = Client()
    client.force_login(scenes.user("nobody", staff=True))
    return client


@pytest.fixture
def ordinary(roles: None, broker: Broker) -> Client:
    """Signed in, but not of the staff."""
    client = Client()
    client.force_login(scenes.user("ordinary"))
    return client
