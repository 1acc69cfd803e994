"""What must hold for every input: the state machine against a model, and the pure modules that decide."""

import json
import math
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from jobs import durations, ids, jsontext, outcomes, retry, services, verdict
from jobs.broker import Broker
from jobs.conf import Options, options
from jobs.envelope import DependsOn
from jobs.fingerprint import fingerprint, normalise
from jobs.horizon import Shares, Speeds
from jobs.models import Attempt, Dependency, Job
from jobs.ready import Ready
from jobs.retry import MAX_DELAY_LIMIT, RetryPolicy
from jobs.scheduler.reaper import Reaper
from jobs.settlement import Settlement
from jobs.states import FINAL, MOVES, WAITING, Outcome, State
from jobs.store import columns, moves
from jobs.verdict import Budget, Failure
from jobs.worker import tracebacks
from tests.jobs import builders

quick = settings(max_examples=100, deadline=None, database=None)
with_servers = settings(max_examples=30, deadline=None, database=None)

# -- the state machine -------------------------------------------------------------------------------------------------


@dataclass
class Edge:
    parent: UUID
    policy: str
    met: bool = False


@dataclass
class Model:
    """What the row of a job should say."""

    state: str
    max_attempts: int
    attempt: int = 0
    tries: int = 0
    asked: bool = False
    edges: list[Edge] = field(default_factory=list)

    @property
    def unmet(self) -> int:
        return sum(not edge.met for edge in self.edges)

    @property
    def row(self) -> tuple[str, int, int, int, bool]:
        return self.state, self.attempt, self.tries, self.unmet, self.asked


