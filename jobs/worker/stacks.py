"""Answers what a running job does right now: its frames, without stopping it."""

import logging
import time
from collections.abc import Callable, Sequence
from uuid import UUID

from jobs import jsontext
from jobs.broker import Broker
from jobs.errors import BrokerUnavailable
from jobs.worker import tracebacks
from jobs.worker.frames import Place
from jobs.worker.hand import Hand, Running

logger = logging.getLogger(__name__)


class Stacks:
    """`look` gives the frames of an attempt that runs here; none when it is between two steps of ours."""

    def __init__(self, hand: Hand, broker: Broker, look: Callable[[Running], Sequence[Place]]) -> None:
        self._hand = hand
        self._broker = broker
        self._look = look

    def hear(self, question: str) -> None:
        """`<job id> <attempt> <token> <0 or 1: with locals>`; the answer goes to the token."""
        job_id, attempt, token, with_locals = question.split(" ")
        text = jsontext.encode_repaired(self._answer(UUID(job_id), int(attempt), with_locals == "1"))
        try:
            self._broker.answer(token, text)
        except BrokerUnavailable as error:
            logger.warning("could not answer where job %s stands: %s", job_id, error)

    def _answer(self, job_id: UUID, attempt: int, with_locals: bool) -> dict[str, object]:
        """`status` is running, waiting (in this worker's line), or ended: this attempt is not here."""
        run = self._hand.find(job_id)
        if run is None or run.job.attempt != attempt:
            return {"status": "ended", "frames": []}
        if not run.began:
            return {"status": "waiting", "frames": []}
        frames = tracebacks.live(self._look(run), run.definition.sensitive, with_locals=with_locals)
        return {"status": "running", "seconds": round(time.monotonic() - run.began, 3), "frames": frames}
