"""How much to claim: only what free slots will begin within the horizon. Pure.

A type's typical duration is estimated like a round-trip time in TCP (RFC 6298, section 2): a smoothed mean plus four
times the smoothed deviation, so that a type with a few long runs among many short ones counts as long.
"""

from collections.abc import Iterable, Mapping

_SMALLEST = 1e-4


class Speeds:
    """Recent durations per type, in seconds."""

    def __init__(self) -> None:
        self._mean: dict[str, float] = {}
        self._deviation: dict[str, float] = {}

    def observe(self, type_: str, seconds: float) -> None:
        mean = self._mean.get(type_)
        if mean is None:
            self._mean[type_] = seconds
            self._deviation[type_] = seconds / 2
            return
        off = seconds - mean
        self._mean[type_] = mean + off / 8
        self._deviation[type_] += (abs(off) - self._deviation[type_]) / 4

    def estimate(self, type_: str) -> float | None:
        """Seconds that a job of this type should not exceed; None when none was seen."""
        mean = self._mean.get(type_)
        return None if mean is None else mean + 4 * self._deviation[type_]

    def cost(self, type_: str, horizon: float) -> float:
        """Share of a slot that a job takes up for `horizon` seconds: 1 when unknown or long."""
        estimate = self.estimate(type_)
        if estimate is None or estimate >= horizon:
            return 1.0
        return max(estimate / horizon, _SMALLEST)

    def costs(self, types: Iterable[str], horizon: float) -> Mapping[str, float]:
        return {type_: self.cost(type_, horizon) for type_ in types}


class Shares:
    """Which queue to ask next: smooth weighted round robin, so weights are shares and nothing starves."""

    def __init__(self) -> None:
        self._credit: dict[str, float] = {}
        self._order: list[str] = []

    def order(self, weights: Mapping[str, int]) -> list[str]:
        """Queues in the order in which to ask them this time; the first is the one whose turn it is."""
        credit = {queue: self._credit.get(queue, 0.0) + weight for queue, weight in weights.items()}
        self._order = sorted(credit, key=lambda queue: (-credit[queue], queue))
        self._credit = credit
        return self._order

    def served(self, queue: str, weights: Mapping[str, int]) -> None:
        """`queue`, of the latest order, had something: it pays for its turn.

        Those before it had nothing and sit this turn out: else an empty queue would save up credit for as long as it
        is empty, and then shut the others out.
        """
        empty = self._order[: self._order.index(queue)]
        for name in empty:
            self._credit[name] -= weights[name]
        self._credit[queue] -= sum(weights.values()) - sum(weights[name] for name in empty)

    def idle(self) -> None:
        """Nothing was ready anywhere: old credit means nothing any more."""
        self._credit.clear()