class Engine(RuleBasedStateMachine):
    """Drives the real store by its verbs, each on any job, and compares every row with a model after each step."""

    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        Job.objects.all().delete()
        Attempt.objects.all().delete()
        Dependency.objects.all().delete()
        self.model: dict[UUID, Model] = {}
        self.settled: Counter[UUID] = Counter()
        self.seen: Counter[UUID] = Counter()

    # What a final move means for others.

    def end(self, job_id: UUID, state: str) -> None:
        self.model[job_id].state = state
        for child_id, child in self.model.items():
            for edge in child.edges:
                if edge.parent == job_id and not edge.met:
                    self.parent_ended(child_id, child, edge, state)

    def parent_ended(self, child_id: UUID, child: Model, edge: Edge, state: str) -> None:
        edge.met = state == "succeeded" or edge.policy == "allow_failed"
        if child.state != "blocked":
            return
        if edge.met and not child.unmet:
            child.state = "queued"
        elif not edge.met and edge.policy == "cancel":
            self.end(child_id, "cancelled")

    # The verbs.

    @rule(target=jobs, max_attempts=st.integers(1, 3), later=st.booleans())
    def submit(self, max_attempts: int, later: bool) -> UUID:
        delay = 3600 if later else None
        job_id = services.enqueue(builders.TYPE, max_attempts=max_attempts, delay=delay).id
        self.model[job_id] = Model("scheduled" if later else "queued", max_attempts)
        return job_id

    @rule(
        target=jobs,
        parents=st.lists(jobs, min_size=1, max_size=3, unique=True),
        policies=st.lists(st.sampled_from(["block", "allow_failed", "cancel"]), min_size=3, max_size=3),
    )
    def submit_child(self, parents: list[UUID], policies: list[str]) -> UUID:
        wanted = [DependsOn(parent, policy=policy) for parent, policy in zip(parents, policies, strict=False)]
        job_id = services.enqueue(builders.TYPE, dependencies=wanted).id
        edges = []
        doomed = False
        for one in wanted:
            state = self.model[one.job_id].state
            met = state == "succeeded" or (state in FINAL and one.policy == "allow_failed")
            doomed = doomed or (state in FINAL and not met and one.policy == "cancel")
            edges.append(Edge(one.job_id, str(one.policy), met))
        child = Model("queued", 3, edges=edges)
        if child.unmet:
            child.state = "cancelled" if doomed else "blocked"
        self.model[job_id] = child
        return job_id

    @rule(job_id=jobs)
    def start(self, job_id: UUID) -> None:
        job = self.model[job_id]
        number = builders.begin(job_id, claim=builders.CLAIM + job.attempt)
        if job.state == "queued":
            job.state = "running"
            job.attempt += 1
            assert number == job.attempt
        else:
            assert number is None

    @rule(job_id=jobs, how=st.sampled_from(["success", "failure", "release", "snooze", "cancel"]), late=st.booleans())
    def settle(self, job_id: UUID, how: str, late: bool) -> None:
        job = self.model[job_id]
        number = job.attempt - late
        settlement = self.settlement(job, Settlement(job_id, number, builders.CLAIM + number - 1, "", ""), how)
        settled = builders.settle(builders.WORKER, builders.RELEASE, [settlement])
        if job.state != "running" or late:
            assert settled.moved == 0
            assert len(settled.fenced) + len(settled.repeated) == 1
            return
        assert settled.moved == 1
        self.ended(job_id, settlement)

    def settlement(self, job: Model, blank: Settlement, how: str) -> Settlement:
        if how == "success":
            return verdict.succeeded(blank, "1", None)
        if how == "release":
            return verdict.released(blank, "stopped")
        if how == "cancel":
            return verdict.cancelled(blank, None)
        if how == "snooze":
            return verdict.raised(blank, outcomes.Snooze(after="1h"), Failure("x", ""), self.budget(job), 0.5)
        return verdict.failed(blank, Failure("app.Boom", "no"), self.budget(job), 0.5)

    def budget(self, job: Model) -> Budget:
        return Budget(job.tries, job.max_attempts, RetryPolicy())

    def ended(self, job_id: UUID, settlement: Settlement) -> None:
        job = self.model[job_id]
        self.settled[job_id] += 1
        job.tries = min(job.tries + settlement.uses_try, job.max_attempts)
        state = "cancelled" if job.asked and settlement.state != "succeeded" else str(settlement.state)
        if state in FINAL:
            self.end(job_id, state)
        else:
            job.state = state

    @rule(job_id=jobs)
    def cancel(self, job_id: UUID) -> None:
        moves.cancel([job_id], "stop")
        job = self.model[job_id]
        if job.state in WAITING:
            self.end(job_id, "cancelled")
        elif job.state == "running":
            job.asked = True

    @rule(job_id=jobs, only_failed=st.booleans())
    def retry(self, job_id: UUID, only_failed: bool) -> None:
        moves.retry([job_id], moves.Overrides(), State.FAILED if only_failed else None)
        job = self.model[job_id]
        if job.state == "failed" or (job.state == "cancelled" and not only_failed):
            job.state = "blocked" if job.unmet else "queued"
            job.tries, job.asked = 0, False

    @rule(job_id=jobs)
    def time_comes(self, job_id: UUID) -> None:
        builders.change(job_id, "run_at = now() - interval '1 second'")
        moves.promote(1000)
        job = self.model[job_id]
        if job.state in ("scheduled", "retrying"):
            job.state = "queued"

    @rule(job_id=jobs)
    def time_is_over(self, job_id: UUID) -> None:
        builders.change(job_id, "expires_at = now() - interval '1 second'")
        moves.expire(1000)
        builders.change(job_id, "expires_at = null")
        if self.model[job_id].state in WAITING:
            self.end(job_id, "cancelled")

    @rule()
    def the_worker_dies(self) -> None:
        running = [job_id for job_id, job in self.model.items() if job.state == "running"]
        assert Reaper(_conf(lease_ttl=0.01), steady=lambda: 1.0).run_once() == len(running)
        for job_id in running:
            blank = Settlement(job_id, 0, 0, "", "")
            job = self.model[job_id]
            self.ended(job_id, verdict.failed(blank, Failure("x", ""), self.budget(job), 0.5))

    # What holds after every step.

    @invariant()
    def rows_are_as_the_model_says(self) -> None:
        names = ("id", "state", "attempt", "tries", "unmet", "cancel_requested_at")
        found = {row[0]: (*row[1:5], row[5] is not None) for row in Job.objects.values_list(*names)}
        assert found == {job_id: job.row for job_id, job in self.model.items()}

    @invariant()
    def attempts_are_settled_once_and_never_fall(self) -> None:
        numbers = Counter(Attempt.objects.values_list("job_id", flat=True))
        assert numbers == self.settled
        for job_id, job in self.model.items():
            assert self.seen[job_id] <= job.attempt
            assert job.tries <= job.max_attempts
            assert self.settled[job_id] == job.attempt - (job.state == "running")
            self.seen[job_id] = job.attempt


