"""What Flowbit keeps of a user beside Django's own row."""

from typing import ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q


def check_time_zone(name: str) -> None:
    """A validator: the name of a time zone that this machine knows."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValidationError("This is not the name of a time zone.") from None


class ProfileManager(models.Manager["Profile"]):
    def of(self, user: User) -> "Profile":
        """The profile of `user`, made when there is none yet."""
        return self.get_or_create(user_id=user.pk)[0]


class Profile(models.Model):
    """One per user, made on demand: who has none has the defaults."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="profile")
    tenants = ArrayField(
        models.TextField(blank=True),
        default=list,
        blank=True,
        help_text="Tenants that the user submits for and whose jobs they see, by comma",
    )
    time_zone = models.TextField(default="UTC", validators=[check_time_zone])
    external_subject = models.CharField(
        max_length=255, null=True, blank=True, unique=True, help_text="Who this is to the outside issuer of tokens"
    )

    objects = ProfileManager()

    class Meta:
        default_permissions = ("change", "view")
        constraints: ClassVar = [
            models.CheckConstraint(name="profile_subject_not_blank", condition=~Q(external_subject="")),
        ]

    def __str__(self) -> str:
        return str(self.user)
