"""What the clients ask for: jobs of every kind, drawn from a seed. Pure.

A job is known by its number, which is in its payload: whatever becomes of its id, two rows with one number are two
jobs for one wish.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from random import Random
from typing import Any

POLICIES = ("block", "allow_failed", "cancel")
QUEUES = ("default", "bulk", "urgent")
PATIENT = 40
"""Attempts of jobs that shall succeed in the end, however many workers die under them."""
_QUICK = {"policy": "exponential", "initial_delay": "100ms", "max_delay": "2s"}


class Manner(StrEnum):
    """What a client does with a call."""

    INSIST = "insist"
    """Asks again, with the same ids, until it is accepted."""
    GIVE_UP = "give_up"
    """Asks once; after a refusal only the id tells whether it was stored."""
    WITHDRAW = "withdraw"
    """Submits in a transaction of its own and rolls that back."""


@dataclass(frozen=True, slots=True)
class Order:
    """One job to be. `options` are fields of a request; `parents` are numbers, each with the policy of its edge."""

    number: int
    kind: str
    type: str
    payload: dict[str, Any]
    options: dict[str, Any] = field(default_factory=dict)
    parents: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One submit, all or none, at `at` (0..1 of the time for submitting)."""

    orders: tuple[Order, ...]
    at: float
    manner: Manner = Manner.INSIST


@dataclass(frozen=True, slots=True)
class Kind:
    """`expected` are the final states that a job of this kind may have when nobody interfered."""

    weight: float
    expected: frozenset[str]
    make: Callable[[Random], tuple[dict[str, Any], dict[str, Any]]]