def _conf(**changes: Any) -> Options:
    return Options(**{"redis_url": options().redis_url, **changes})


@pytest.mark.django_db
def test_every_way_through_the_store_is_a_way_through_the_model() -> None:
    run_state_machine_as_test(
        Engine, settings=settings(max_examples=30, stateful_step_count=40, deadline=None, database=None)
    )


@quick
@given(
    verdicts=st.sampled_from([outcomes.Retry, outcomes.Cancel, outcomes.Discard]),
    reason=st.text() | st.just("\0\ud800") | st.text(alphabet=st.characters(categories=["Cs"])),
    tries=st.integers(0, 9),
)
def test_whatever_a_handler_says_is_a_move_that_can_be_stored(
    verdicts: type[outcomes.Verdict], reason: str, tries: int
) -> None:
    error = verdicts(reason)
    failure = Failure(tracebacks.error_type(error), tracebacks.message(error))
    made = verdict.raised(Settlement(UUID(int=1), 1, 1, "", ""), error, failure, Budget(tries, 10, RetryPolicy()), 0.5)
    assert State(made.state) in MOVES[State.RUNNING]
    assert made.outcome in list(Outcome)
    for text in (made.reason, made.error_message):
        assert text is None or ("\0" not in text and text.encode() is not None and len(text) <= 2000)


# -- retry -------------------------------------------------------------------------------------------------------------

policies = st.builds(
    RetryPolicy,
    policy=st.sampled_from(["exponential", "linear", "constant", "none"]),
    initial_delay=st.floats(0, MAX_DELAY_LIMIT),
    factor=st.floats(1, 100),
    max_delay=st.floats(0, MAX_DELAY_LIMIT),
    jitter=st.floats(0, 1),
)
chances = st.floats(0, 1, exclude_max=True)


class TestRetry:
    @quick
    @given(policy=policies, tries=st.integers(1, 100_000), chance=chances)
    def test_a_delay_is_finite_and_within_the_jitter_of_the_cap(
        self, policy: RetryPolicy, tries: int, chance: float
    ) -> None:
        delay = policy.delay(tries, chance)
        assert math.isfinite(delay)
        assert 0 <= delay <= policy.max_delay * (1 + policy.jitter)

    @quick
    @given(policy=policies, tries=st.integers(1, 1000), chance=chances)
    def test_delays_never_shrink_as_tries_grow(self, policy: RetryPolicy, tries: int, chance: float) -> None:
        assert policy.delay(tries, chance) <= policy.delay(tries + 1, chance) * (1 + 1e-12)

    @quick
    @given(policy=policies, tries=st.integers(1, 1000), first=chances, second=chances)
    def test_jitter_spreads_to_either_side_in_the_order_of_chance(
        self, policy: RetryPolicy, tries: int, first: float, second: float
    ) -> None:
        middle = policy.delay(tries, 0.5)
        low, high = sorted((policy.delay(tries, min(first, second)), policy.delay(tries, max(first, second))))
        assert middle * (1 - policy.jitter) * (1 - 1e-9) <= low <= high <= middle * (1 + policy.jitter) * (1 + 1e-9)
        assert policy.delay(tries, min(first, second)) <= policy.delay(tries, max(first, second)) * (1 + 1e-12)

    @quick
    @given(policy=policies, tries=st.integers(1, 30))
    def test_without_jitter_it_is_the_formula(self, policy: RetryPolicy, tries: int) -> None:
        plain = {
            "exponential": policy.initial_delay * policy.factor ** (tries - 1),
            "linear": policy.initial_delay * tries,
        }.get(policy.policy, policy.initial_delay)
        assert policy.delay(tries, 0.5) == pytest.approx(min(plain, policy.max_delay))

    @quick
    @given(policy=policies, default=policies)
    def test_json_brings_a_policy_back_whatever_the_default(self, policy: RetryPolicy, default: RetryPolicy) -> None:
        text = jsontext.encode(policy.as_json())
        assert retry.from_json(jsontext.decode(text), default) == policy

    @quick
    @given(
        values=st.dictionaries(
            st.sampled_from(["policy", "initial_delay", "factor", "max_delay", "jitter", "tries"]),
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers())),
        )
    )
    def test_nonsense_is_a_value_error_and_nothing_else(self, values: dict[str, Any]) -> None:
        try:
            policy = retry.from_json(values, RetryPolicy())
        except ValueError as error:
            assert str(error)
        else:
            assert math.isfinite(policy.delay(3, 0.5))


