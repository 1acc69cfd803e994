"""PostgreSQL and Redis as a peer finds them: empty but for its tables. And what can be looked up in them afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql
from redis import Redis

from flowbit.embedded import addresses


class Stores:
    """The servers of one run, which all peers use in turns."""

    def __init__(self, folder: Path) -> None:
        self._url = addresses.database_url(folder)
        self._admin = psycopg.connect(self._url, autocommit=True)
        self.redis_url = addresses.redis_url(folder)
        self.redis: Redis = Redis.from_url(self.redis_url)
        self._templates: set[str] = set()

    def dsn(self, database: str) -> str:
        return self._url.replace(f"/{addresses.DATABASE}?", f"/{database}?")

    def renew(self, database: str, set_up: Callable[[], object] | None) -> None:
        """Redis empty; the database as `set_up` left it. The first time it is called, then a copy is taken."""
        self.redis.flushall()
        if set_up is None:
            return
        template = f"{database}_template"
        if template in self._templates:
            self._create(database, template)
            return
        self._create(database)
        set_up()
        self._create(template, database)
        self._templates.add(template)

    def _create(self, database: str, template: str = "template1") -> None:
        new, old = sql.Identifier(database), sql.Identifier(template)
        self._admin.execute(sql.SQL("drop database if exists {} with (force)").format(new))
        self._admin.execute(sql.SQL("create database {} template {}").format(new, old))

    def tidy(self, database: str) -> None:
        """What autovacuum does a little later on its own, done now, so that it does not fall into one run in three."""
        with self.connect(database) as connection:
            connection.execute("vacuum (analyze)")

    def connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(self.dsn(database), autocommit=True)

    def close(self) -> None:
        self._admin.close()
        self.redis.close()


class Lookup(Protocol):
    """A question to the store about all jobs of a run."""

    def __call__(self, stores: Stores, database: str) -> int:
        """How many jobs it is true of."""


@dataclass(frozen=True)
class Rows:
    """Of PostgreSQL: `query` gives one number."""

    query: str

    def __call__(self, stores: Stores, database: str) -> int:
        with stores.connect(database) as connection:
            row = connection.execute(self.query.encode()).fetchone()
        return int(row[0]) if row else 0


@dataclass(frozen=True)
class Lengths:
    """Of Redis: the sum of what the `commands` give."""

    commands: tuple[str, ...]

    def __call__(self, stores: Stores, database: str) -> int:
        return sum(int(stores.redis.execute_command(*command.split())) for command in self.commands)


@dataclass(frozen=True)
class Keys:
    """Of Redis: keys (strings or hashes) that match `pattern` and hold `text`."""

    pattern: str
    text: str

    def __call__(self, stores: Stores, database: str) -> int:
        keys = list(stores.redis.scan_iter(self.pattern, count=1000))
        if not keys:
            return 0
        is_hash = stores.redis.type(keys[0]) == b"hash"
        pipeline = stores.redis.pipeline(transaction=False)
        for key in keys:
            pipeline.hgetall(key) if is_hash else pipeline.get(key)
        return sum(self.text in repr(found) for found in pipeline.execute())
