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


def count_dispatch(who: str, rate: Rate) -> Counted:
    """Count one more sentence of `who` (`user 7`), wherever it was said."""
    return count(f"dispatch {who}", rate)


def check_dispatch(who: str, rate: Rate | None) -> None:
    """Raises TooMany above the rate."""
    if rate is not None and (counted := count_dispatch(who, rate)).number > rate.count:
        raise TooMany("too many sentences", wait=math.ceil(counted.left))


def check(name: str, rate: Rate | None, message: str) -> None:
    """Count one more of `name`. Raises TooMany, with `message`, above the rate; None is no limit."""
    if rate is None:
        return
    counted = count(name, rate)
    if counted.number > rate.count:
        raise TooMany(message, wait=math.ceil(counted.left))
