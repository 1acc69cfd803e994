import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.worker.pulse import Pulse, encode, latest

PULSE = Pulse(turned=0.25, beat=1.5, slots=10, busy=3, waiting=2, settled=70, fenced=1, unsettled=4)


def test_it_comes_back_as_it_was() -> None:
    assert latest(encode(PULSE)) == PULSE


def test_the_last_whole_one_counts() -> None:
    other = PULSE._replace(settled=71)
    assert latest(encode(PULSE) + encode(other) + b"\n" + encode(PULSE)[:-5]) == other


@pytest.mark.parametrize("lines", [b"", b"\n", b"...", b"...\n", b"[1,2]\n", b"{}\n", b"[null,1,1,1,1,1,1,1]\n"])
def test_what_another_release_says_is_a_breath_and_no_more(lines: bytes) -> None:
    assert latest(lines) is None


@given(st.binary(max_size=200))
def test_no_noise_breaks_it(noise: bytes) -> None:
    latest(noise + b"\n")


def test_it_fits_into_one_write_to_a_pipe() -> None:
    longest = Pulse(1e9, 1e9, *[10**18] * 6)
    assert len(encode(longest)) < 512
