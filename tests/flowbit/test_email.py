"""The URL of a mail server, as the settings of either version of Django."""

from pathlib import Path

import django
import pytest
from django.conf import settings

from flowbit import email


@pytest.mark.parametrize(
    ("url", "port", "use_tls", "use_ssl"),
    [
        ("smtp://mail.example.com", 25, False, False),
        ("smtp+tls://mail.example.com/", 587, True, False),
        ("smtps://mail.example.com", 465, False, True),
        ("smtps://mail.example.com:2465", 2465, False, True),
    ],
)
def test_the_scheme_says_how_it_is_secured(url: str, port: int, use_tls: bool, use_ssl: bool) -> None:
    options = email.by_url(url)["OPTIONS"]
    assert (options["host"], options["port"]) == ("mail.example.com", port)
    assert (options["use_tls"], options["use_ssl"]) == (use_tls, use_ssl)


def test_who_signs_in_may_have_any_character() -> None:
    options = email.by_url("smtp+tls://me%40example.com:p%2Fw@mail.example.com/?timeout=2.5")["OPTIONS"]
    assert (options["username"], options["password"], options["timeout"]) == ("me@example.com", "p/w", 2.5)


@pytest.mark.parametrize("url", ["mail.example.com", "http://mail.example.com", "smtp://", "smtps://user:secret@"])
def test_what_is_no_mail_server_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ValueError, match="and a host") as refusal:
        email.by_url(url)
    assert "secret" not in str(refusal.value)


def test_each_version_of_django_is_told_in_its_own_words() -> None:
    files = email.to_files(Path("/mails"))
    assert email.settings(files, (6, 1, 3)) == {"MAILERS": {"default": files}}
    assert email.settings(files, (5, 2, 8)) == {"EMAIL_BACKEND": files["BACKEND"], "EMAIL_FILE_PATH": Path("/mails")}
    server = email.settings(email.by_url("smtps://me:pw@host"), (6, 0, 1))
    assert (server["EMAIL_HOST"], server["EMAIL_PORT"], server["EMAIL_USE_SSL"]) == ("host", 465, True)
    assert (server["EMAIL_HOST_USER"], server["EMAIL_HOST_PASSWORD"]) == ("me", "pw")


def test_the_project_uses_no_setting_that_its_django_wants_to_be_rid_of() -> None:
    assert hasattr(settings, "MAILERS") == (django.VERSION >= (6, 1))
    assert settings.is_overridden("EMAIL_BACKEND") == (django.VERSION < (6, 1))
