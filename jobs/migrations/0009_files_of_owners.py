"""Files of jobs without a tenant belong to the owner of the job that brought them in."""

from typing import ClassVar

from django.db import migrations, models
from django.db.models import Q

GIVE = """
update jobs_storedfile f set owner_id = j.owner_id from jobs_job j where j.id = f.job_id and f.tenant_id = ''
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("jobs", "0008_bulk")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="storedfile",
            name="owner_id",
            field=models.BigIntegerField(blank=True, help_text="Whose it is; blank for a tenant's", null=True),
        ),
        migrations.RunSQL(GIVE, migrations.RunSQL.noop),
        migrations.RemoveConstraint(model_name="storedfile", name="stored_file_scope"),
        migrations.AddConstraint(
            model_name="storedfile",
            constraint=models.UniqueConstraint(
                fields=["tenant_id", "file_id"], condition=Q(owner_id=None), name="stored_file_of_tenant"
            ),
        ),
        migrations.AddConstraint(
            model_name="storedfile",
            constraint=models.UniqueConstraint(
                fields=["owner_id", "file_id"], condition=~Q(owner_id=None), name="stored_file_of_owner"
            ),
        ),
        migrations.AddConstraint(
            model_name="storedfile",
            constraint=models.CheckConstraint(
                condition=Q(tenant_id="") | Q(owner_id=None), name="stored_file_tenant_or_owner"
            ),
        ),
    ]
