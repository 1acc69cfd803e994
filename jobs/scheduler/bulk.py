"""Operations on all rows of a filter, a portion of each in turn."""

from django.contrib.auth.models import User

from jobs.filters import bulk_filters
from jobs.models import BulkOperation
from jobs.pacing import PERIOD
from jobs.queries import bulk
from jobs.services import bulk_steps, bulk_verbs
from jobs.services.bulk_steps import Portion


class Bulk:
    name = "bulk"

    def __init__(self) -> None:
        self.interval = PERIOD

    def run_once(self) -> int:
        steps = [bulk_steps.step(key, _ahead) for key in bulk_steps.running()]
        looked_on = 0 in steps
        # What looked through many rows and found none has worked, too.
        self.interval = 0.0 if looked_on else PERIOD
        return sum(step or 0 for step in steps)


def _ahead(user: User, operation: BulkOperation, limit: int) -> Portion:
    """Raises Invalid: the filter is not understood any more."""
    wanted = bulk_filters.wanted(bulk_verbs.get(operation.verb), operation.filter)
    return bulk.ahead(user, operation, wanted, limit)
