"""Pauses with an end: opened again when it has come."""

from jobs.services import queues


class Pauses:
    name = "pauses"

    def __init__(self) -> None:
        self.interval = 1.0

    def run_once(self) -> int:
        return len(queues.resume_due())
