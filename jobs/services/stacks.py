"""What does a running job do right now? Its worker is asked, and its answer is kept for some minutes."""

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from jobs import jsontext
from jobs.broker import Broker, looking_broker, patient_broker
from jobs.errors import BrokerUnavailable, Conflict, NotFound
from jobs.models import Job
from jobs.services import access, audit
from jobs.services.access import AnyUser
from jobs.services.audit import Actor
from jobs.states import State
from jobs.store import statistics

PATIENCE = 2.0
"""Seconds for a worker's answer."""
KEPT = 900
"""Seconds for which a stack is kept."""


@dataclass(frozen=True, slots=True)
class Stack:
    """`status` is running, waiting (in the line of its worker), ended (that attempt is not with its worker any more)
    or silent (the worker did not answer). `frames` as in a traceback, outermost first; `locals` only for those who
    may see what is in the job. `seconds` for which the attempt ran by then.
    """

    status: str
    attempt: int
    worker: str
    at: datetime
    seconds: float = 0.0
    frames: tuple[dict[str, Any], ...] = ()

    def is_stale(self, job: Job) -> bool:
        """Whether this attempt does not run any more."""
        return job.state != State.RUNNING or job.attempt != self.attempt


def take(job_id: UUID, user: AnyUser, actor: Actor) -> Stack:
    """Ask the worker of a running job where it stands. It takes milliseconds, or two seconds without an answer.

    Raises:
        NotFound: there is no such job, or `user` may not see it.
        Conflict: it does not run.
        BrokerUnavailable: Redis cannot be reached.
    """
    job = access.visible_job(user, job_id)
    if job is None:
        raise NotFound(f"there is no job {job_id}")
    if job.state != State.RUNNING or job.worker is None:
        raise Conflict(f"job {job_id} does not run: it is {job.state}", {"state": [job.state]})
    with_locals = access.sees_payload(user, job.owner_id)
    after = {"attempt": job.attempt, "worker": job.worker, "locals": with_locals}
    audit.record(actor, "job.stack_taken", f"job:{job_id}", None, after)
    broker = patient_broker()
    try:
        found = _asked(broker, job, job.worker, with_locals)
        if found.frames:
            broker.keep_stack(job_id, _text(found), KEPT)
    finally:
        broker.close()
    return found


def kept(job: Job, user: AnyUser) -> Stack | None:
    """The stack that was taken last, by whomever; None when there is none (any more), or Redis does not answer."""
    try:
        text = looking_broker().kept_stack(job.id)
    except BrokerUnavailable:
        return None
    if text is None:
        return None
    fields = jsontext.decode(text)
    found = Stack(**{**fields, "at": datetime.fromisoformat(fields["at"]), "frames": tuple(fields["frames"])})
    return found if access.sees_payload(user, job.owner_id) else _without_locals(found)


def _asked(broker: Broker, job: Job, worker: str, with_locals: bool) -> Stack:
    token = uuid4().hex
    broker.signal(worker, f"stack {job.id} {job.attempt} {token} {int(with_locals)}")
    text = broker.await_answer(token, PATIENCE)
    at = datetime.fromtimestamp(statistics.clock(), UTC)
    if text is None:
        return Stack("silent", job.attempt, worker, at)
    answer = jsontext.decode(text)
    return Stack(answer["status"], job.attempt, worker, at, answer.get("seconds", 0.0), tuple(answer["frames"]))


def _text(stack: Stack) -> str:
    return jsontext.encode({**asdict(stack), "at": stack.at.isoformat()})


def _without_locals(stack: Stack) -> Stack:
    frames = ({name: value for name, value in frame.items() if name != "locals"} for frame in stack.frames)
    return replace(stack, frames=tuple(frames))
