"""The environment, read with types: a bad value fails at start and names its variable."""

import os
from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from jobs import durations, rates
from jobs.rates import Rate

YES = {"1", "true", "yes", "on"}
NO = {"0", "false", "no", "off"}

Default = TypeVar("Default")


class Env:
    """Reads variables from a mapping. A blank value counts as unset; *also* lists older or foreign names
    of a variable, used in that order when it is unset itself.

    Everything here raises ImproperlyConfigured for a value it cannot use.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def text(self, name: str, default: str | os.PathLike[str] = "", also: Sequence[str] = ()) -> str:
        found = self._find(name, also)
        return os.fspath(default) if found is None else found[1]

    def flag(self, name: str, default: bool = False, also: Sequence[str] = ()) -> bool:
        found = self._find(name, also)
        if found is None:
            return default
        if found[1].lower() not in YES | NO:
            raise _bad(found, "is neither yes nor no (1/0, true/false, yes/no, on/off)")
        return found[1].lower() in YES

    def integer(
        self,
        name: str,
        default: Default,
        also: Sequence[str] = (),
        *,
        min: int | None = None,
        max: int | None = None,
    ) -> int | Default:
        """A whole number from *min* to *max*, both included. The default may be None."""
        found = self._find(name, also)
        if found is None:
            return default
        try:
            number = int(found[1])
        except ValueError:
            raise _bad(found, "is not a whole number") from None
        if (min is not None and number < min) or (max is not None and number > max):
            raise _bad(found, f"is not {_range(min, max)}")
        return number

    def duration(self, name: str, default: str | float, also: Sequence[str] = ()) -> float:
        """Seconds, from ``30s``, ``250ms``, ``1h30m`` or a plain number of seconds."""
        found = self._find(name, also)
        if found is None:
            return durations.parse(default)
        try:
            return durations.parse(found[1])
        except ValueError as error:
            raise ImproperlyConfigured(f"{found[0]}: {error}") from None

    def rate(self, name: str, default: str) -> Rate | None:
        """``600/min``, ``20/5m``; None for ``off``."""
        value = self.text(name, default)
        try:
            return rates.parse(value)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}={value!r} {error}") from None

    def origins(self, name: str, also: Sequence[str] = ()) -> list[str]:
        """Origins of browsers by comma, such as ``https://app.example.com``; never a pattern."""
        found = self.words(name, also=also)
        for origin in found:
            parts = urlsplit(origin)
            if (
                parts.scheme not in ("http", "https")
                or not parts.netloc
                or origin != f"{parts.scheme}://{parts.netloc}"
            ):
                raise ImproperlyConfigured(f"{name}: {origin!r} is no origin such as https://app.example.com")
        return found

    def words(self, name: str, default: Sequence[str] = (), also: Sequence[str] = ()) -> list[str]:
        """A list by comma; empty parts are dropped."""
        found = self._find(name, also)
        if found is None:
            return list(default)
        return [word for part in found[1].split(",") if (word := part.strip())]

    def trust(self, name: str) -> str:
        """``loopback``, or a flag, as ``on`` or ``off``."""
        if self.text(name).lower() == "loopback":
            return "loopback"
        return "on" if self.flag(name) else "off"

    def choice(self, name: str, default: str, choices: Sequence[str], also: Sequence[str] = ()) -> str:
        """One of some lower-case words, however it is written."""
        found = self._find(name, also)
        if found is None:
            return default
        if found[1].lower() not in choices:
            raise _bad(found, f"is not one of {', '.join(choices)}")
        return found[1].lower()

    def url(self, name: str, default: str = "", schemes: Sequence[str] = (), also: Sequence[str] = ()) -> str:
        """A URL of one of *schemes* (any, when empty). Messages do not show it: it may hold a password."""
        found = self._find(name, also)
        if found is None:
            return default
        scheme, separator, rest = found[1].partition("://")
        if not (separator and scheme and rest):
            raise ImproperlyConfigured(f"{found[0]} is not a URL (scheme://...)")
        if schemes and scheme.lower() not in schemes:
            wanted = ", ".join(f"{known}://" for known in schemes)
            raise ImproperlyConfigured(f"{found[0]} must begin with one of {wanted}")
        return found[1]

    def _find(self, name: str, also: Sequence[str]) -> tuple[str, str] | None:
        """The first set variable of these names, with its value."""
        for candidate in (name, *also):
            value = self._values.get(candidate, "").strip()
            if value:
                return candidate, value
        return None


def _bad(found: tuple[str, str], what: str) -> ImproperlyConfigured:
    name, value = found
    return ImproperlyConfigured(f"{name}={value!r} {what}")


def _range(low: int | None, high: int | None) -> str:
    if low is None:
        return f"{high} or less"
    return f"{low} or more" if high is None else f"from {low} to {high}"
