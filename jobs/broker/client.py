"""Connections to Redis, of whatever kind the URL names, with every failure turned into one error."""

import hashlib
import logging
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit, urlunsplit

import hiredis
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from jobs.broker.cluster import Address, Cluster
from jobs.errors import BrokerUnavailable
from jobs.shield import shielded

logger = logging.getLogger(__name__)
T = TypeVar("T")
_OPEN_FOR = 1.0
# redis-py retries by itself and in growing steps; the engine has its own answer to an absent Redis.
_NO_RETRY = Retry(NoBackoff(), 0)


def connect(url: str, timeout: float) -> Any:
    """A client for `redis://`, `rediss://`, `unix://`, `redis+cluster://host:port,host:port` or
    `redis+sentinel://host:port,host:port/service`.

    `timeout` is seconds for connecting and for each reply. Nothing is sent yet.
    """
    kind = urlsplit(url).scheme.partition("+")[2]
    if kind == "cluster":
        return _cluster(url, timeout)
    options: dict[str, Any] = {"socket_timeout": timeout, "socket_connect_timeout": timeout, "retry": _NO_RETRY}
    if kind == "sentinel":
        return _master(url, options)
    return Client.from_url(url, **options)


def each(client: Any, command: str, *arguments: Any) -> list[Any]:
    """The answer of every server that holds keys: all primaries of a cluster, or the one there is."""
    if isinstance(client, Cluster):
        return client.each(command, *arguments)
    return [getattr(client, command)(*arguments)]


def ask(client: Any, *command: Any) -> Any:
    """The answer to a command whose first key says which server it is for, by the shortest way."""
    return client.ask(*command) if isinstance(client, Client) else client.execute_command(*command)


def is_cluster(client: Any) -> bool:
    """Whether keys of different queues may be on different servers."""
    return isinstance(client, Cluster)


def _cluster(url: str, timeout: float) -> Cluster:
    """Any of the nodes that the URL names will do to learn of the others."""
    parts = urlsplit(url)
    first, *others = _addresses(parts, 6379)
    login, at, _ = parts.netloc.rpartition("@")
    one = parts._replace(scheme=parts.scheme.partition("+")[0], netloc=f"{login}{at}{_netloc(first)}")
    return Cluster(urlunsplit(one), others, timeout)


def _master(url: str, options: dict[str, Any]) -> Any:
    """The master of the service that the URL's path names, as its sentinels know it."""
    parts = urlsplit(url)
    sentinel = Sentinel(  # type: ignore[no-untyped-call]  # redis-py has no annotations there
        _addresses(parts, 26379),
        sentinel_kwargs=options,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        ssl=parts.scheme.startswith("rediss"),
        db=int(parse_qs(parts.query).get("db", ["0"])[0]),
        **options,
    )
    name = parts.path.strip("/") or "mymaster"
    return sentinel.master_for(name, redis_class=Client)  # type: ignore[no-untyped-call]  # as above


def _addresses(parts: SplitResult, port: int) -> list[Address]:
    """Hosts and ports of a URL that names several, separated by commas; `port` where none is given."""
    hosts = [urlsplit(f"//{host}") for host in parts.netloc.rpartition("@")[2].split(",")]
    return [(host.hostname or "localhost", host.port or port) for host in hosts]