# -- order -------------------------------------------------------------------------------------------------------------


@st.composite
def lines(draw: st.DrawFn) -> list[Ready]:
    """Jobs of several lanes, many of them equal in priority and time."""
    places = st.tuples(st.sampled_from("abcd"), st.integers(0, 10), st.integers(0, 3) | st.integers(0, 2**41))
    found = draw(st.lists(places, max_size=40))
    made = draw(st.permutations(ids.uuid7s(len(found))))
    return [
        Ready(job_id, "line", type_, priority, at) for job_id, (type_, priority, at) in zip(made, found, strict=True)
    ]


@pytest.fixture
def line(broker: Broker) -> Broker:
    token = broker.begin_rebuild("line")
    assert token
    assert broker.finish_rebuild("line", token)
    return broker


def test_claims_come_in_the_order_of_a_sorted_list(line: Broker) -> None:
    @with_servers
    @given(jobs=lines(), known=st.sets(st.sampled_from("abcd"), min_size=1), portions=st.integers(1, 7))
    def check(jobs: list[Ready], known: set[str], portions: int) -> None:
        line.push(jobs)
        expected = sorted(jobs, key=lambda job: (-job.priority, job.at, job.id.bytes))
        found: list[bytes] = []
        costs = dict.fromkeys(known, 1.0)
        while portion := line.claim("line", costs, most=portions, budget=100.0, seconds=60.0).members:
            found += portion
        assert found == [job.id.bytes for job in expected if job.type in known]
        line.done("line", found)
        assert line.remove(jobs) == len(jobs) - len(found)
        assert line.claimed("line") == 0

    check()


# -- fingerprint -------------------------------------------------------------------------------------------------------

TEMPLATES = [
    "cannot reach {host} after {n} tries",
    "job {id} of {mail} failed with {quoted}",
    "can't open {quoted}: no such file",
    "the users' file {quoted} isn't there",
    "{quoted} is not in {double}",
    "got {bytes}, wanted {n}",
    "GET https://{host}/{n}?q={id} answered {n}",
    "object at {hex} took {n}.{n} s",
    "line {n},\n   column {n}",
]
unquoted = st.text(alphabet=st.characters(categories=["L", "N", "P", "Zs"], exclude_characters="'\"\\"), max_size=20)
variables = st.fixed_dictionaries(
    {
        "host": st.from_regex(r"[a-z]{1,8}\.example", fullmatch=True).map(lambda _: "db.example"),
        "n": st.integers(0, 10**12),
        "id": st.uuids(),
        "mail": st.from_regex(r"[a-z0-9.]{1,10}@[a-z]{1,10}\.org", fullmatch=True),
        "quoted": unquoted.map(lambda text: f"'{text}'"),
        "double": unquoted.map(lambda text: f'"{text}"'),
        "bytes": st.from_regex(r"b'[a-z]{0,9}'", fullmatch=True),
        "hex": st.integers(0, 2**48).map(hex),
    }
)


