"""One attempt: call the handler and make its end a `Settlement`. The only broad `except` of the engine is here."""

import asyncio
import random
from typing import Any
from uuid import UUID

import pydantic
from django.core.files.base import ContentFile

from jobs import artifacts, jsontext, outcomes, verdict
from jobs.conf import Options
from jobs.context import Context
from jobs.retry import RetryPolicy, from_json
from jobs.settlement import Settlement
from jobs.states import Outcome
from jobs.store import lookout
from jobs.verdict import Budget, Failure
from jobs.worker import tracebacks
from jobs.worker.hand import Running


def context_of(run: Running) -> Context:
    job = run.job
    return Context(
        job_id=job.id,
        attempt=job.attempt,
        type=job.type,
        queue=job.queue,
        tenant_id=job.tenant_id,
        owner_id=job.owner_id,
        load_dependencies=load_dependencies if job.has_dependencies else None,
    )


def load_dependencies(job_id: UUID) -> dict[str, Any]:
    """Results by label; without one by type, as a list where a type has several.

    Raises what the artifact storage does when it cannot give one of them.
    """
    found: dict[str, Any] = {}
    several: dict[str, list[Any]] = {}
    for parent in lookout.dependency_results(job_id):
        value = artifacts.result(parent.result, parent.artifact)
        if parent.is_label:
            found[parent.name] = value
        else:
            several.setdefault(parent.name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in several.items()} | found


class Execution:
    """Turns what a handler returned or raised into settlements."""

    def __init__(self, conf: Options) -> None:
        self._conf = conf

    def arguments(self, run: Running) -> tuple[list[Any], dict[str, Any]]:
        """What to call the handler with. Raises pydantic.ValidationError."""
        named = run.definition.arguments(run.job.payload)
        run.context = context_of(run)
        return [run.context] if run.definition.takes_context else [], named

    def returned(self, run: Running, value: Any) -> Settlement:
        """The handler returned `value`: a success, unless the value cannot be kept. One that is large goes to a storage
        first."""
        text = self._encoded(run, value)
        return text if isinstance(text, Settlement) else self._kept(run, text)

    async def returned_here(self, run: Running, value: Any) -> Settlement:
        """The same in an event loop, which is not held up by a storage."""
        text = self._encoded(run, value)
        if isinstance(text, Settlement):
            return text
        if len(text) > self._conf.max_result:
            return await asyncio.to_thread(self._kept, run, text)
        return self._kept(run, text)

    def raised(self, run: Running, error: BaseException) -> Settlement:
        """The handler (or whoever stopped it) raised `error`."""
        if run.interrupt is not None and not isinstance(error, Exception):
            return self.interrupted(run, run.interrupt, self._failure(run, error))
        if isinstance(error, outcomes.Verdict):
            blank = run.settlement()
            made = verdict.raised(blank, error, self._failure(run, error), self._budget(run), random.random())  # noqa: S311 - jitter
            return _finished(run, made)
        return self._failed(run, self._failure(run, error))

    def unfit(self, run: Running, error: pydantic.ValidationError) -> Settlement:
        """The stored payload does not fit the handler of this release: no try would help."""
        problems = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False)[:5]
        )
        return self._failed(run, Failure("InvalidPayload", jsontext.clean(problems, 1000)), for_good=True)

    def interrupted(
        self, run: Running, reason: type[outcomes.Interrupted], failure: Failure | None = None
    ) -> Settlement:
        """The attempt was stopped, or would not stop: what its end is by the reason for it."""
        blank = run.settlement()
        if reason is outcomes.CancelRequested:
            return _finished(run, verdict.cancelled(blank, None))
        if reason is outcomes.LeaseLost:
            return _finished(run, verdict.released(blank, "its worker stopped"))
        told = Failure("TimedOut", f"ran longer than {run.job.timeout:g} s", failure.frames if failure else None)
        return self._failed(run, told, outcome=Outcome.TIMED_OUT)

    def unstorable(self, settlement: Settlement, problem: str) -> Settlement:
        """PostgreSQL refuses this outcome: the attempt failed for good, with that as its reason."""
        settlement.result = settlement.artifact = settlement.logs = settlement.reason = None
        failure = Failure("UnstorableOutcome", jsontext.clean(problem, 500))
        return verdict.failed(settlement, failure, Budget(0, 1, RetryPolicy()), 0.0, for_good=True)

    def _encoded(self, run: Running, value: Any) -> str | Settlement:
        try:
            return jsontext.encode_repaired(value)
        except jsontext.NotJson as error:
            return self._failed(run, Failure("NotJson", str(error)), for_good=True)

    def _kept(self, run: Running, text: str) -> Settlement:
        try:
            artifact = self._store_large(run, text) if len(text) > self._conf.max_result else None
        except jsontext.NotJson as error:
            return self._failed(run, Failure("NotJson", str(error)), for_good=True)
        except Exception as error:  # whatever the storage raises: a full disk, a network
            return self._failed(run, self._failure(run, error))
        return _finished(run, verdict.succeeded(run.settlement(), None if artifact else text, artifact))

    def _failed(
        self, run: Running, failure: Failure, *, outcome: Outcome = Outcome.RAISED, for_good: bool = False
    ) -> Settlement:
        made = verdict.failed(
            run.settlement(),
            failure,
            self._budget(run),
            random.random(),  # noqa: S311 - jitter
            outcome=outcome,
            for_good=for_good,
        )
        return _finished(run, made)

    def _failure(self, run: Running, error: BaseException) -> Failure:
        shown = tracebacks.frames(error, run.definition.sensitive)
        return Failure(
            tracebacks.error_type(error),
            tracebacks.message(error),
            jsontext.encode_repaired(shown),
            tracebacks.place(shown),
        )

    def _budget(self, run: Running) -> Budget:
        text = run.job.retry_policy
        policy = from_json(jsontext.decode(text), self._conf.default_retry) if text else self._conf.default_retry
        return Budget(run.job.tries, run.job.max_attempts, policy)

    def _store_large(self, run: Running, text: str) -> str:
        """Keep a result above the inline limit in the artifact storage; returns its path. Raises NotJson."""
        if len(text) > self._conf.max_artifact:
            raise jsontext.NotJson("result", f"is larger than {self._conf.max_artifact // 1024**2} MiB")
        name = f"results/{run.job.id}/{run.job.attempt}.json"
        return artifacts.storage().save(name, ContentFile(text.encode()))


def _finished(run: Running, settlement: Settlement) -> Settlement:
    lines = run.context.log_lines() if run.context else None
    if lines:
        settlement.logs = jsontext.encode_repaired(lines)
    return settlement
