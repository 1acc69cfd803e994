"""Figures that are kept: what happened, minute by minute, and what waits where."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class Statistic(models.Model):
    """What happened in one queue within one minute, as counts by field (`jobs.tally`).

    A minute has more than one row when Redis lost its counts within it: each row is one `source`, and they add up.
    """

    pk = models.CompositePrimaryKey("queue", "minute", "source")
    queue = models.TextField()
    minute = models.DateTimeField(help_text="When the minute began")
    source = models.TextField()
    counts = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["minute"], name="statistic_minute")]

    def __str__(self) -> str:
        return f"{self.queue} at {self.minute:%Y-%m-%d %H:%M}"


class Span(models.Model):
    """The minutes of one queue within a longer time, added up: what pages about days read. Made anew from minutes."""

    pk = models.CompositePrimaryKey("minutes", "at", "queue")
    minutes = models.IntegerField(help_text="How long it is")
    at = models.DateTimeField(help_text="When it began")
    queue = models.TextField()
    counts = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.queue} from {self.at:%Y-%m-%d %H:%M}, {self.minutes} minutes"


class Depth(models.Model):
    """How many live jobs of one type stand in one state in one queue, as of `counted_at`."""

    pk = models.CompositePrimaryKey("queue", "type", "state")
    queue = models.TextField()
    type = models.TextField()
    state = models.TextField()
    count = models.BigIntegerField()
    oldest = models.DateTimeField(help_text="When the first of them was due")
    counted_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.count} {self.state} {self.type} in {self.queue}"
