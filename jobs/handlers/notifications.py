"""`user.notify`: tell a user something, by e-mail or in the console."""

from typing import Annotated, Any, Literal

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from pydantic import Field

from jobs.context import Context
from jobs.handler import handler
from jobs.handlers.mail import deliver
from jobs.models import Notification
from jobs.outcomes import Discard
from jobs.services import access

SUBJECT = "Notification"

UserId = Annotated[int, Field(ge=1, lt=2**63)] | Annotated[str, Field(min_length=1, max_length=150)]
Message = Annotated[str, Field(max_length=10_000)]


@handler("user.notify", timeout="60s")
def notify_user(
    ctx: Context, user_id: UserId, channel: Literal["email", "web"], message: Message = ""
) -> dict[str, Any]:
    """Notify a user, given by id or by user name; `web` shows in the console."""
    user = _find(ctx, user_id)
    if channel == "web":
        # One notification per job: a repeat finds the row that an earlier attempt made.
        Notification.objects.get_or_create(job_id=ctx.job_id, defaults={"user_id": user.pk, "message": message})
    else:
        deliver(ctx, _address(user), SUBJECT, message)
    return {"channel": channel, "delivered": True}


def _find(ctx: Context, user_id: int | str) -> User:
    """Raises Discard when there is no such active user, and just so when it is none of the job's to notify."""
    is_number = isinstance(user_id, int) or user_id.isdecimal()
    user = _reached(ctx).filter(**({"pk": int(user_id)} if is_number else {"username": user_id})).first()
    if user is None:
        raise Discard(f"there is no active user {str(user_id)[:100]!r} whom this job may notify")
    return user


def _reached(ctx: Context) -> QuerySet[User]:
    """Of whoever may not see all jobs: themselves, and those who belong to the job's tenant. Else everybody."""
    users = User.objects.filter(is_active=True)
    if ctx.owner_id is None:
        return users
    owner = User.objects.filter(pk=ctx.owner_id).first()
    if owner is not None and owner.has_perm(access.VIEW_JOB):
        return users
    of_tenant = Q(profile__tenants__contains=[ctx.tenant_id]) if ctx.tenant_id else Q()
    return users.filter(Q(pk=ctx.owner_id) | of_tenant)


def _address(user: User) -> str:
    if not user.email:
        raise Discard("the user has no e-mail address")
    return user.email
