"""Let a thread that was just woken go first."""

import time

_MOMENT = 0.0001


def after_you() -> None:
    """Leave the interpreter's lock for a moment (100 microseconds).

    Who wakes a thread keeps the lock until it waits for something itself, and the one that was woken for lack of it
    stands still: for an idle worker that is a tenth of the time from a submit to the handler.
    """
    time.sleep(_MOMENT)
