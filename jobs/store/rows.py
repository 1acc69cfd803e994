"""The whole row of one job, which most requests about it ask for: to write this SELECT takes the ORM several times as
long as PostgreSQL takes to run it.
"""

import json
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, models

from jobs.models import Job
from jobs.store import sql

_FIELDS = Job._meta.concrete_fields
_NAMES = [field.attname for field in _FIELDS]
# Django's connections give JSON as text, for its fields decode it.
_JSON = [place for place, field in enumerate(_FIELDS) if isinstance(field, models.JSONField)]
_JOB = f"select {', '.join(_NAMES)} from jobs_job where id = %s"


def job(job_id: UUID) -> Job | None:
    """As `Job.objects.get` would find it."""
    rows = sql.run(_JOB, [job_id])
    if not rows:
        return None
    values = list(rows[0])
    for place in _JSON:
        if values[place] is not None:
            values[place] = json.loads(values[place])
    return Job.from_db(DEFAULT_DB_ALIAS, _NAMES, values)
