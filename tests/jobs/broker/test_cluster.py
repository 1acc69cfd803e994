"""What only a Redis Cluster can do: spread queues, lose a node, hand its slots to another."""

import signal
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from jobs.broker import Broker
from jobs.broker.client import Breaker
from jobs.errors import BrokerUnavailable
from jobs.ids import uuid7
from jobs.news import News, Told
from jobs.ready import Ready
from tests.jobs import builders
from tests.redis_cluster import RedisCluster, until

pytestmark = pytest.mark.cluster
HANGS = 30  # seconds: far more than any of these takes, far less than for ever


@pytest.fixture
def hurt() -> Iterator[RedisCluster]:
    """A cluster of the test's own."""
    with RedisCluster() as cluster:
        yield cluster


def on(cluster: RedisCluster, timeout: float = 5.0, breaker: Breaker | None = None) -> Broker:
    return Broker(cluster.url, "flowbit", timeout, breaker)


@pytest.fixture
def broker(redis_cluster: RedisCluster) -> Iterator[Broker]:
    found = on(redis_cluster)
    found.flush()
    yield found
    found.flush()
    found.close()


def opened(broker: Broker, queue: str) -> None:
    token = broker.begin_rebuild(queue)
    assert token
    assert broker.finish_rebuild(queue, token)


def jobs_of(queue: str, count: int = 3) -> list[Ready]:
    return [Ready(uuid7(), queue, "a", 5, at) for at in range(count)]


def claimed(broker: Broker, queue: str) -> list[UUID]:
    claim = broker.claim(queue, {"a": 1.0}, most=100, budget=100.0, seconds=-1.0)
    assert claim.status == "ok"
    return builders.ids(claim)


def answers(verb: Callable[[], object]) -> bool:
    try:
        verb()
    except BrokerUnavailable:
        return False
    return True


class TestQueuesOfAllNodes:
    def test_a_queue_is_on_one_node_and_every_node_has_one(self, redis_cluster: RedisCluster, broker: Broker) -> None:
        for queue, node in zip(redis_cluster.queues(), redis_cluster.nodes, strict=True):
            opened(broker, queue)
            broker.pause(queue)
            broker.close_lane(queue, "b", 1)
            broker.push(jobs_of(queue))
            parts = ("lane:a", "lanes", "gates", "epoch", "pause", "wake")
            assert node.names() == {f"flowbit:1:{{{queue}}}:{part}" for part in parts}

    def test_news_go_with_queues_of_all_nodes_and_are_read_in_one_place(
        self, redis_cluster: RedisCluster, broker: Broker
    ) -> None:
        place = broker.feed.begin()
        for queue in redis_cluster.queues():
            broker.push(jobs_of(queue), news=News(Told("queue.paused", queue)))
        found = broker.feed.read(place, 0.1, 100)
        assert found.whole
        assert [one.queue for entry in found.entries for one in entry.told] == redis_cluster.queues()

    def test_one_call_may_be_about_queues_of_all_nodes(self, redis_cluster: RedisCluster, broker: Broker) -> None:
        queues = redis_cluster.queues()
        jobs = {queue: jobs_of(queue) for queue in queues}
        everything = [job for several in jobs.values() for job in several]
        for queue in queues:
            opened(broker, queue)
        broker.push(everything, counted="enqueued")
        assert broker.restore(everything) == 0
        for queue in queues:
            assert broker.totals(queue) == {"a|enqueued": 3}
            assert claimed(broker, queue) == [job.id for job in jobs[queue]]
            assert set(broker.overdue(queue, 10)) == {job.id for job in jobs[queue]}
        assert broker.all_totals(queues) == {queue: {"a|enqueued": 3} for queue in queues}
        assert broker.restore(everything, overdue=True) == 9
        assert broker.remove(everything) == 9
        assert broker.flush() > 0
        assert all(node.names() == set() for node in redis_cluster.nodes)

    def test_a_script_that_one_node_forgot_is_sent_again(self, redis_cluster: RedisCluster, broker: Broker) -> None:
        for queue in redis_cluster.queues():
            broker.push(jobs_of(queue))
        redis_cluster.nodes[1].client.script_flush()
        for queue in redis_cluster.queues():
            broker.push(jobs_of(queue))
            assert broker.lanes(queue) == {"a": 6}

    def test_a_node_that_forgets_under_pressure_is_named(self, redis_cluster: RedisCluster, broker: Broker) -> None:
        other = redis_cluster.nodes[2].client
        other.config_set("maxmemory-policy", "allkeys-lru")
        try:
            assert broker.eviction_policy() == "allkeys-lru"
        finally:
            other.config_set("maxmemory-policy", "noeviction")
        assert broker.eviction_policy() == "noeviction"

    def test_any_node_of_the_url_will_do(self, redis_cluster: RedisCluster) -> None:
        port = redis_cluster.nodes[1].port
        broker = Broker(f"redis+cluster://127.0.0.1:1,127.0.0.1:{port}", "flowbit", timeout=5.0)
        broker.ping()
        broker.close()