def _good(payload: dict[str, Any], **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return payload, {"max_attempts": PATIENT, "retry_policy": _QUICK, **options}


_SUCCEEDS, _FAILS = frozenset({"succeeded"}), frozenset({"failed"})
KINDS: dict[str, Kind] = {
    "instant": Kind(46, _SUCCEEDS, lambda chance: _good({})),
    "slow": Kind(8, _SUCCEEDS, lambda chance: _good({"seconds": round(chance.uniform(0.02, 0.4), 3)})),
    "long": Kind(3, _SUCCEEDS, lambda chance: _good({"seconds": round(chance.uniform(1.0, 3.0), 3)})),
    "stumbling": Kind(8, _SUCCEEDS, lambda chance: _good({"fails": chance.randint(1, 3)})),
    "snoozing": Kind(4, _SUCCEEDS, lambda chance: _good({"snoozes": chance.randint(1, 2)})),
    "delayed": Kind(5, _SUCCEEDS, lambda chance: _good({}, delay=round(chance.uniform(0.2, 6.0), 2))),
    "hanging": Kind(0.5, _SUCCEEDS, lambda chance: _good({"hangs": 1}, timeout=0.3)),
    "expiring": Kind(2, frozenset({"succeeded", "cancelled"}), lambda chance: _good({}, expires_in=1.0)),
    "hopeless": Kind(3, _FAILS, lambda chance: ({"fails": 1_000_000}, {"max_attempts": 2, "retry_policy": _QUICK})),
    "discarded": Kind(1, _FAILS, lambda chance: ({"fails": -1}, {"max_attempts": 3, "retry_policy": _QUICK})),
    "gathering": Kind(0, _SUCCEEDS, lambda chance: _good({})),
}
_LINKED = ("instant", "instant", "instant", "slow", "stumbling", "snoozing", "hopeless", "discarded")


def draw(seed: int, jobs: int, clients: int) -> list[list[Call]]:
    """The calls of each client, in order of time; about `jobs` numbers in all, never fewer."""
    chance = Random(f"orders {seed}")  # noqa: S311 - chance, not secrets
    maker = _Maker(chance)
    calls: list[list[Call]] = [[] for _ in range(clients)]
    while maker.made < jobs:
        at = maker.made / jobs
        made = maker.pattern()
        for client, call in _shared_out(chance, made, clients):
            calls[client].append(replace(call, at=at))
    return calls


def _shared_out(chance: Random, made: "list[Call] | _Repeated", clients: int) -> Iterator[tuple[int, Call]]:
    """A pattern belongs to one client, for its calls refer to each other; a repeated call to several at once."""
    if isinstance(made, _Repeated):
        for _ in range(made.times):
            yield chance.randrange(clients), made.call
        return
    client = chance.randrange(clients)
    for call in made:
        yield client, call


@dataclass(frozen=True, slots=True)
class _Repeated:
    call: Call
    times: int


class _Maker:
    """Draws patterns: single jobs, batches, repeats under one key, chains, diamonds, fans."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self.made = 0

    def pattern(self) -> "list[Call] | _Repeated":
        chance = self._chance
        patterns: list[Callable[[], list[Call] | _Repeated]]
        patterns = [self._single, self._batch, self._keyed, self._chain, self._diamond, self._fan, self._withdrawn]
        (chosen,) = chance.choices(patterns, [46, 6, 10, 5, 4, 1.5, 1])
        return chosen()

    def _single(self) -> list[Call]:
        manner = Manner.GIVE_UP if self._chance.random() < 0.2 else Manner.INSIST
        return [Call((self._order(self._any_kind()),), 0.0, manner)]

    def _batch(self) -> list[Call]:
        return [Call(tuple(self._order(self._any_kind()) for _ in range(self._chance.randint(5, 60))), 0.0)]

    def _withdrawn(self) -> list[Call]:
        return [Call((self._order("instant"),), 0.0, Manner.WITHDRAW)]

    def _keyed(self) -> _Repeated:
        """The same request from several clients at the same moment, or several times in one batch."""
        order = self._order(self._any_kind())
        order.options["idempotency_key"] = f"key-{order.number}"
        twice = self._chance.random() < 0.15
        return _Repeated(Call((order, order) if twice else (order,), 0.0), self._chance.randint(2, 5))

    def _chain(self) -> list[Call]:
        orders = [self._order(self._linked_kind())]
        for _ in range(self._chance.randint(1, 5)):
            orders.append(self._order(self._linked_kind(), [orders[-1]]))
        return self._asked(orders)

    def _diamond(self) -> list[Call]:
        top = self._order(self._linked_kind())
        middle = [self._order(self._linked_kind(), [top]) for _ in range(self._chance.randint(2, 4))]
        return self._asked([top, *middle, self._order("gathering", middle)])

    def _fan(self) -> list[Call]:
        top = self._order(self._linked_kind())
        leaves = [self._order(self._linked_kind(), [top]) for _ in range(self._chance.randint(5, 25))]
        return self._asked([top, *leaves, self._order("gathering", leaves)])

    def _asked(self, orders: list[Order]) -> list[Call]:
        """Linked jobs in one batch, or one by one while the earlier ones run already."""
        if self._chance.random() < 0.5:
            return [Call(tuple(orders), 0.0)]
        return [Call((order,), 0.0) for order in orders]

    def _any_kind(self) -> str:
        (kind,) = self._chance.choices(list(KINDS), [kind.weight for kind in KINDS.values()])
        return kind

    def _linked_kind(self) -> str:
        return self._chance.choice(_LINKED) if self._chance.random() < 0.5 else "instant"

    def _order(self, kind: str, parents: list[Order] | None = None) -> Order:
        chance = self._chance
        payload, options = KINDS[kind].make(chance)
        options |= {"queue": chance.choice(QUEUES), "priority": chance.choice((0, 3, 5, 5, 5, 8, 10))}
        one_policy = chance.choice(POLICIES)
        mixed = chance.random() < 0.5
        edges = tuple((parent.number, chance.choice(POLICIES) if mixed else one_policy) for parent in parents or ())
        type_ = "chaos.gather" if kind == "gathering" else chance.choice(("chaos.sync", "chaos.async"))
        number = self.made
        self.made += 1
        return Order(number, kind, type_, {"n": number, **payload}, options, edges)