class TestFingerprint:
    @quick
    @given(template=st.sampled_from(TEMPLATES), first=variables, second=variables)
    def test_is_the_same_whatever_the_values(
        self, template: str, first: dict[str, Any], second: dict[str, Any]
    ) -> None:
        one, other = template.format(**first), template.format(**second)
        assert normalise(one) == normalise(other)
        assert fingerprint("app.Boom", one, "mail.py:send") == fingerprint("app.Boom", other, "mail.py:send")

    @quick
    @given(values=variables)
    def test_differs_by_class_message_and_place(self, values: dict[str, Any]) -> None:
        messages = [template.format(**values) for template in TEMPLATES]
        kinds = [
            *(fingerprint("app.Boom", message) for message in messages),
            *(fingerprint("app.Bang", message) for message in messages),
            *(fingerprint("app.Boom", message, "mail.py:send") for message in messages),
        ]
        assert len(set(kinds)) == len(kinds)

    @quick
    @given(st.text(), st.text(), st.text())
    def test_is_sixteen_hex_digits_whatever_comes(self, error_type: str, message: str, place: str) -> None:
        assert re.fullmatch("[0-9a-f]{16}", fingerprint(error_type, message + "\0\ud800", place))

    def test_a_long_message_is_no_burden(self) -> None:
        assert len(normalise("x '" * 1_000_000)) <= 500
        assert fingerprint("E", "x" * 10_000) == fingerprint("E", "x" * 20_000)


# -- horizon -----------------------------------------------------------------------------------------------------------

took = st.floats(0, 1e6)


class TestSpeeds:
    @quick
    @given(seen=st.lists(took, max_size=50), horizon=st.floats(1e-3, 10))
    def test_a_cost_is_a_share_of_a_slot(self, seen: list[float], horizon: float) -> None:
        speeds = Speeds()
        for seconds in seen:
            speeds.observe("t", seconds)
        assert 0 < speeds.cost("t", horizon) <= 1
        assert speeds.costs(["t", "unknown"], horizon)["unknown"] == 1.0

    @quick
    @given(seen=st.lists(st.floats(0.05, 1e6), min_size=1, max_size=50))
    def test_a_long_type_costs_a_whole_slot(self, seen: list[float]) -> None:
        speeds = Speeds()
        for seconds in seen:
            speeds.observe("t", seconds)
        assert speeds.cost("t", 0.05) == 1.0

    @quick
    @given(seconds=st.floats(1e-6, 0.01))
    def test_a_type_that_is_always_short_comes_to_cost_its_share(self, seconds: float) -> None:
        speeds = Speeds()
        for _ in range(200):
            speeds.observe("t", seconds)
        assert speeds.cost("t", 0.05) == pytest.approx(max(seconds / 0.05, 1e-4), rel=0.01)

    @quick
    @given(before=st.integers(1, 100))
    def test_one_long_run_among_short_ones_makes_it_cost_more_at_once(self, before: int) -> None:
        speeds = Speeds()
        for _ in range(before):
            speeds.observe("t", 0.001)
        cheap = speeds.cost("t", 0.05)
        speeds.observe("t", 1.0)
        assert speeds.cost("t", 0.05) == 1.0 > cheap


QUEUES = ["critical", "default", "low", "bulk"]
weights = st.dictionaries(st.sampled_from(QUEUES), st.integers(1, 20), min_size=1)
schedules = st.lists(st.sets(st.sampled_from(QUEUES)), max_size=40)
"""Which queues have something, turn by turn."""


def served(shares: Shares, weights: dict[str, int], has: set[str]) -> str | None:
    """One turn of a claimer; the queue that was claimed from."""
    for queue in shares.order(weights):
        if queue in has:
            shares.served(queue, weights)
            return queue
    shares.idle()
    return None


