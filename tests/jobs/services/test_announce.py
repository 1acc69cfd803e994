"""What is told after a commit: whatever becomes of it, the caller's verb has succeeded."""

import logging

import pytest
from django.db import OperationalError, connection, transaction

from jobs.broker import Broker
from jobs.errors import BrokerUnavailable
from jobs.services import announce

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("error", [BrokerUnavailable, OperationalError])
def test_a_server_that_is_away_is_told_of_in_a_line(
    broker: Broker, caplog: pytest.LogCaptureFixture, error: type[Exception]
) -> None:
    def tell(broker: Broker) -> None:
        raise error("gone")

    with transaction.atomic():
        announce.after_commit(tell)
    assert [(record.levelno, record.exc_info) for record in caplog.records] == [(logging.WARNING, None)]
    assert "the reconciler will: gone" in caplog.text


def test_a_defect_is_logged_and_does_not_reach_the_caller(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    with transaction.atomic():
        announce.after_commit(lambda broker: broker.no_such_verb())  # type: ignore[attr-defined]  # that is the point
    assert "no_such_verb" in caplog.text


def test_news_need_no_connection_to_postgresql(broker: Broker) -> None:
    """A scheduler tells that it leads no more just when PostgreSQL is away."""
    newest = broker.feed.begin()
    connection.close()
    announce.happened("scheduler.leader_lost", name="s-1")
    assert connection.connection is None
    (entry,) = broker.feed.read(newest, 1.0, 10).entries
    assert [(one.kind, one.name) for one in entry.told] == [("scheduler.leader_lost", "s-1")]