def _netloc(address: Address) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Client(redis.Redis):
    """redis-py's, with a shorter way for the hot path."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._kept: deque[redis.Connection] = deque()

    def ask(self, *command: Any) -> Any:
        """As `execute_command`, without what it counts and tries again around a command, and on connections that are
        kept instead of going back to the pool each time: together more than half of redis-py's time.

        A connection whose answer was not read to its end is given up, so none is taken for that of another command.
        """
        connection = self._take()
        try:
            connection.send_packed_command([hiredis.pack_command(command)])
            answer = connection.read_response()
        except BaseException:
            self._give_up(connection)
            raise
        self._kept.append(connection)
        return answer

    def ask_all(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        """The same for several commands in one round trip; of one that the server refuses the answer is its error."""
        connection = self._take()
        try:
            connection.send_packed_command([hiredis.pack_command(command) for command in commands])
            answers = [_answer(connection) for _ in commands]
        except BaseException:
            self._give_up(connection)
            raise
        if any(isinstance(answer, Exception) for answer in answers):
            self._give_up(connection)  # as `ask`: it may be to one that is no primary any more
        else:
            self._kept.append(connection)
        return answers

    def _take(self) -> Any:
        while self._kept:
            try:
                connection = self._kept.pop()
            except IndexError:  # another thread was quicker
                break
            if connection.pid == os.getpid() and _is_fresh(connection):
                return connection
            self._give_up(connection)
        return self.connection_pool.get_connection()

    def _give_up(self, connection: Any) -> None:
        """Closed, not ended: what a parent process opened it still uses."""
        connection.disconnect()
        self.connection_pool.release(connection)


def _is_fresh(connection: Any) -> bool:
    """Whether nobody has closed it and nothing is left to read."""
    try:
        return not connection.can_read()
    except (redis.exceptions.RedisError, OSError):
        return False


def _answer(connection: Any) -> Any:
    try:
        return connection.read_response()
    except redis.exceptions.ResponseError as refusal:
        return refusal


class Script:
    """Lua files, one after the other as one script, sent by their hash; whole to a server that does not know it."""

    def __init__(self, *names: str) -> None:
        folder = Path(__file__).parent / "scripts"
        self._source = "".join((folder / f"{name}.lua").read_text() for name in names)
        self._sha = hashlib.sha1(self._source.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, client: Any, keys: list[str], arguments: list[Any]) -> Any:
        try:
            return ask(client, *self.command(keys, arguments))
        except redis.exceptions.NoScriptError:
            return self.load(client, keys, arguments)

    def command(self, keys: list[str], arguments: list[Any]) -> tuple[Any, ...]:
        """What calls it by its hash; the server's answer may be NoScriptError."""
        return "EVALSHA", self._sha, len(keys), *keys, *arguments

    def load(self, client: Any, keys: list[str], arguments: list[Any]) -> Any:
        """By its source, which the server keeps from then on."""
        return client.eval(self._source, len(keys), *keys, *arguments)


Call = tuple[Script, list[str], list[Any]]


def run_all(client: Any, calls: Sequence[Call]) -> list[Any]:
    """Answers of several scripts, asked for in one round trip; on a cluster, where they have no common node, one
    after the other."""
    if len(calls) == 1 or is_cluster(client):
        return [script(client, keys, arguments) for script, keys, arguments in calls]
    answers = client.ask_all([script.command(keys, arguments) for script, keys, arguments in calls])
    return [_settled(client, call, answer) for call, answer in zip(calls, answers, strict=True)]


def read_all(client: Any, names: Sequence[str]) -> list[Any]:
    """Whole hashes, asked for in one round trip; on a cluster one after the other."""
    if is_cluster(client):
        return [client.hgetall(name) for name in names]
    with client.pipeline(transaction=False) as pipeline:
        for name in names:
            pipeline.hgetall(name)
        return list(pipeline.execute())


def _settled(client: Any, call: Call, answer: Any) -> Any:
    """The answer, or the error that it is; to a server that did not know the script, asked for again."""
    if isinstance(answer, redis.exceptions.NoScriptError):
        script, keys, arguments = call
        return script.load(client, keys, arguments)
    if isinstance(answer, Exception):
        raise answer
    return answer


class Breaker:
    """Fails at once for a second after a failure, so that an absent Redis costs a submit nothing."""

    def __init__(self, open_for: float = _OPEN_FOR) -> None:
        self._open_for = open_for
        self._until = 0.0

    def call(self, action: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """The action's answer; no interrupt of a handler strikes within. Raises BrokerUnavailable for every failure of
        Redis or its connection."""
        if time.monotonic() < self._until:
            raise BrokerUnavailable("Redis does not answer")
        try:
            return shielded(action, *arguments, **named)
        except (redis.exceptions.RedisError, redis.exceptions.RedisClusterException, OSError) as error:
            self._until = time.monotonic() + self._open_for
            logger.debug("redis failed", exc_info=error)
            raise BrokerUnavailable(f"Redis does not answer ({type(error).__name__})") from error
