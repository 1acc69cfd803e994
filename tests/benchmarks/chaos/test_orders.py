"""The jobs of a chaos run: drawn by a seed, complete, and askable in order."""

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.chaos import orders
from benchmarks.chaos.orders import KINDS, Manner

SEEDS = st.integers(0, 10_000)


@given(SEEDS)
@settings(max_examples=20)
def test_a_seed_gives_the_same_calls_again(seed: int) -> None:
    assert orders.draw(seed, 300, 3) == orders.draw(seed, 300, 3)


@given(SEEDS, st.integers(1, 500), st.integers(1, 4))
@settings(max_examples=30)
def test_every_number_is_ordered_and_parents_come_first_from_the_same_client(
    seed: int, jobs: int, clients: int
) -> None:
    numbers = set()
    for calls in orders.draw(seed, jobs, clients):
        known: set[int] = set()
        assert [call.at for call in calls] == sorted(call.at for call in calls)
        for call in calls:
            known |= {order.number for order in call.orders}
            for order in call.orders:
                assert {number for number, _ in order.parents} <= known
                assert order.payload["n"] == order.number
        numbers |= known
    assert numbers == set(range(len(numbers)))
    assert len(numbers) >= jobs


def test_a_large_run_has_every_kind_and_manner_and_policy() -> None:
    calls = [call for client in orders.draw(1, 5000, 3) for call in client]
    made = [order for call in calls for order in call.orders]
    assert {order.kind for order in made} == set(KINDS)
    assert {call.manner for call in calls} == set(Manner)
    assert {policy for order in made for _, policy in order.parents} == set(orders.POLICIES)
    assert {order.type for order in made} == {"chaos.sync", "chaos.async", "chaos.gather"}


def test_the_same_key_is_asked_for_by_several_clients_at_the_same_moment() -> None:
    asked: dict[str, set[tuple[int, float]]] = {}
    for client, calls in enumerate(orders.draw(1, 2000, 3)):
        for call in calls:
            for order in call.orders:
                if key := order.options.get("idempotency_key"):
                    asked.setdefault(key, set()).add((client, call.at))
    several = [who for who in asked.values() if len({client for client, _ in who}) > 1]
    assert several
    assert all(len({at for _, at in who}) == 1 for who in several)


def test_only_what_nobody_waits_for_is_given_up_or_withdrawn() -> None:
    calls = [call for client in orders.draw(3, 5000, 3) for call in client]
    parents = {number for call in calls for order in call.orders for number, _ in order.parents}
    for call in calls:
        if call.manner is not Manner.INSIST:
            assert not {order.number for order in call.orders} & parents
