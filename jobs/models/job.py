"""The job: one row from submit to settled."""

from collections.abc import Iterable
from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from jobs.ids import uuid7
from jobs.models.control import Worker
from jobs.states import FINAL, LIVE, PARKED, DependencyPolicy, State, parse


class JobQuerySet(models.QuerySet["Job"]):
    """Reusable WHEREs over jobs."""

    def live(self) -> "JobQuerySet":
        return self.filter(state__in=LIVE)

    def final(self) -> "JobQuerySet":
        return self.filter(state__in=FINAL)

    def in_state(self, word: str) -> "JobQuerySet":
        """Jobs in the state that `word` names: a state, a familiar word for one, or `parked`. Raises ValueError."""
        return self.parked() if word == PARKED else self.filter(state=parse(word))

    def parked(self) -> "JobQuerySet":
        """Queued jobs of types that no living worker runs."""
        return self.filter(state=State.QUEUED).exclude(type__in=Worker.objects.types_run())

    def next_in_line(self) -> UUID | None:
        """The job whose turn is next, more or less: what ended lately was submitted not long before it."""
        return self.filter(state=State.QUEUED).order_by("run_at").values_list("pk", flat=True).first()

    def owned_by(self, user_id: int | None) -> "JobQuerySet":
        return self.filter(owner_id=user_id)


def _sound(name: str, rule: str) -> models.CheckConstraint:
    """In as few words as can be: PostgreSQL reads all rules anew for each statement, and what Django makes of `Q`
    takes it twice as long.
    """
    return models.CheckConstraint(name=name, condition=RawSQL(rule, [], models.BooleanField()))  # noqa: S611  # ours alone


def _array(states: Iterable[State]) -> str:
    return f"'{{{','.join(sorted(states))}}}'::text[]"


class Job(models.Model):
    """One unit of work. Moves of `state` happen only by the guarded statements of `jobs.store`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    type = models.TextField()
    queue = models.TextField(default="default")
    tenant_id = models.TextField(default="", blank=True)
    owner_id = models.BigIntegerField(null=True, blank=True, help_text="Id of the user it belongs to")
    payload = models.JSONField(default=dict, blank=True)
    priority = models.SmallIntegerField(default=5, help_text="0 to 10, higher first")
    state = models.TextField(choices=[(state.value, state.value) for state in State], default=State.QUEUED)

    attempt = models.IntegerField(default=0, help_text="Number of the latest attempt; only ever grows")
    tries = models.SmallIntegerField(default=0, help_text="What the retry budget has used")
    max_attempts = models.SmallIntegerField(default=3)
    retry_policy = models.JSONField(null=True, blank=True)
    timeout = models.FloatField(default=300, help_text="Seconds")
    schema_version = models.SmallIntegerField(default=1)

    run_at = models.DateTimeField(db_default=Now(), help_text="Not before this time")
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)

    worker = models.TextField(null=True, blank=True)
    claim = models.BigIntegerField(null=True, blank=True, help_text="Token of the claim that started the attempt")

    idempotency_key = models.TextField(null=True, blank=True)
    tags = ArrayField(models.TextField(), default=list, blank=True)
    workflow_id = models.UUIDField(null=True, blank=True)
    step = models.TextField(null=True, blank=True)
    parent_job_id = models.UUIDField(null=True, blank=True)
    dependency_policy = models.TextField(
        null=True, blank=True, choices=[(policy.value, policy.value) for policy in DependencyPolicy]
    )
    unmet = models.IntegerField(default=0, help_text="Dependencies that are not met yet")
    has_dependants = models.BooleanField(default=False)
    reason = models.TextField(null=True, blank=True, help_text="Why it is blocked, cancelled, snoozed")

    progress = models.FloatField(null=True, blank=True, help_text="0 to 1")
    progress_note = models.TextField(null=True, blank=True)
    result = models.JSONField(null=True, blank=True)
    artifact = models.TextField(null=True, blank=True, help_text="Where a result above the size limit is")
    last_error = models.TextField(null=True, blank=True)
    backend_data = models.JSONField(null=True, blank=True, help_text="What another interface keeps with its job")

    objects = JobQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("view_payload", "Can view payloads, results and tracebacks"),
            ("submit_job", "Can submit jobs"),
            ("cancel_job", "Can cancel jobs"),
            ("retry_job", "Can retry jobs"),
            ("replay_job", "Can replay dead letters"),
            ("edit_queued_job", "Can edit jobs that have not started"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "run_at"], name="job_live", condition=Q(state__in=sorted(LIVE))),
            models.Index(fields=["owner_id", "id"], name="job_owner", condition=Q(owner_id__isnull=False)),
            models.Index(fields=["tenant_id", "id"], name="job_tenant", condition=~Q(tenant_id="")),
            models.Index(fields=["id"], name="job_failed", condition=Q(state=State.FAILED)),
            models.Index(fields=["parent_job_id", "id"], name="job_parent", condition=Q(parent_job_id__isnull=False)),
            models.Index(
                fields=["expires_at"],
                name="job_expiry",
                condition=Q(expires_at__isnull=False, state__in=sorted(LIVE - {State.RUNNING})),
            ),
        ]
        constraints: ClassVar = [
            _sound("job_state_known", f"state = any({_array(State)})"),
            _sound("job_priority_range", "priority between 0 and 10"),
            _sound("job_tries_in_budget", "tries >= 0 and tries <= least(attempt, max_attempts)"),
            _sound("job_budget_positive", "max_attempts > 0 and timeout > 0"),
            _sound("job_running_is_claimed", "state <> 'running' or (worker is not null and claim is not null)"),
            _sound("job_final_is_dated", f"(finished_at is null) = (state <> all({_array(FINAL)}))"),
            _sound("job_blocked_is_unmet", "unmet >= 0 and (state = 'cancelled' or (unmet > 0) = (state = 'blocked'))"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"

    @property
    def is_final(self) -> bool:
        return self.state in FINAL
