"""`manage.py apikey USER --scopes jobs:read,jobs:write`: make an API key, list them, revoke one."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs import scopes
from jobs.errors import FlowbitError
from jobs.models import ApiKey
from jobs.services import api_keys
from jobs.services.api_keys import Wanted
from jobs.services.audit import Actor


class Command(BaseCommand):
    help = "Make an API key that acts as USER, and print its token, which cannot be had again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", metavar="USER", nargs="?")
        parser.add_argument("--scopes", type=_words, default=[], help=f"by comma, of {', '.join(scopes.PERMISSIONS)}")
        parser.add_argument("--name", default="made by the shell", help="what it is for")
        parser.add_argument("--tenant", default="", help="only this tenant")
        parser.add_argument("--queues", type=_words, default=[], help="only these, by comma")
        parser.add_argument("--expires", help="90d, 12h; never without it")
        parser.add_argument("--list", action="store_true", help="the keys in force, of USER or of all")
        parser.add_argument("--revoke", metavar="PREFIX")

    def handle(self, *args: Any, **given: Any) -> None:
        try:
            if given["revoke"]:
                self._revoke(given["revoke"])
            elif given["list"]:
                self._list(given["user"])
            else:
                self._make(given)
        except FlowbitError as error:
            raise CommandError(error.message) from None

    def _make(self, given: dict[str, Any]) -> None:
        user = User.objects.filter(username=given["user"]).first()
        if user is None:
            raise CommandError("name a user that exists")
        wanted = Wanted(
            name=given["name"],
            scopes=given["scopes"],
            tenant_id=given["tenant"],
            queues=given["queues"],
            expires_in=given["expires"],
        )
        self.stdout.write(api_keys.make(user, wanted, Actor.shell(), by=None).token)

    def _list(self, name: str | None) -> None:
        keys = ApiKey.objects.in_force().select_related("user").order_by("pk")
        for key in keys.filter(user__username=name) if name else keys:
            self.stdout.write(f"{key.prefix}  {key.user}  {','.join(key.scopes)}  {key.name}")

    def _revoke(self, prefix: str) -> None:
        key = ApiKey.objects.filter(prefix=prefix.removeprefix("fb_")).first()
        if key is None:
            raise CommandError("there is no such key")
        api_keys.revoke(key.pk, Actor.shell())
        self.stdout.write("revoked")


def _words(text: str) -> list[str]:
    return [word for part in text.split(",") if (word := part.strip())]
