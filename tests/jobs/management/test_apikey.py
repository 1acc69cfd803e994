from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from jobs.models import ApiKey, AuditEntry
from jobs.services import identify
from tests.jobs import scenes

pytestmark = pytest.mark.django_db(transaction=True)


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("apikey", *arguments, stdout=out)
    return out.getvalue().strip()


def test_it_prints_the_token_and_nothing_else() -> None:
    ada = scenes.user("ada")
    options = ["--scopes", "jobs:read, jobs:write", "--tenant", "tenant-a", "--queues", "mail", "--expires", "90d"]
    identity = identify.by_token(said("ada", *options))
    assert identity is not None
    assert identity.user == ada
    key = ApiKey.objects.get()
    assert (key.scopes, key.tenant_id, key.queues) == (["jobs:read", "jobs:write"], "tenant-a", ["mail"])
    assert key.expires_at is not None
    assert AuditEntry.objects.get().source == "shell"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nobody", "--scopes", "admin"], "user"),
        ([], "user"),
        (["ada"], "scopes"),
        (["ada", "--scopes", "x"], "scopes"),
        (["ada", "--scopes", "admin", "--expires", "soon"], "expires_in"),
    ],
)
def test_what_is_refused(arguments: list[str], message: str) -> None:
    scenes.user("ada")
    with pytest.raises(CommandError, match=message):
        said(*arguments)


def test_listing_and_revoking() -> None:
    scenes.user("ada")
    token = said("ada", "--scopes", "worker")
    prefix = ApiKey.objects.get().prefix
    listed = said("--list")
    assert prefix in listed
    assert token not in listed
    assert said("nobody", "--list") == ""
    assert said("--revoke", prefix) == "revoked"
    assert said("--list") == ""
    for wrong in (prefix, "unknown"):
        with pytest.raises(CommandError):
            said("--revoke", wrong)
