"""A Redis Cluster that never holds its caller up.

redis-py's client asks for the map of the cluster when it is made, and again within a call that failed, one node after
the other, while every other thread waits. A submit has no time for that: here both happen beside the calls.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.exceptions import RedisClusterException, RedisError, SlotNotCoveredError
from redis.retry import Retry

logger = logging.getLogger(__name__)
Address = tuple[str, int]


class Cluster:
    """Has every command of redis-py's cluster client, which is made by the first one.

    Args:
        url: of one node, `redis://` or `rediss://`.
        others: further nodes to ask for the map, where that one is away.
        timeout: seconds for connecting and for each reply. A command that is to make the client waits no longer, too;
            the making goes on.
    """

    def __init__(self, url: str, others: Sequence[Address], timeout: float) -> None:
        self._make = partial(_Client, url, others, timeout)
        self._timeout = timeout
        self._lock = threading.Lock()
        self._making: Future[_Client] | None = None

    def __getattr__(self, command: str) -> Callable[..., Any]:
        return partial(self._run, command)

    def each(self, command: str, *arguments: Any) -> list[Any]:
        """The answer of every primary."""
        nodes = self._client().get_primaries()  # type: ignore[no-untyped-call]  # redis-py has no annotations there
        return [self._run(command, *arguments, target_nodes=node) for node in nodes]

    def close(self) -> None:
        if self._making is not None and not _failed(self._making):
            self._making.add_done_callback(_close)

    def _run(self, command: str, *arguments: Any, **named: Any) -> Any:
        client = self._client()
        try:
            return getattr(client, command)(*arguments, **named)
        except SlotNotCoveredError:  # the only one for which the client itself does not ask for a new map
            client.renew_map()
            raise

    def _client(self) -> "_Client":
        with self._lock:
            if self._making is None or _failed(self._making):
                self._making = Future()
                threading.Thread(target=_fulfil, args=(self._making, self._make), daemon=True).start()
            making = self._making
        return making.result(self._timeout)


def _failed(making: "Future[_Client]") -> bool:
    return making.done() and making.exception() is not None


def _fulfil(making: "Future[_Client]", make: "Callable[[], _Client]") -> None:
    try:
        making.set_result(make())
    except Exception as error:  # whatever it is, it is for those who wait
        making.set_exception(error)


def _close(making: "Future[_Client]") -> None:
    if making.exception() is None:
        making.result().close()


class _Client(RedisCluster):
    """Fails at the first error, and renews its map in a thread; meanwhile commands go by the old one."""

    def __init__(self, url: str, others: Sequence[Address], timeout: float) -> None:
        super().__init__(
            url=url,
            startup_nodes=[ClusterNode(*other) for other in others],  # type: ignore[no-untyped-call]  # as above
            retry=Retry(NoBackoff(), 0),
            require_full_coverage=False,  # queues of the nodes that are there go on
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
        )
        self._named = [(node.host, node.port) for node in self.startup_nodes]
        self._renewing = threading.Lock()
        self._renew = self.nodes_manager.initialize
        self.nodes_manager.initialize = self.renew_map  # type: ignore[method-assign]  # what a failed call waits for
        # It would take the node out of a dictionary and put it back, with no lock, while a thread may walk through it.
        self.nodes_manager.move_node_to_end_of_cached_nodes = _leave  # type: ignore[method-assign,assignment]

    def renew_map(self, *_: Any, **__: Any) -> None:
        """Begin to, unless somebody does already."""
        if self._renewing.acquire(blocking=False):
            threading.Thread(target=self._renew_and_log, name="cluster-map", daemon=True).start()

    def _renew_and_log(self) -> None:
        try:
            # The nodes of the URL, too: all that were known since may be gone.
            self._renew(additional_startup_nodes_info=self._named)
        except (RedisError, RedisClusterException, OSError) as error:
            logger.debug("no node of the cluster gave its map", exc_info=error)
        finally:
            self._renewing.release()


def _leave(_node: str) -> None:
    """The nodes are asked for their map in a random order: a failed one needs no place at the end."""
