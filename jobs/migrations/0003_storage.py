"""Storage of the tables that every job rewrites."""

from typing import ClassVar

from django.db import migrations

# Room on each page for the next versions of its rows, and vacuum before dead rows outnumber what a claim reads.
HOT = """
alter table jobs_job set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_threshold = 5000, autovacuum_analyze_scale_factor = 0.05);
alter table jobs_worker set (fillfactor = 50);
alter table jobs_duty set (fillfactor = 50);
alter table jobs_schedulerlease set (fillfactor = 50);
"""
PLAIN = """
alter table jobs_job reset (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold,
  autovacuum_analyze_scale_factor);
alter table jobs_worker reset (fillfactor);
alter table jobs_duty reset (fillfactor);
alter table jobs_schedulerlease reset (fillfactor);
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("jobs", "0002_roles")]
    operations: ClassVar = [migrations.RunSQL(HOT, PLAIN)]
