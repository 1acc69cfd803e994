import pytest
from django.contrib.auth.models import AnonymousUser

from jobs.broker import Broker
from jobs.models import Job, LimitedUser
from jobs.scopes import UNLIMITED, Limits
from jobs.services import access
from tests.jobs import scenes

pytestmark = pytest.mark.django_db(transaction=True)


def test_people_see_their_own_jobs_unless_they_may_see_all(broker: Broker) -> None:
    ada, eve, viewer = scenes.user("ada"), scenes.user("eve"), scenes.user("viewer", "view_job")
    job_id = scenes.queued(owner_id=ada.pk)
    nobodys = scenes.queued()
    assert set(access.visible(ada).values_list("pk", flat=True)) == {job_id}
    assert not access.visible(eve).exists()
    assert not access.visible(AnonymousUser()).exists()
    assert set(access.visible(viewer).values_list("pk", flat=True)) == {job_id, nobodys}


def test_a_person_who_was_shut_out_sees_nothing(broker: Broker) -> None:
    ada = scenes.user("ada")
    scenes.queued(owner_id=ada.pk)
    ada.is_active = False
    assert not access.visible(ada).exists()
    assert not access.sees_payload(ada, ada.pk)


def test_payloads_are_for_their_owner_and_those_with_the_permission(broker: Broker) -> None:
    ada, viewer, operator = (
        scenes.user("ada"),
        scenes.user("viewer", "view_job"),
        scenes.user("operator", "view_payload"),
    )
    assert access.sees_payload(ada, ada.pk)
    assert access.sees_payload(operator, ada.pk)
    assert not access.sees_payload(viewer, ada.pk)
    assert not access.sees_payload(AnonymousUser(), None)


def test_redacted() -> None:
    assert access.redacted({"payload": {"a": 1}, "queue": "x"}) == {"payload": "(hidden)", "queue": "x"}
    assert access.redacted(None) is None


def test_what_a_reach_covers_is_what_its_rows_are(broker: Broker) -> None:
    ada, boss = scenes.user("ada", tenants=["t", ""]), scenes.user("boss", "view_job")
    for queue in ("default", "bulk"):
        for tenant in ("", "t", "u"):
            for owner in (None, ada.pk, boss.pk):
                scenes.queued(queue=queue, tenant_id=tenant, owner_id=owner)
    jobs = list(Job.objects.all())
    limits = [UNLIMITED] + [
        Limits.of_key(scopes, tenant_id, queues)
        for scopes in (["jobs:read"], ["jobs:write"], ["jobs:operate"], ["worker"])
        for tenant_id in ("", "t", "u")
        for queues in ([], ["bulk"])
    ]
    for user in (ada, boss):
        for limit in limits:
            limited = LimitedUser.objects.get(pk=user.pk)
            limited.limits = limit
            reach = access.reach_of(limited)
            covered = {job.pk for job in jobs if reach.covers(job.queue, job.tenant_id, job.owner_id)}
            assert covered == set(access.visible(limited).values_list("pk", flat=True)), (user, limit)
            assert not covered or any(reach.may_cover(queue) for queue in ("default", "bulk"))
