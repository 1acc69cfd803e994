"""A Redis Cluster of three primaries on this machine, for as long as a `with`."""

import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import redis

from flowbit.embedded import binaries, child

SLOTS = 16384
READY_WITHIN = 60.0
_STOP = ((signal.SIGTERM, 10.0),)


class Node:
    """One server; it keeps its port and its part of the slots when it is started again."""

    def __init__(self, folder: Path, slots: tuple[int, int] | None = None) -> None:
        self.slots = slots
        self.port, self._bus = _free_ports(2)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.client = redis.Redis(port=self.port, socket_timeout=10.0)

    def start(self) -> None:
        self._folder.mkdir(exist_ok=True)
        settings = {
            "--bind": "127.0.0.1",
            "--port": str(self.port),
            "--cluster-enabled": "yes",
            "--cluster-port": str(self._bus),
            "--cluster-announce-ip": "127.0.0.1",
            "--cluster-node-timeout": "1000",
            "--dir": str(self._folder),
            "--save": "",
            "--appendonly": "no",
            "--maxmemory-policy": "noeviction",
        }
        command = [binaries.redis_server(), *(part for item in settings.items() for part in item)]
        self._process = child.spawn(command, self._folder / "log", None, ends_by=signal.SIGTERM)
        until(self._answers, f"the node of port {self.port} answers")

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            child.stop(self._process, _STOP)
            self._process = None

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def is_ok(self, known: int) -> bool:
        """Whether this node knows so many nodes and holds the cluster to be whole."""
        state = self.state()
        return (state["cluster_state"], int(state["cluster_known_nodes"])) == ("ok", known)

    def state(self) -> dict[str, str]:
        """Of the cluster, as this node sees it."""
        found: Any = self.client.execute_command("CLUSTER INFO")
        return dict(found)

    def meet(self, other: "Node") -> None:
        self.client.execute_command("CLUSTER MEET", "127.0.0.1", other.port, other._bus)

    def info(self, section: str) -> dict[str, Any]:
        found: Any = self.client.info(section)
        return dict(found)

    def names(self) -> set[str]:
        """Of all its keys."""
        return {name.decode() for name in self.client.scan_iter()}

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, child.tail(self._folder / "log")
        try:
            return bool(self.client.ping())
        except (redis.ConnectionError, redis.exceptions.BusyLoadingError):
            return False


class RedisCluster:
    """`nodes` are its primaries, each with a third of the slots."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="flowbit-cluster-")
        bounds = [number * SLOTS // 3 for number in range(4)]
        self.nodes = [Node(self._place(number), (bounds[number], bounds[number + 1] - 1)) for number in range(3)]
        self._all = list(self.nodes)

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)

    def holder(self, queue: str) -> Node:
        """The node in whose slots the keys of a queue are."""
        slot: Any = self.nodes[0].client.execute_command("CLUSTER KEYSLOT", queue)
        return next(node for node in self.nodes if node.slots and node.slots[0] <= slot <= node.slots[1])

    def queues(self) -> list[str]:
        """One for each node, in their order."""
        names = [f"q{number}" for number in range(50)]
        return [next(name for name in names if self.holder(name) is node) for node in self.nodes]

    def add_replica(self, primary: Node) -> Node:
        """One more node, which has all that the primary has."""
        replica = Node(self._place(len(self._all)))
        self._all.append(replica)
        replica.start()
        self.nodes[0].meet(replica)
        self.until_ok()
        name: Any = primary.client.execute_command("CLUSTER MYID")
        replica.client.execute_command("CLUSTER REPLICATE", name)
        until(lambda: replica.info("replication").get("master_link_status") == "up", "the replica has everything")
        return replica

    def until_ok(self) -> None:
        until(lambda: all(node.is_ok(len(self._all)) for node in self._all), "all nodes call the cluster whole")

    def __enter__(self) -> Self:
        try:
            self._begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _begin(self) -> None:
        for number, node in enumerate(self.nodes):
            assert node.slots
            node.start()
            node.client.execute_command("CLUSTER SET-CONFIG-EPOCH", number + 1)
            node.client.execute_command("CLUSTER ADDSLOTSRANGE", *node.slots)
        for other in self.nodes[1:]:
            self.nodes[0].meet(other)
        self.until_ok()

    def __exit__(self, *_: object) -> None:
        for node in self._all:
            node.client.close()
            node.stop()
        self._folder.cleanup()

    def _place(self, number: int) -> Path:
        return Path(self._folder.name) / str(number)


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + READY_WITHIN
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"waited {READY_WITHIN:g} s in vain until {what}"
        pause.wait(0.02)


def _free_ports(count: int) -> list[int]:
    """Of those that nobody uses now; held all at once, so that they differ."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()
