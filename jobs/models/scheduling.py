"""Who leads among the schedulers, and what their duties last did."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class SchedulerLease(models.Model):
    """One row: the leader, for as long as it renews."""

    name = models.TextField(primary_key=True, default="leader")
    holder = models.TextField()
    acquired_at = models.DateTimeField(db_default=Now())
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.holder} until {self.until:%H:%M:%S}"


class Duty(models.Model):
    """What one duty of the scheduler did last, and in all: shown to operators, read by nobody else."""

    name = models.TextField(primary_key=True)
    last_run_at = models.DateTimeField(db_default=Now())
    last_work_at = models.DateTimeField(null=True, blank=True)
    last_count = models.IntegerField(default=0)
    total = models.BigIntegerField(default=0, help_text="Rows that it moved, healed or deleted since it first ran")
    last_error = models.TextField(default="", blank=True)
    holder = models.TextField(default="")

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name_plural = "duties"

    def __str__(self) -> str:
        return self.name
