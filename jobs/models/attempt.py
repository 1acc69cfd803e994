"""One execution of a job: a row each, whatever became of it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jobs.states import Outcome


class Attempt(models.Model):
    """Written once, when the attempt is settled. No foreign key: the job table stays free to be partitioned."""

    pk = models.CompositePrimaryKey("job_id", "number")
    job_id = models.UUIDField()
    number = models.IntegerField()
    worker = models.TextField()
    release = models.TextField(default="")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    outcome = models.TextField(choices=[(outcome.value, outcome.value) for outcome in Outcome])
    error_type = models.TextField(null=True)
    error_message = models.TextField(null=True)
    traceback = models.JSONField(null=True, help_text="Frames, outermost first, with scrubbed locals")
    logs = models.JSONField(null=True, help_text="[[seconds since start, level, text], ...]")
    fenced = models.BooleanField(default=False, help_text="A late result of this attempt came and was refused")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="attempt_outcome_known", condition=Q(outcome__in=[outcome.value for outcome in Outcome])
            ),
            models.CheckConstraint(name="attempt_number_positive", condition=Q(number__gte=1)),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.job_id}: {self.outcome}"

    @property
    def seconds(self) -> float:
        return (self.finished_at - self.started_at).total_seconds()
