"""The wrong person: what is not allowed is neither shown nor done."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from unfold.admin import ModelAdmin

from jobs.broker import Broker
from jobs.models import AuditEntry, DeadLetter, Job, Profile, Queue, Worker
from jobs.services import access, steer
from jobs.services.audit import Actor
from jobs.services.steer import Changes
from tests.jobs import scenes
from tests.jobs.admin import pages
from tests.jobs.admin.conftest import VIEW, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
VERBS = [
    ("job", "cancel"),
    ("job", "retry"),
    ("job", "priority"),
    ("job", "edit"),
    ("deadletter", "replay"),
    ("deadletter", "delete-letters"),
    ("queue", "pause"),
    ("queue", "resume"),
    ("queue", "drain"),
    ("worker", "cordon"),
    ("worker", "resume"),
    ("worker", "drain"),
]


@pytest.fixture
def keys(broker: Broker, transactional_db: None) -> dict[str, Any]:
    worker = scenes.worker()
    job_id = scenes.failed(payload={"secret": "hunter2"})
    return {"job": job_id, "deadletter": DeadLetter.objects.get().pk, "queue": "default", "worker": worker}


def unchanged() -> bool:
    return (
        Job.objects.get().state == "failed"
        and DeadLetter.objects.get().replay_count == 0
        and Queue.objects.get(name="default").mode == "open"
        and Worker.objects.get().mode == "active"
        and not AuditEntry.objects.exists()
    )


@pytest.mark.parametrize(("model", "name"), VERBS)
def test_signed_out_a_dialog_says_so_and_is_no_form_to_sign_in(keys: dict[str, Any], model: str, name: str) -> None:
    page = f"/admin/jobs/{model}/verb/{name}/?key={keys[model]}"
    for client in (Client(), signed_in(scenes.user("ada", "view_job", "cancel_job"))):
        for answer in (
            client.get(page, headers={"HX-Request": "true"}),
            client.post(page, headers={"HX-Request": "true"}),
        ):
            assert (answer.status_code, answer.content) == (401, b"Your session has ended: sign in again.")
        assert client.get(page)["Location"].startswith("/admin/login/?next=/admin/jobs/")
    assert unchanged()


def test_strangers_and_people_who_are_not_staff_are_sent_to_the_login(keys: dict[str, Any]) -> None:
    for client in (Client(), signed_in(scenes.user("ada", "view_job", "cancel_job"))):
        for path in ("job/", f"job/{keys['job']}/change/", "job/verb/cancel/"):
            assert client.get(f"/admin/jobs/{path}")["Location"].startswith("/admin/login/")
        assert pages.verb(client, "job", "retry", [keys["job"]]).redirect_chain
    assert unchanged()


@pytest.mark.parametrize(("model", "name"), VERBS)
def test_a_viewer_can_do_nothing(viewer: Client, keys: dict[str, Any], model: str, name: str) -> None:
    key = keys[model]
    fields = {"priority": "1", "queue": "x", "reason": ""}
    assert viewer.get(f"/admin/jobs/{model}/verb/{name}/?key={key}").status_code == 403
    assert pages.verb(viewer, model, name, [key], **fields).status_code == 403
    pages.action(viewer, model, name, [key])
    page = viewer.get(f"/admin/jobs/{model}/{key}/change/").content.decode()
    assert "/verb/" not in page
    assert f'value="{name}"' not in viewer.get(f"/admin/jobs/{model}/").content.decode()
    assert unchanged()


@pytest.mark.parametrize(("model", "name"), VERBS)
def test_a_right_to_act_is_no_right_to_look(keys: dict[str, Any], model: str, name: str) -> None:
    rights = ["cancel_job", "retry_job", "edit_queued_job", "replay_job", "delete_deadletter"]
    client = signed_in(scenes.user("blind", *rights, "operate_queue", "operate_worker", staff=True))
    assert client.get(f"/admin/jobs/{model}/verb/{name}/?key={keys[model]}").status_code == 403
    assert pages.verb(client, model, name, [keys[model]]).status_code == 403
    assert unchanged()


def test_a_get_never_acts(operator: Client, keys: dict[str, Any]) -> None:
    for model, name in VERBS:
        assert operator.get(f"/admin/jobs/{model}/verb/{name}/?key={keys[model]}").status_code == 200
    assert unchanged()


def test_payloads_results_and_tracebacks_are_hidden(viewer: Client, operator: Client, keys: dict[str, Any]) -> None:
    path = f"/admin/jobs/job/{keys['job']}/change/"
    assert "hunter2" in operator.get(path).content.decode()
    hidden = viewer.get(path).content.decode()
    assert "hunter2" not in hidden
    assert "app/mail.py" not in hidden
    assert "lack the permission" in hidden


def test_changed_payloads_are_hidden_in_the_audit_log(viewer: Client, operator: Client) -> None:
    job_id = scenes.queued(payload={"secret": "hunter2"})
    steer.edit([job_id], Actor.shell(), Changes(payload={"secret": "hunter3"}))
    for path in (f"auditentry/{AuditEntry.objects.get().pk}/change/", f"job/{job_id}/change/"):
        page = viewer.get(f"/admin/jobs/{path}").content.decode()
        assert "hunter" not in page
    entry = operator.get(f"/admin/jobs/auditentry/{AuditEntry.objects.get().pk}/change/")
    assert "hunter3" in entry.content.decode()


def test_rows_of_the_engine_cannot_be_changed_by_anybody(root: Client, keys: dict[str, Any]) -> None:
    for model in keys:
        # A job is submitted, by its own form; that is no row to be typed in.
        assert root.get(f"/admin/jobs/{model}/add/").status_code == (200 if model == "job" else 403)
        # 405: pages of the console are only looked at
        assert root.post(f"/admin/jobs/{model}/{keys[model]}/change/", {}).status_code in (403, 405)
        assert root.post(f"/admin/jobs/{model}/{keys[model]}/delete/", {"post": "yes"}).status_code == 403
        pages.action(root, model, "delete_selected", [keys[model]], post="yes")
    assert unchanged()


def test_an_admin_cannot_make_superusers_or_take_over_one(transactional_db: None) -> None:
    chief = User.objects.create_user("chief", is_staff=True)
    chief.user_permissions.set(Permission.objects.filter(content_type__app_label="auth"))
    boss = User.objects.create_superuser("boss", password="secret-of-a-test")
    client = signed_in(chief)
    form = {
        "username": "chief",
        "is_active": "on",
        "is_staff": "on",
        "is_superuser": "on",
        "date_joined_0": "2030-01-01",
        "date_joined_1": "00:00:00",
    }
    assert client.post(f"/admin/auth/user/{chief.pk}/change/", form).status_code == 302
    chief.refresh_from_db()
    assert not chief.is_superuser
    assert chief.user_permissions.exists()
    for path in ("change", "delete", "password"):
        assert client.post(f"/admin/auth/user/{boss.pk}/{path}/", {"post": "yes"}).status_code == 403
    client.post("/admin/auth/user/", {"action": "delete_selected", "_selected_action": [boss.pk], "post": "yes"})
    assert User.objects.filter(pk=boss.pk, is_superuser=True).exists()


@pytest.fixture
def chief(transactional_db: None) -> User:
    """Steers people, and has the rights of a viewer."""
    found = scenes.user("chief", *VIEW, staff=True)
    found.user_permissions.add(*Permission.objects.filter(content_type__app_label="auth"))
    return found


def role(name: str, *codenames: str) -> Group:
    group, _ = Group.objects.get_or_create(name=name)
    group.permissions.set(Permission.objects.filter(codename__in=codenames))
    return group


def form_of(user: User, **fields: Any) -> dict[str, Any]:
    usual = {"username": user.username, "is_active": "on", "is_staff": "on"}
    profile = {"profile-TOTAL_FORMS": "0", "profile-INITIAL_FORMS": "0"}
    return {**usual, "date_joined_0": "2030-01-01", "date_joined_1": "00:00:00", **profile, **fields}


def test_nobody_gives_a_right_that_they_lack(chief: User) -> None:
    client, own, more = signed_in(chief), role("own", "view_job"), role("more", "view_job", "cancel_job")
    ada = scenes.user("ada")
    page = f"/admin/auth/user/{ada.pk}/change/"
    for refused in (form_of(ada, groups=[more.pk]), form_of(ada, groups=[own.pk, more.pk])):
        assert client.post(page, refused).status_code == 200
    assert client.post(page, form_of(ada, groups=[own.pk])).status_code == 302
    wanted = [one.pk for one in Permission.objects.filter(codename__in=("view_job", "cancel_job"))]
    for path in ("add", f"{own.pk}/change"):
        assert client.post(f"/admin/auth/group/{path}/", {"name": "x", "permissions": wanted}).status_code == 200
    assert client.post(f"/admin/auth/group/{more.pk}/change/", {"name": "mine"}).status_code == 403
    assert list(ada.groups.all()) == [own]
    assert own.permissions.count() == 1


@pytest.mark.parametrize("is_active", [True, False])
def test_nobody_takes_over_somebody_who_may_do_more(chief: User, is_active: bool) -> None:
    client, ada, otto = signed_in(chief), scenes.user("ada", "view_job"), scenes.user("otto")
    otto.groups.add(role("more", "cancel_job"))
    User.objects.update(is_active=True)
    User.objects.filter(username="otto").update(is_active=is_active)
    secret = {"password1": "a long enough secret", "password2": "a long enough secret", "usable_password": "true"}
    for path, fields in (("password", secret), ("change", form_of(otto)), ("delete", {"post": "yes"})):
        assert client.post(f"/admin/auth/user/{otto.pk}/{path}/", fields).status_code == 403
    client.post("/admin/auth/user/", {"action": "delete_selected", "_selected_action": [otto.pk], "post": "yes"})
    otto.refresh_from_db()
    assert otto.check_password("secret-of-a-test")
    assert client.post(f"/admin/auth/user/{ada.pk}/password/", secret).status_code == 302
    ada.refresh_from_db()
    assert ada.check_password("a long enough secret")


def profile_of(user: User, tenants: str, **fields: Any) -> dict[str, Any]:
    """What the form of a user says of their profile."""
    there = Profile.objects.filter(user=user).count()
    counts = {"profile-TOTAL_FORMS": "1", "profile-INITIAL_FORMS": str(there)}
    zone = {"profile-0-time_zone": "UTC", "profile-0-external_subject": ""}
    return {**counts, **zone, "profile-0-user": str(user.pk), "profile-0-tenants": tenants, **fields}


@pytest.mark.parametrize("sees_all", [True, False])
def test_only_who_sees_all_jobs_says_whose_tenants_jobs_somebody_sees(transactional_db: None, sees_all: bool) -> None:
    chief = scenes.user("chief", *(["view_job"] if sees_all else []), "change_profile", "view_profile", staff=True)
    chief.user_permissions.add(*Permission.objects.filter(content_type__app_label="auth"))
    client, ada, bob = signed_in(chief), scenes.user("ada", tenants=["acme"]), scenes.user("bob")
    for user in (chief, bob):
        page = f"/admin/auth/user/{user.pk}/change/"
        assert client.post(page, form_of(user, **profile_of(user, "acme"))).status_code == 302
        assert access.tenants_of(User.objects.get(pk=user.pk)) == (("acme",) if sees_all else ())
    Profile.objects.filter(user=chief).delete()
    answer = client.post(f"/admin/auth/user/{ada.pk}/change/", form_of(ada, **profile_of(ada, "acme")))
    assert answer.status_code == (302 if sees_all else 403)
    assert client.get(f"/admin/auth/user/{ada.pk}/password/").status_code == (200 if sees_all else 403)


def test_a_form_reaches_no_other_profile_than_that_of_its_user(root: Client) -> None:
    ada, boss = scenes.user("ada", tenants=["acme"]), scenes.user("boss", tenants=["chief"])
    for named in (boss.pk, "x", "9" * 30, ""):
        forged = profile_of(ada, "evil", **{"profile-0-user": str(named), "profile-0-external_subject": "evil"})
        assert root.post(f"/admin/auth/user/{ada.pk}/change/", form_of(ada, **forged)).status_code in (200, 302)
    assert list(Profile.objects.filter(user=boss).values_list("tenants", "external_subject")) == [(["chief"], None)]


def test_nobody_makes_themselves_more_by_fields_that_their_form_does_not_show(chief: User) -> None:
    client, more = signed_in(chief), role("more", "cancel_job")
    before = set(chief.get_all_permissions())
    every = [one.pk for one in Permission.objects.all()]
    grab: dict[str, Any] = {"is_superuser": "on", "user_permissions": every, "groups": [more.pk]}
    client.post(f"/admin/auth/user/{chief.pk}/change/", form_of(chief, **grab))
    client.post(f"/admin/auth/user/{chief.pk}/change/", form_of(chief, **{**grab, "groups": []}))
    made = {"username": "new", "password1": "a long enough secret", "password2": "a long enough secret"}
    client.post("/admin/auth/user/add/", {**made, "usable_password": "true", "is_staff": "on", **grab})
    listed = {f"form-0-{name}": value for name, value in grab.items()}
    counts = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": str(chief.pk), "_save": "Save"}
    client.post("/admin/auth/user/", {**counts, **listed})
    for name in ("chief", "new"):
        user = User.objects.get(username=name)
        assert not user.is_superuser
        assert set(user.get_all_permissions()) == (before if name == "chief" else set())


def test_what_is_done_to_people_and_roles_is_in_the_audit_log(root: Client, operator: Client) -> None:
    ada, viewers = scenes.user("ada"), role("viewers", "view_job")
    secret = {"password1": "a long enough secret", "password2": "a long enough secret", "usable_password": "true"}
    root.post(f"/admin/auth/user/{ada.pk}/change/", form_of(ada, groups=[viewers.pk]))
    root.post(f"/admin/auth/user/{ada.pk}/password/", secret)
    root.post(f"/admin/auth/user/{ada.pk}/delete/", {"post": "yes"})
    root.post("/admin/auth/group/add/", {"name": "new", "permissions": []})
    root.post(f"/admin/auth/group/{viewers.pk}/change/", {"name": "viewers", "permissions": []})
    state = {"roles": ["viewers"], "tenants": [], "active": True, "staff": True, "superuser": False}
    rows = AuditEntry.objects.order_by("pk").values_list("actor", "via", "verb", "target", "before", "after")
    changed = [*(("root", "session", "user.changed", "user:ada", None) for _ in range(2))]
    assert [row[:5] for row in rows[:2]] == changed
    assert "Groups" in rows[0][5]["changed"]
    assert {**rows[0][5], "changed": []} == {**rows[1][5], "changed": []} == {**state, "changed": []}
    assert list(rows[2:]) == [
        ("root", "session", "user.deleted", "user:ada", state, None),
        ("root", "session", "role.created", "role:new", None, {"permissions": []}),
        ("root", "session", "role.changed", "role:viewers", None, {"permissions": [], "changed": ["Permissions"]}),
    ]
    assert "a long enough secret" not in str(rows)
    page = operator.get("/admin/jobs/auditentry/?verb=role.changed").content.decode()
    assert "role:viewers" in page and "role:new" not in page


@pytest.mark.parametrize("key", [7, '"><b>{}'], ids=["a key", "hostile"])
def test_the_box_that_selects_a_row_is_unfolds_own(key: Any) -> None:
    people, row = admin.site.get_model_admin(User), User(pk=key)
    assert people.action_checkbox(row) == ModelAdmin.action_checkbox(people, row)
