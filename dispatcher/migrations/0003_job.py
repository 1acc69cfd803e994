"""What a job was asked for by has an index. Made while others go on writing."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("dispatcher", "0002_roles"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="dispatch",
            index=models.Index(condition=models.Q(("job_id__isnull", False)), fields=["job_id"], name="dispatch_job"),
        ),
    ]
