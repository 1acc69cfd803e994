import smtplib
from collections.abc import Callable
from typing import Any

import django
import pytest
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from flowbit import email
from jobs.context import Context
from jobs.errors import Invalid
from jobs.handlers.mail import send_email
from jobs.outcomes import Discard
from jobs.registry import registry
from tests.jobs.handlers.conftest import Run


class Refusing(BaseEmailBackend):
    """A mail server that takes no recipient."""

    code = 550

    def send_messages(self, messages: Any) -> int:
        raise smtplib.SMTPRecipientsRefused({"ann@example.com": (self.code, b"no such user")})


class Greylisting(Refusing):
    code = 451


def send_by(backend: type[BaseEmailBackend], settings: Any) -> None:
    mailer = {"BACKEND": f"{__name__}.{backend.__name__}"}
    for name, value in email.settings(mailer, django.VERSION).items():
        setattr(settings, name, value)


def test_sends(run: Run, make_context: Callable[..., Context], mailoutbox: list[EmailMessage]) -> None:
    ctx = make_context()
    result = run(send_email, {"recipient": "ann@example.com", "subject": "Hi", "body": "Hello\nAnn"}, ctx)
    [message] = mailoutbox
    assert (message.to, message.subject, message.body) == (["ann@example.com"], "Hi", "Hello\nAnn")
    assert result == {"recipient": "ann@example.com", "message_id": message.message()["Message-ID"]}
    assert str(ctx.job_id) in result["message_id"]


def test_a_repeat_has_the_same_message_id(
    run: Run, make_context: Callable[..., Context], mailoutbox: list[EmailMessage]
) -> None:
    ctx = make_context()
    first, second = (run(send_email, {"to": "ann@example.com"}, ctx) for _ in range(2))
    assert first == second
    assert len({message.message()["Message-ID"] for message in mailoutbox}) == 1


def test_is_also_called_email() -> None:
    assert registry.get("email") is send_email.definition


def test_takes_to_for_recipient_and_stores_recipient() -> None:
    stored, warnings = send_email.definition.validate({"to": "ann@example.com"})
    assert (stored, warnings) == ({"recipient": "ann@example.com"}, [])


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"recipient": "nobody"},
        {"recipient": "ann@example.com\nBcc: eve@example.com"},
        {"recipient": "ann@example.com, eve@example.com"},
        {"recipient": "ann@example.com", "subject": "Hi\nBcc: eve@example.com"},
        {"recipient": "ann@example.com", "subject": "x" * 901},
    ],
)
def test_refuses(run: Run, payload: dict[str, str], mailoutbox: list[EmailMessage]) -> None:
    with pytest.raises(Invalid):
        run(send_email, payload)
    assert mailoutbox == []


def test_a_recipient_refused_for_good_is_final(run: Run, settings: Any) -> None:
    send_by(Refusing, settings)
    with pytest.raises(Discard, match="refuses the recipient"):
        run(send_email, {"to": "ann@example.com"})


def test_a_recipient_refused_for_now_is_tried_again(run: Run, settings: Any) -> None:
    send_by(Greylisting, settings)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        run(send_email, {"to": "ann@example.com"})
