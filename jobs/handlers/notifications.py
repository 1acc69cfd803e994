"""`user.notify`: tell a user something, by e-mail or in the console."""

from typing import Annotated, Any, Literal

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from pydantic import Field

from jobs.context import Context
from jobs.handler import handler
from jobs.handlers.mail import deliver
from jobs.models import Notification
from jobs.outcomes import Discard

SUBJECT = "Notification"

UserId = Annotated[int, Field(ge=1, lt=2**63)] | Annotated[str, Field(min_length=1, max_length=150)]
Message = Annotated[str, Field(max_length=10_000)]


@handler("user.notify", timeout="60s")
def notify_user(
    ctx: Context, user_id: UserId, channel: Literal["email", "web"], message: Message = ""
) -> dict[str, Any]:
    """Notify a user, given by id or by user name; `web` shows in the console."""
    user = _find(user_id)
    if channel == "web":
        # One notification per job: a repeat finds the row that an earlier attempt made.
        Notification.objects.get_or_create(job_id=ctx.job_id, defaults={"user_id": user.pk, "message": message})
    else:
        deliver(ctx, _address(user), SUBJECT, message)
    return {"channel": channel, "delivered": True}


def _find(user_id: int | str) -> AbstractBaseUser:
    """Raises Discard when there is no such active user."""
    users = get_user_model()._default_manager.filter(is_active=True)
    is_number = isinstance(user_id, int) or user_id.isdecimal()
    user = users.filter(**({"pk": int(user_id)} if is_number else {users.model.USERNAME_FIELD: user_id})).first()
    if user is None:
        raise Discard(f"there is no active user {str(user_id)[:100]!r}")
    return user


def _address(user: AbstractBaseUser) -> str:
    address: str = getattr(user, user.get_email_field_name(), "")
    if not address:
        raise Discard("the user has no e-mail address")
    return address
