"""Counting what is rare and dear, for all processes together: sign-ins, plain English, uploads."""

import math

from jobs.errors import TooMany
from jobs.rates import Rate
from jobs.store import throttles
from jobs.store.throttles import Counted


def count(name: str, rate: Rate) -> Counted:
    """Count one more of `name`; how many there are in the present window, and how long it lasts."""
    return throttles.add([name], rate.seconds)[name]


def use(name: str, amount: int, quota: Rate | None, message: str) -> None:
    """Take `amount` of a quota. Raises TooMany when there is not so much left; what is left stays."""
    if quota is None:
        return
    counted = throttles.add([name], quota.seconds, amount)[name]
    if counted.number > quota.count:
        throttles.take_back([name], amount)
        raise TooMany(message, wait=math.ceil(counted.left))


def check(name: str, rate: Rate | None, message: str) -> None:
    """Count one more of `name`. Raises TooMany, with `message`, above the rate; None is no limit."""
    if rate is None:
        return
    counted = count(name, rate)
    if counted.number > rate.count:
        raise TooMany(message, wait=math.ceil(counted.left))
