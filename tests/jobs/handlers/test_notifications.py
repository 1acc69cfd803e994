from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMessage

from jobs.context import Context
from jobs.errors import Invalid
from jobs.handlers.notifications import notify_user
from jobs.models import Notification
from jobs.outcomes import Discard
from tests.jobs import scenes
from tests.jobs.handlers.conftest import Run

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann", "ann@example.com")


def test_web_leaves_a_message(run: Run, ann: User) -> None:
    result = run(notify_user, {"userId": ann.pk, "channel": "web", "message": "Done"})
    assert result == {"channel": "web", "delivered": True}
    assert Notification.objects.get(user_id=ann.pk).message == "Done"


def test_web_twice_is_once(run: Run, ann: User, make_context: Callable[..., Context]) -> None:
    ctx = make_context()
    for _ in range(2):
        run(notify_user, {"user_id": ann.pk, "channel": "web", "message": "Done"}, ctx)
    assert Notification.objects.count() == 1


def test_email_is_sent(
    run: Run, ann: User, make_context: Callable[..., Context], mailoutbox: list[EmailMessage]
) -> None:
    ctx = make_context()
    run(notify_user, {"user_id": ann.pk, "channel": "email", "message": "Done"}, ctx)
    [message] = mailoutbox
    assert (message.to, message.body) == (["ann@example.com"], "Done")
    assert str(ctx.job_id) in message.message()["Message-ID"]


@pytest.mark.parametrize("form", [lambda user: user.pk, lambda user: str(user.pk), lambda user: user.username])
def test_finds_the_user(run: Run, ann: User, form: Callable[[User], object]) -> None:
    run(notify_user, {"user_id": form(ann), "channel": "web"})
    assert Notification.objects.filter(user_id=ann.pk).exists()


@pytest.mark.parametrize("user_id", [999_999, 2**63 - 1, "nobody", "9" * 150])
def test_nobody_is_final(run: Run, user_id: object) -> None:
    with pytest.raises(Discard, match="no active user"):
        run(notify_user, {"user_id": user_id, "channel": "web"})


def test_an_inactive_user_is_nobody(run: Run) -> None:
    User.objects.create_user("old", is_active=False)
    with pytest.raises(Discard, match="no active user"):
        run(notify_user, {"user_id": "old", "channel": "web"})


CHANNELS = ["email", "web"]


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_person_notifies_themselves_and_nobody_else(
    run: Run, ann: User, make_context: Callable[..., Context], mailoutbox: list[EmailMessage], channel: str
) -> None:
    bob = scenes.user("bob", tenants=["acme"])
    User.objects.filter(pk=bob.pk).update(email="bob@example.com")
    for job in ({"owner_id": bob.pk}, {"owner_id": bob.pk, "tenant_id": "acme"}):
        for whom in (ann.pk, "ann", "nobody"):
            with pytest.raises(Discard, match=f"there is no active user '{whom}' whom this job may notify"):
                run(notify_user, {"user_id": whom, "channel": channel}, make_context(**job))
    assert run(notify_user, {"user_id": "bob", "channel": channel}, make_context(owner_id=bob.pk))["delivered"]
    assert Notification.objects.count() + len(mailoutbox) == 1


def test_a_job_of_a_tenant_reaches_whoever_belongs_to_it(run: Run, make_context: Callable[..., Context]) -> None:
    bob, cat = scenes.user("bob", tenants=["acme"]), scenes.user("cat", tenants=["x", "acme"])
    notice = {"user_id": "cat", "channel": "web"}
    assert run(notify_user, notice, make_context(owner_id=bob.pk, tenant_id="acme"))["delivered"]
    for elsewhere in ("", "x, acme", "other"):
        with pytest.raises(Discard):
            run(notify_user, notice, make_context(owner_id=bob.pk, tenant_id=elsewhere))
    assert Notification.objects.get().user_id == cat.pk


def test_who_sees_all_jobs_notifies_everybody(run: Run, ann: User, make_context: Callable[..., Context]) -> None:
    otto = scenes.user("otto", "view_job")
    notice = {"user_id": "ann", "channel": "web"}
    assert run(notify_user, notice, make_context(owner_id=otto.pk))["delivered"]
    User.objects.filter(pk=otto.pk).update(is_active=False)
    with pytest.raises(Discard):
        run(notify_user, notice, make_context(owner_id=otto.pk))


def test_a_user_without_address_gets_no_email(run: Run) -> None:
    User.objects.create_user("quiet")
    with pytest.raises(Discard, match="no e-mail address"):
        run(notify_user, {"user_id": "quiet", "channel": "email"})


@pytest.mark.parametrize(
    "payload",
    [
        {"channel": "web"},
        {"user_id": 1},
        {"user_id": 1, "channel": "pigeon"},
        {"user_id": 0, "channel": "web"},
    ],
)
def test_bad_payloads_are_refused(run: Run, payload: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        run(notify_user, payload)
