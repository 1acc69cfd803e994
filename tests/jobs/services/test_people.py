import pytest
from django.contrib.auth.models import Group, Permission, User

from jobs.models import Profile
from jobs.services import api_keys, people
from jobs.services.api_keys import Wanted
from jobs.services.audit import Actor

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_ordinary_user_is_made_once() -> None:
    first, second = people.by_header("ada"), people.by_header("ada")
    assert first is not None
    assert first == second
    assert (first.is_staff, first.is_superuser, first.has_usable_password(), first.groups.count()) == (
        False,
        False,
        False,
        0,
    )
    assert first.get_all_permissions() == {"jobs.submit_job"}


@pytest.mark.parametrize(
    "name",
    ["", " ", "a b", "-a", ".", "a/b", "outside:ada", "é", "a\n", "\0", "a" * 101, "<script>", "ａdmin", "admin-token"],
)
def test_names_that_nobody_has(name: str) -> None:
    assert people.by_header(name) is None
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "more", ["staff", "superuser", "password", "inactive", "group", "permission", "outside", "key", "last: none"]
)
def test_a_header_never_acts_as_somebody_who_is_more(more: str) -> None:
    user = people.by_header("ada")
    assert user is not None
    if more == "staff":
        user.is_staff = True
    elif more == "superuser":
        user.is_superuser = True
    elif more == "password":
        user.set_password("secret-of-a-test")
    elif more == "inactive":
        user.is_active = False
    elif more == "group":
        user.groups.add(Group.objects.create(name="ours"))
    elif more == "permission":
        user.user_permissions.add(Permission.objects.get(codename="cancel_job"))
    elif more == "outside":
        Profile.objects.create(user=user, external_subject="x")
    elif more == "key":
        api_keys.make(user, Wanted(name="x", scopes=["jobs:read"]), Actor.shell(), None)
    user.save()
    assert (people.by_header("ada") is not None) == (more == "last: none")


def test_a_subject_of_any_form_becomes_a_user() -> None:
    for subject in ("auth0|5f7c8ec7", "a b", "x" * 255, "Ünïcödé", "'"):
        user = people.by_subject(subject)
        assert user is not None
        assert user.profile.external_subject == subject
        assert people.by_subject(subject) == user
    assert User.objects.count() == 5
