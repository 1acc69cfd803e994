"""Every Redis key of the engine. A queue's keys share one hash tag, so that a script stays in one cluster slot.

    flowbit:1:{default}:lane:email.send   sorted set: ready ids by score (priority band + milliseconds)
    flowbit:1:{default}:lanes             set: names of lanes that may hold something
    flowbit:1:{default}:gates             hash: lane -> closed until (milliseconds)
    flowbit:1:{default}:claimed           sorted set: claimed, not yet started ids by deadline (milliseconds)
    flowbit:1:{default}:epoch             present while this copy of the queue is complete
    flowbit:1:{default}:rebuild           lock of who rebuilds it
    flowbit:1:{default}:pause             "0", or milliseconds until which claims are refused
    flowbit:1:{default}:wake              list: a token for each worker to wake
    flowbit:1:{default}:counts            hash: what happened in this queue (fields of `jobs.tally`)
    flowbit:1:{default}:counts:<minute>   the same of one minute, by its Unix time in seconds; two hours are kept
    flowbit:1:feed                        stream: what happened lately, for those who listen
    flowbit:1:worker:<id>                 channel: what a worker should hear at once
    flowbit:1:answer:<token>              list: what a worker answers to a question, for half a minute
    flowbit:1:stack:<job>                 string: the stack of a running job that was taken last, for some minutes

The number is the version of this layout: processes of another version do not see each other's keys.
"""

from dataclasses import dataclass

VERSION = 1


@dataclass(frozen=True, slots=True)
class QueueKeys:
    """The keys of one queue."""

    base: str

    @property
    def lane_prefix(self) -> str:
        return f"{self.base}:lane:"

    def lane(self, name: str) -> str:
        return f"{self.base}:lane:{name}"

    @property
    def lanes(self) -> str:
        return f"{self.base}:lanes"

    @property
    def gates(self) -> str:
        return f"{self.base}:gates"

    @property
    def claimed(self) -> str:
        return f"{self.base}:claimed"

    @property
    def epoch(self) -> str:
        return f"{self.base}:epoch"

    @property
    def rebuild(self) -> str:
        return f"{self.base}:rebuild"

    @property
    def pause(self) -> str:
        return f"{self.base}:pause"

    @property
    def wake(self) -> str:
        return f"{self.base}:wake"

    @property
    def counts(self) -> str:
        return f"{self.base}:counts"

    def minute(self, at: int) -> str:
        """`at` is the Unix time in seconds at which the minute begins."""
        return f"{self.base}:counts:{at}"


class Keys:
    def __init__(self, prefix: str) -> None:
        self.prefix = f"{prefix}:{VERSION}:"

    def queue(self, name: str) -> QueueKeys:
        return QueueKeys(f"{self.prefix}{{{name}}}")

    @property
    def feed(self) -> str:
        return f"{self.prefix}feed"

    def worker(self, worker: str) -> str:
        return f"{self.prefix}worker:{worker}"

    def queue_of(self, name: bytes) -> QueueKeys | None:
        """The queue that a key belongs to; None for the others."""
        tag, found, _ = name.decode().removeprefix(self.prefix + "{").partition("}")
        return self.queue(tag) if found and name.startswith(f"{self.prefix}{{".encode()) else None

    def answer(self, token: str) -> str:
        return f"{self.prefix}answer:{token}"

    def stack(self, job: str) -> str:
        return f"{self.prefix}stack:{job}"
