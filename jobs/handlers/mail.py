"""`email.send`: one e-mail through Django's configured mail backend."""

from smtplib import SMTPRecipientsRefused
from typing import Annotated

from django.conf import settings
from django.core.mail import EmailMessage
from pydantic import AliasChoices, EmailStr, Field

from jobs.context import Context
from jobs.handler import handler
from jobs.outcomes import Discard

Subject = Annotated[str, Field(max_length=900, pattern=r"^[^\r\n]*$", description="One line")]
Body = Annotated[str, Field(max_length=200_000)]


@handler("email.send", aliases=("email",), timeout="60s")
def send_email(
    ctx: Context,
    recipient: Annotated[EmailStr, Field(validation_alias=AliasChoices("recipient", "to"))],
    subject: Subject = "",
    body: Body = "",
) -> dict[str, str]:
    """Send one e-mail."""
    return {"message_id": deliver(ctx, recipient, subject, body), "recipient": recipient}


def deliver(ctx: Context, recipient: str, subject: str, body: str) -> str:
    """Send an e-mail; returns its Message-ID, the same at every attempt: mail systems drop repeats by it.

    Raises:
        Discard: the mail server will never take this recipient.
    """
    message_id = f"<{ctx.job_id}@{_domain()}>"
    message = EmailMessage(subject, body, to=[recipient], headers={"Message-ID": message_id})
    try:
        message.send()
    except SMTPRecipientsRefused as error:
        if all(500 <= code < 600 for code, _ in error.recipients.values()):
            raise Discard("the mail server refuses the recipient for good") from error
        raise
    return message_id


def _domain() -> str:
    return settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("<> ") or "localhost"
