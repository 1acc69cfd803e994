"""What a handler may say besides returning a value: raise one of these.

raise Retry(after="30s")      try again, at this time instead of by the policy
raise Snooze(after="5m")      not yet: come back later; no try is used
raise Cancel("no longer wanted")
raise Discard("bad address")  failed for good; no further try, straight to the dead letters
"""

from jobs import durations


class Verdict(Exception):
    """A handler's own word on how its attempt ends."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class Retry(Verdict):
    """The attempt failed; try again after `after` (seconds or "30s"), or by the retry policy when it is None."""

    def __init__(self, reason: str = "", *, after: float | str | None = None) -> None:
        super().__init__(reason)
        self.after = None if after is None else durations.parse(after)


class Snooze(Verdict):
    """Nothing was wrong, but not now: run again after `after`. Uses no try."""

    def __init__(self, reason: str = "", *, after: float | str) -> None:
        super().__init__(reason)
        self.after = durations.parse(after)


class Cancel(Verdict):
    """End the job as cancelled."""


class Discard(Verdict):
    """End the job as failed, whatever tries are left."""


class Interrupted(BaseException):
    """Raised *inside* a handler to stop it. A BaseException, so that `except Exception` lets it through."""


class TimedOut(Interrupted):
    """The job's timeout passed."""


class CancelRequested(Interrupted):
    """Somebody cancelled the job while it ran."""


class LeaseLost(Interrupted):
    """This worker may no longer run the job."""