class TestSlotsMove:
    def test_a_queue_is_found_where_its_slot_went(self, hurt: RedisCluster) -> None:
        broker = on(hurt)
        queue, old, new = hurt.queues()[0], hurt.nodes[0], hurt.nodes[1]
        broker.push(jobs_of(queue))
        broker.flush()
        slot = old.client.execute_command("CLUSTER KEYSLOT", queue)
        name = new.client.execute_command("CLUSTER MYID")
        for node in (new, old, hurt.nodes[2]):
            node.client.execute_command("CLUSTER SETSLOT", slot, "NODE", name)
        opened(broker, queue)
        broker.push(jobs_of(queue))
        assert len(claimed(broker, queue)) == 3
        assert (old.names(), len(new.names())) == (set(), 4)
        broker.close()

    def test_a_replica_takes_over_with_all_that_was_there(self, hurt: RedisCluster) -> None:
        queue, primary = hurt.queues()[0], hurt.nodes[0]
        replica = hurt.add_replica(primary)
        broker = on(hurt)
        opened(broker, queue)
        broker.push(jobs_of(queue))
        until(lambda: replica.names() == primary.names(), "the replica has the queue")
        primary.stop()
        replica.client.execute_command("CLUSTER FAILOVER", "TAKEOVER")
        until(lambda: answers(lambda: broker.lanes(queue)), "the queue answers")
        assert len(claimed(broker, queue)) == 3
        until(lambda: answers(broker.ping), "the cluster is well")
        broker.close()


class TestNodesAway:
    @pytest.mark.timeout(HANGS, func_only=True)
    def test_a_node_that_is_silent_holds_up_nobody(self, hurt: RedisCluster) -> None:
        impatient = on(hurt, timeout=0.2)
        frozen, healthy, _ = hurt.queues()
        impatient.ping()
        hurt.nodes[0].signal(signal.SIGSTOP)
        for _ in range(5):
            with pytest.raises(BrokerUnavailable):
                impatient.push(jobs_of(frozen))
        impatient.push(jobs_of(healthy))
        with pytest.raises(BrokerUnavailable):
            impatient.ping()
        impatient.close()

    @pytest.mark.timeout(HANGS, func_only=True)
    def test_a_whole_cluster_that_is_silent_holds_up_nobody(self, hurt: RedisCluster) -> None:
        known, new = on(hurt, timeout=0.2), on(hurt, timeout=0.2)
        queues = hurt.queues()
        known.ping()
        for node in hurt.nodes:
            node.signal(signal.SIGSTOP)
        for broker in (known, new):
            for queue in queues:
                with pytest.raises(BrokerUnavailable):
                    broker.push(jobs_of(queue))
            broker.close()

    def test_a_node_that_came_back_empty_is_lost_and_the_others_are_not(self, hurt: RedisCluster) -> None:
        broker = on(hurt)
        gone, kept, _ = hurt.queues()
        for queue in (gone, kept):
            opened(broker, queue)
        hurt.nodes[0].stop()
        with pytest.raises(BrokerUnavailable):
            broker.push(jobs_of(gone))
        hurt.nodes[0].start()
        hurt.until_ok()
        until(lambda: answers(lambda: broker.push(jobs_of(gone))), "the node is used again")
        assert (broker.is_complete(gone), broker.is_complete(kept)) == (False, True)
        broker.close()

    def test_a_cluster_that_is_not_whole_says_so_and_is_used_again_when_it_is(self, hurt: RedisCluster) -> None:
        here, there, _ = hurt.queues()
        hurt.nodes[1].stop()
        until(lambda: not hurt.nodes[0].is_ok(3), "the others notice")
        broker = on(hurt)
        for queue in (here, there):
            with pytest.raises(BrokerUnavailable):
                broker.push(jobs_of(queue))
        hurt.nodes[1].start()
        hurt.until_ok()
        for queue in (here, there):
            until(lambda queue=queue: answers(lambda: broker.push(jobs_of(queue))), "the queue answers")
        broker.close()

    def test_queues_of_other_nodes_go_on_where_the_cluster_may_be_in_part(self, hurt: RedisCluster) -> None:
        here, there, _ = hurt.queues()
        for node in hurt.nodes:
            node.client.config_set("cluster-require-full-coverage", "no")
        hurt.nodes[1].stop()
        until(lambda: int(hurt.nodes[0].state()["cluster_slots_fail"]) > 0, "the others notice")
        broker = on(hurt)
        opened(broker, here)
        broker.push(jobs_of(here))
        assert len(claimed(broker, here)) == 3
        with pytest.raises(BrokerUnavailable):
            broker.push(jobs_of(there))
        broker.close()

    def test_after_one_failure_nobody_asks_again_for_a_while(self, hurt: RedisCluster) -> None:
        broker = on(hurt, timeout=0.2, breaker=Breaker(open_for=60.0))
        (queue, *_) = hurt.queues()
        hurt.nodes[0].stop()
        with pytest.raises(BrokerUnavailable, match="Error"):
            broker.push(jobs_of(queue))
        with pytest.raises(BrokerUnavailable, match="does not answer$"):
            broker.ping()
        broker.close()
