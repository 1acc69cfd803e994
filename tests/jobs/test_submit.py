import pytest

from jobs import services
from jobs.models import Job


@pytest.mark.django_db(transaction=True)
def test_a_submitted_job_is_queued_and_known_to_redis(broker):
    submission = services.enqueue("test.anything", {"message": "hello"})
    job = Job.objects.get(pk=submission.id)
    assert (job.state, job.type, job.queue, job.payload) == ("queued", "test.anything", "default", {"message": "hello"})
    assert broker.lanes("default") == {"test.anything": 1}
