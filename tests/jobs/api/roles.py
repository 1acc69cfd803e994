"""Everybody who may come, as clients: the roles, people without one, and a key of each scope."""

from copy import copy, deepcopy
from importlib import import_module

from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from jobs import scopes
from jobs.services import api_keys
from jobs.services.api_keys import Wanted
from jobs.services.audit import Actor
from tests.jobs import scenes

TENANT = "tenant-a"
ROLES = ("viewer", "operator", "admin")
KEYS = tuple(f"key {scope}" for scope in scopes.PERMISSIONS)
PEOPLE = ("nobody", "owner", "member", *ROLES)
ALL = ("anonymous", *PEOPLE, *KEYS)
"""`nobody` has no permission at all; `owner` submits, and the job is theirs; `member` submits, and is of the job's
tenant; keys are of an admin.
"""


def make() -> dict[str, Client]:
    """A client for each of `ALL`."""
    with connection.schema_editor() as editor:
        import_module("jobs.migrations.0002_roles").create(apps, editor)
        import_module("jobs.migrations.0005_identity").permit(apps, editor)
    owner = scenes.user("owner", "submit_job")
    member = scenes.user("member", "submit_job", tenants=["", TENANT])
    people = {"nobody": scenes.user("nobody"), "owner": owner, "member": member, **_members()}
    clients = {name: _signed_in(user) for name, user in people.items()}
    keys = {f"key {scope}": _keyed(people["admin"], scope) for scope in scopes.PERMISSIONS}
    return {"anonymous": Client(), **clients, **keys}


def again(client: Client) -> Client:
    """The same person with nothing but the credential: what it is told to keep stays its own."""
    found = copy(client)
    found.cookies = deepcopy(client.cookies)
    return found


def _members() -> dict[str, User]:
    found = {}
    for role in ROLES:
        found[role] = User.objects.create_user(role, is_staff=True)
        found[role].groups.add(Group.objects.get(name=role))
    return found


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _keyed(user: User, scope: str) -> Client:
    token = api_keys.make(user, Wanted(name=scope, scopes=[scope]), Actor.shell(), None).token
    return Client(headers={"X-API-Key": token})