class TestShares:
    @quick
    @given(weights=weights)
    def test_weights_are_shares(self, weights: dict[str, int]) -> None:
        shares, total = Shares(), sum(weights.values())
        turns = 20 * total
        found = Counter(served(shares, weights, set(weights)) for _ in range(turns))
        assert found == {queue: 20 * weight for queue, weight in weights.items()}

    @quick
    @given(weights=weights)
    def test_nobody_waits_longer_than_its_share_says(self, weights: dict[str, int]) -> None:
        shares, total = Shares(), sum(weights.values())
        order = [served(shares, weights, set(weights)) for _ in range(4 * total)]
        for queue, weight in weights.items():
            turns = [number for number, name in enumerate(order) if name == queue]
            longest = max(after - before for before, after in zip(turns, turns[1:], strict=False))
            assert longest <= 2 * math.ceil(total / weight)

    @quick
    @given(weights=weights, turns=schedules)
    def test_a_turn_goes_to_a_queue_that_has_something_if_any_has(
        self, weights: dict[str, int], turns: list[set[str]]
    ) -> None:
        shares = Shares()
        for turn in turns:
            has = turn & set(weights)
            found = served(shares, weights, has)
            assert found in has if has else found is None

    @quick
    @given(weights=weights, turns=schedules, busy=st.sampled_from(QUEUES))
    def test_who_always_has_something_gets_its_share_whatever_the_others_do(
        self, weights: dict[str, int], turns: list[set[str]], busy: str
    ) -> None:
        shares, all_weights = Shares(), {busy: 1, **weights}
        everything = 10 * turns
        count = sum(served(shares, all_weights, (turn & set(all_weights)) | {busy}) == busy for turn in everything)
        share = all_weights[busy] / sum(all_weights.values())
        assert count >= math.floor(len(everything) * share) - len(all_weights)

    @quick
    @given(weights=weights, quiet=st.integers(1, 2000), data=st.data())
    @example(weights={"critical": 3, "low": 1}, quiet=2000, data=None)
    def test_a_queue_does_not_save_up_turns_while_it_is_empty(
        self, weights: dict[str, int], quiet: int, data: st.DataObject | None
    ) -> None:
        assume(len(weights) > 1)
        busy = "low" if data is None else data.draw(st.sampled_from(sorted(weights)))
        shares, total = Shares(), sum(weights.values())
        for _ in range(quiet):
            assert served(shares, weights, {busy}) == busy
        window = [served(shares, weights, set(weights)) for _ in range(4 * total)]
        # Within a few rounds the busy one has its share again, however long the others were silent.
        assert window.count(busy) >= weights[busy]


# -- ids ---------------------------------------------------------------------------------------------------------------


class TestIds:
    @quick
    @given(counts=st.lists(st.integers(0, 50), max_size=20))
    def test_grow_and_are_of_version_seven(self, counts: list[int]) -> None:
        before = ids.uuid7()
        made = [one for count in counts for one in ids.uuid7s(count)]
        assert [before, *made] == sorted({before, *made})
        assert all((one.version, one.variant) == (7, "specified in RFC 4122") for one in made)
        assert len(made) == sum(counts)

    def test_tell_when_they_were_made(self) -> None:
        earliest = _milliseconds()
        made = ids.uuid7s(1000)
        latest = _milliseconds()
        # A burst within one millisecond counts on, and may borrow from the next one.
        assert all(earliest <= ids.milliseconds(one) <= latest + 1 for one in made)

    @quick
    @given(milliseconds=st.integers(0, 2**48 - 1), tail=st.integers(0, 2**74 - 1))
    def test_are_composed_without_loss(self, milliseconds: int, tail: int) -> None:
        one = ids._uuid(milliseconds << 74 | tail)
        assert (one.version, ids.milliseconds(one)) == (7, milliseconds)
        high, low = one.int >> 64 & 0xFFF, one.int & (1 << 62) - 1
        assert high << 62 | low == tail


def _milliseconds() -> int:
    return ids.milliseconds(ids.uuid7())


# -- JSON as PostgreSQL keeps it ---------------------------------------------------------------------------------------

storable = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner)
    ),
    max_leaves=20,
)
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(alphabet=st.characters())
    | st.text(alphabet="\0\ud800\udfff\\u0a\"'"),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(alphabet=st.characters()) | st.integers() | st.none(), inner, max_size=5)
    ),
    max_leaves=20,
)


@dataclass
class Point:
    """Something that is not plain JSON, but that JSON can be made of."""

    name: str
    at: float


def kept(text: str) -> Any:
    """What PostgreSQL gives back for JSON text."""
    with connection.cursor() as cursor:
        cursor.execute("select %s::jsonb::text", [text])
        return json.loads(cursor.fetchone()[0], parse_int=Decimal, parse_float=Decimal)


