"""The children of a job have an index, which only jobs with a parent are in. Made while others go on writing."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("jobs", "0011_terse_checks"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="job",
            index=models.Index(
                condition=models.Q(("parent_job_id__isnull", False)),
                fields=["parent_job_id", "id"],
                name="job_parent",
            ),
        ),
    ]
