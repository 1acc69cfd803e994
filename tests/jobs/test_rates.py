import pytest

from jobs import rates
from jobs.rates import Rate


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("600/min", Rate(600, 60)),
        ("5/s", Rate(5, 1)),
        ("20/5m", Rate(20, 300)),
        (" 1 / hour ", Rate(1, 3600)),
        ("7/90", Rate(7, 90)),
        ("off", None),
        ("OFF", None),
    ],
)
def test_rates(text: str, rate: Rate | None) -> None:
    assert rates.parse(text) == rate


@pytest.mark.parametrize(
    "text", ["", "600", "/min", "0/min", "-1/min", "1.5/min", "x/min", "5/", "5/x", "5/0s", "5/2d", "²/s", "9" * 99]
)
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(ValueError, match=r"rate|window|duration|must"):
        rates.parse(text)
