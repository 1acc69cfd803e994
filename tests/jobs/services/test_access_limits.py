"""Tenants of people, and what keys take away."""

from contextlib import nullcontext
from typing import Any

import pytest
from django.contrib.auth.models import User

from jobs.broker import Broker
from jobs.envelope import JobRequest
from jobs.errors import NotAllowed
from jobs.models import LimitedUser
from jobs.scopes import Limits
from jobs.services import access
from tests.jobs import scenes

pytestmark = pytest.mark.django_db(transaction=True)


def limited(user: User, *scopes: str, tenant_id: str = "", queues: tuple[str, ...] = ()) -> LimitedUser:
    found = LimitedUser.objects.get(pk=user.pk)
    found.limits = Limits.of_key(scopes, tenant_id, queues)
    return found


def seen(user: User) -> set[object]:
    return set(access.visible(user).values_list("pk", flat=True))


def may(user: User, tenant_id: str, queue: str | None = None) -> bool:
    try:
        access.check_submit(user, JobRequest(type="test.noop", tenant_id=tenant_id, queue=queue))
    except NotAllowed:
        return False
    return True


class TestTenants:
    def test_people_see_what_is_of_their_tenants(self, broker: Broker) -> None:
        ada = scenes.user("ada", tenants=["", "tenant-a"])
        mine, shared = scenes.queued(owner_id=ada.pk, tenant_id="tenant-b"), scenes.queued(tenant_id="tenant-a")
        scenes.queued(tenant_id="tenant-b")
        scenes.queued()
        assert seen(ada) == {mine, shared}
        assert not access.sees_payload(ada, None)

    def test_a_blank_tenant_is_shared_with_nobody(self, broker: Broker) -> None:
        scenes.queued(owner_id=7)
        assert not seen(scenes.user("ada", tenants=[""]))

    @pytest.mark.parametrize(
        ("permissions", "tenants", "allowed"),
        [
            ((), (), [""]),
            ((), ("tenant-a",), ["tenant-a"]),
            ((), ("", "tenant-a"), ["", "tenant-a"]),
            (("view_job",), (), ["", "tenant-a", "tenant-b"]),
            (("view_job",), ("tenant-b",), ["tenant-b"]),
        ],
    )
    def test_for_whom_they_submit(
        self, permissions: tuple[str, ...], tenants: tuple[str, ...], allowed: list[str]
    ) -> None:
        user = scenes.user("ada", *permissions, tenants=tenants)
        assert [tenant for tenant in ("", "tenant-a", "tenant-b") if may(user, tenant)] == allowed

    def test_of_a_person_who_was_shut_out_nothing_is_seen(self, broker: Broker) -> None:
        ada = scenes.user("ada", tenants=["tenant-a"])
        scenes.queued(tenant_id="tenant-a")
        ada.is_active = False
        assert not seen(ada)


class TestKeys:
    def test_another_tenant_is_neither_seen_nor_submitted_for(self, broker: Broker) -> None:
        ada = scenes.user("ada", "view_job")
        inside = scenes.queued(tenant_id="tenant-a")
        scenes.queued(tenant_id="tenant-b", owner_id=ada.pk)
        scenes.queued(owner_id=ada.pk)
        key = limited(ada, "jobs:read", "jobs:write", tenant_id="tenant-a")
        assert seen(key) == {inside}
        assert [tenant for tenant in ("", "tenant-a", "tenant-b") if may(key, tenant)] == ["tenant-a"]

    def test_its_tenant_is_none_that_the_user_does_not_have(self) -> None:
        key = limited(scenes.user("ada", tenants=["tenant-b"]), "admin", tenant_id="tenant-a")
        assert not may(key, "tenant-a")
        assert not may(key, "tenant-b")

    def test_another_queue_is_neither_seen_nor_submitted_to(self, broker: Broker) -> None:
        ada = scenes.user("ada", "view_job")
        inside = scenes.queued(queue="mail")
        scenes.queued(owner_id=ada.pk)
        key = limited(ada, "jobs:read", "jobs:write", queues=("mail",))
        assert seen(key) == {inside}
        assert may(key, "", "mail")
        assert not may(key, "", "other")
        assert not may(key, ""), "the queue that the handler names counts when none is given"

    @pytest.mark.parametrize("type_", ["cleanup.run", "generic"])
    def test_what_reaches_beyond_its_queues_is_not_submitted(self, type_: str) -> None:
        ada = scenes.user("ada", "operate_queue")
        wanted = JobRequest(type=type_, queue="mail")
        access.check_submit(limited(ada, "jobs:write", "jobs:operate"), wanted)
        with pytest.raises(NotAllowed):
            access.check_submit(limited(ada, "jobs:write", "jobs:operate", queues=("mail",)), wanted)

    @pytest.mark.parametrize(
        ("limits", "allowed"),
        [
            ({"scopes": ("jobs:read", "jobs:write")}, True),
            ({"scopes": ("jobs:read", "jobs:write"), "tenant_id": "tenant-a"}, True),
            ({"scopes": ("jobs:read", "jobs:write"), "queues": ("mail",)}, False),
            ({"scopes": ("jobs:write",)}, False),
        ],
        ids=["whole", "tenant", "queues", "blind"],
    )
    def test_a_report_is_for_keys_that_see_what_is_in_it(self, limits: dict[str, Any], allowed: bool) -> None:
        scopes = limits.pop("scopes")
        key = limited(scenes.user("ada", "submit_job", "view_job"), *scopes, **limits)
        wanted = JobRequest(type="report.generate", queue="mail", tenant_id="tenant-a")
        with nullcontext() if allowed else pytest.raises(NotAllowed):
            access.check_submit(key, wanted)

    def test_without_a_scope_to_look_it_sees_what_it_submits_and_no_more(self, broker: Broker) -> None:
        ada = scenes.user("ada", "view_job", tenants=["tenant-a"])
        mine, shared, other = scenes.queued(owner_id=ada.pk), scenes.queued(tenant_id="tenant-a"), scenes.queued()
        assert seen(limited(ada, "jobs:read")) == {mine, shared, other}
        assert seen(limited(ada, "jobs:write")) == {mine}
        assert seen(limited(ada, "jobs:operate")) == {mine, shared, other}
        assert seen(limited(ada, "worker")) == set()

    def test_a_worker_sees_no_payload_not_even_of_its_user(self, broker: Broker) -> None:
        ada = scenes.user("ada", "view_payload")
        assert access.sees_payload(ada, ada.pk)
        assert not access.sees_payload(limited(ada, "worker"), ada.pk)
        assert access.sees_payload(limited(ada, "jobs:write"), ada.pk)
        assert not access.sees_payload(limited(ada, "jobs:write"), None)
