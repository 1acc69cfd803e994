import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import scopes
from jobs.scopes import UNLIMITED, Limits

SOME = st.sets(st.sampled_from(sorted(scopes.PERMISSIONS)), min_size=1)


def test_the_scope_admin_has_all_that_the_others_have() -> None:
    assert scopes.permissions(scopes.PERMISSIONS) == scopes.PERMISSIONS[scopes.ADMIN]


@given(SOME, SOME)
def test_more_scopes_never_take_anything_away(some: set[str], more: set[str]) -> None:
    assert scopes.permissions(some) <= scopes.permissions(some | more)


def test_no_scope_reaches_people_or_keys() -> None:
    reached = scopes.permissions(scopes.PERMISSIONS)
    assert not [name for name in reached if not name.startswith("jobs.")]
    assert not [name for name in reached if "apikey" in name or "profile" in name]


@pytest.mark.parametrize(
    ("scope", "sees"),
    [
        ("jobs:read", (True, True)),
        ("jobs:write", (False, True)),
        ("jobs:operate", (True, True)),
        ("worker", (False, False)),
        ("admin", (True, True)),
    ],
)
def test_what_a_key_sees(scope: str, sees: tuple[bool, bool]) -> None:
    limits = Limits.of_key([scope])
    assert (limits.sees_all, limits.sees_own) == sees


def test_a_key_of_one_tenant_does_nothing_to_what_all_share() -> None:
    limits = Limits.of_key(scopes.PERMISSIONS, "tenant-a")
    for name in ("jobs.submit_job", "jobs.cancel_job", "jobs.replay_job", "jobs.view_payload"):
        assert limits.allow(name)
    for name in (
        "jobs.view_job",
        "jobs.operate_queue",
        "jobs.operate_worker",
        "jobs.view_auditentry",
        "jobs.run_worker",
    ):
        assert not limits.allow(name)


def test_a_key_of_some_queues_steers_these() -> None:
    limits = Limits.of_key(scopes.PERMISSIONS, queues=["mail"])
    assert limits.allow("jobs.operate_queue")
    assert not limits.allow("jobs.view_job")
    assert not limits.allow("jobs.operate_worker")


def test_a_tenant_and_queues_are_limits_only_where_they_are_named() -> None:
    limits = Limits.of_key(["admin"], "tenant-a", ["mail"])
    assert limits.reach_tenant("tenant-a")
    assert not limits.reach_tenant("")
    assert limits.reach_queue("mail")
    assert not limits.reach_queue("default")
    assert UNLIMITED.reach_tenant("tenant-a")
    assert UNLIMITED.reach_queue("default")
    assert UNLIMITED.allow("auth.delete_user")
