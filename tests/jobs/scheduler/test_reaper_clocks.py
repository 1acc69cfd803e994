"""Leases are judged by PostgreSQL's clock, which may be set."""

from jobs.scheduler.reaper import Clocks


def test_clocks_part_when_one_goes_ahead_at_once() -> None:
    clocks = Clocks(tolerance=5.0)
    assert not clocks.have_parted(1000.0, 50.0)
    assert not clocks.have_parted(1001.0, 51.2)
    assert clocks.have_parted(1032.0, 52.2), "set thirty seconds ahead"
    assert not clocks.have_parted(1033.0, 53.2), "told once"
    assert not clocks.have_parted(0.4, 54.2), "PostgreSQL was started anew"
    assert not clocks.have_parted(9.4, 63.2)
