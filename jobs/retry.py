"""When a failed attempt runs again. Pure: chance is an argument."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from jobs import durations

Policy = Literal["exponential", "linear", "constant", "none"]
MAX_DELAY_LIMIT = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Delay before try n + 1 after try n failed, in seconds, before jitter:

    exponential: initial * factor ** (n - 1);  linear: initial * n;  constant: initial;  none: no further try.
    Each is capped at `max_delay`; `jitter` (0..1) spreads the result by that share to either side.
    """

    policy: Policy = "exponential"
    initial_delay: float = 5.0
    factor: float = 2.0
    max_delay: float = 900.0
    jitter: float = 0.1

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem:
            raise ValueError(problem)

    def _problem(self) -> str | None:
        if self.policy not in get_args(Policy):
            return f"policy must be one of {', '.join(get_args(Policy))}"
        if not 0 <= self.initial_delay <= MAX_DELAY_LIMIT or not 0 <= self.max_delay <= MAX_DELAY_LIMIT:
            return f"delays must be between 0 and {MAX_DELAY_LIMIT:.0f} seconds"
        if not 1 <= self.factor <= 100:
            return "factor must be between 1 and 100"
        if not 0 <= self.jitter <= 1:
            return "jitter must be between 0 and 1"
        return None

    def delay(self, tries: int, chance: float) -> float:
        """Seconds to wait after the `tries`-th try failed; `chance` in [0, 1) picks the place within the jitter."""
        if self.policy == "linear":
            plain = self.initial_delay * tries
        elif self.policy == "exponential":
            # An exponent above 64 is past every cap already, and would overflow a float later.
            plain = self.initial_delay * self.factor ** min(tries - 1, 64)
        else:
            plain = self.initial_delay
        capped = min(plain, self.max_delay)
        return capped * (1 + self.jitter * (2 * chance - 1))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def from_json(values: Mapping[str, Any] | None, default: RetryPolicy) -> RetryPolicy:
    """The policy that `values` describes, what it leaves out taken from `default`.

    Raises:
        ValueError: an unknown field, or a value out of range; the message names it.
    """
    if not values:
        return default
    known = {field.name for field in fields(RetryPolicy)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise ValueError(f"unknown field {unknown[0]!r}")
    return RetryPolicy(**{**asdict(default), **{name: _coerce(name, value) for name, value in values.items()}})


def _coerce(name: str, value: Any) -> Any:
    if name == "policy":
        return value
    if name in ("initial_delay", "max_delay"):
        return durations.parse(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} must be a number")
    return float(value)