@pytest.mark.django_db
class TestJson:
    def test_what_can_be_stored_comes_back_as_it_went(self) -> None:
        @quick
        @given(value=storable)
        @example("\\u0000")
        @example({"null": "null", "\\": "\\u0000"})
        def check(value: Any) -> None:
            text = jsontext.encode(value)
            assert jsontext.decode(text) == value
            assert kept(text) == _plain(value)

        check()

    def test_what_is_encoded_can_be_stored_and_the_rest_is_refused_with_its_place(self) -> None:
        @quick
        @given(value=anything)
        def check(value: Any) -> None:
            try:
                text = jsontext.encode(value)
            except jsontext.NotJson as error:
                assert error.path.startswith("payload")
                str(error).encode()
            else:
                kept(text)

        check()

    def test_what_is_repaired_can_always_be_stored(self) -> None:
        @quick
        @given(value=anything | st.builds(Point, st.text(alphabet="a\0\ud800"), st.floats()))
        @example(Point("\0", math.nan))
        @example([Point("\ud800", 1.0)])
        @example({"\0": 2**70, "\ud800": [math.inf]})
        @example({2**70: 1})
        @example({math.nan: 1})
        def check(value: Any) -> None:
            kept(jsontext.encode_repaired(value))

        check()

    def test_what_needs_no_repair_is_not_touched(self) -> None:
        @quick
        @given(value=storable)
        def check(value: Any) -> None:
            assert jsontext.encode_repaired(value) == jsontext.encode(value)

        check()

    @pytest.mark.parametrize("value", [{1, 2}, object(), b"bytes", [object()], {"a": open}])
    def test_what_is_no_json_is_not_repaired(self, value: object) -> None:
        with pytest.raises(jsontext.NotJson):
            jsontext.encode_repaired(value)

    @pytest.mark.parametrize("depth", [201, 300, 100_000])
    def test_too_deep_is_refused_either_way(self, depth: int) -> None:
        value: list[Any] = []
        for _ in range(depth):
            value = [value]
        for encode in (jsontext.encode, jsontext.encode_repaired):
            with pytest.raises(jsontext.NotJson, match="nested"):
                encode(value)

    @quick
    @given(text=st.text(alphabet=st.characters()), limit=st.integers(1, 50))
    def test_a_clean_text_is_bounded_and_can_be_stored(self, text: str, limit: int) -> None:
        cleaned = jsontext.clean(text, limit)
        assert len(cleaned) <= limit
        assert "\0" not in cleaned
        cleaned.encode()
        assert jsontext.clean(cleaned, limit) == cleaned


def _plain(value: Any) -> Any:
    """Numbers by their digits, as PostgreSQL keeps them: 1.0 is 1, and 1e16 has seventeen."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(repr(value))
    return value


# -- durations ---------------------------------------------------------------------------------------------------------


class TestDurations:
    @quick
    @given(milliseconds=st.integers(0, int(durations.LONGEST) * 1000))
    def test_what_is_written_is_read_back(self, milliseconds: int) -> None:
        seconds = milliseconds / 1000
        assert durations.parse(durations.format(seconds)) == pytest.approx(seconds, abs=5e-4)

    @quick
    @given(seconds=st.floats(0, durations.LONGEST))
    def test_numbers_are_themselves(self, seconds: float) -> None:
        assert durations.parse(seconds) == seconds
        assert durations.parse(durations.format(seconds)) == pytest.approx(seconds, abs=1e-3)

    @quick
    @given(value=st.text() | st.floats() | st.integers() | st.booleans())
    def test_whatever_comes_is_a_bounded_number_or_a_value_error(self, value: Any) -> None:
        try:
            seconds = durations.parse(value)
        except ValueError as error:
            assert len(str(error)) < 300
        else:
            assert 0 <= seconds <= durations.LONGEST
            assert timedelta(seconds=seconds) >= timedelta()


# -- array literals ----------------------------------------------------------------------------------------------------

texts = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")) | st.text(
    alphabet='nulNUL{}",\\ '
)
ARRAYS: dict[str, st.SearchStrategy[Any]] = {
    "text": texts,
    "uuid": st.uuids(),
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "boolean": st.booleans(),
    "float8": st.floats(allow_nan=False),
}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ARRAYS)
def test_arrays_come_back_from_postgresql_as_they_went(kind: str) -> None:
    @quick
    @given(values=st.lists(st.none() | ARRAYS[kind], max_size=20))
    def check(values: list[Any]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"select %s::{kind}[]", [columns.array(values)])
            assert cursor.fetchone()[0] == values

    check()
