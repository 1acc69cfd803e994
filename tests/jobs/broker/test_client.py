from dataclasses import replace

import pytest
import redis

from jobs.broker import Broker, Claim
from jobs.conf import options
from jobs.errors import BrokerUnavailable
from jobs.ids import uuid7


def test_an_answer_that_was_not_waited_for_is_not_taken_for_the_next_ones() -> None:
    conf = replace(options(), key_prefix="impatient")
    hasty = Broker(conf.redis_url, conf.key_prefix, timeout=0.2)
    with redis.Redis.from_url(conf.redis_url) as raw:
        assert hasty.overdue("q", 10) == []
        raw.client_pause(60_000, all=False)  # of what may write, as scripts may
        try:
            with pytest.raises(BrokerUnavailable):
                hasty.overdue("q", 10)
        finally:
            raw.client_unpause()
    hasty.done("q", [uuid7()])
    assert hasty.claim("q", {"a": 1.0}, most=1, budget=1.0, seconds=1.0) == Claim("lost", [])
    hasty.flush()
    hasty.close()
