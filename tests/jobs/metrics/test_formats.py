import pytest

from jobs.metrics.formats import OPENMETRICS, TEXT, accepted

PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;"
    "q=0.4,text/plain;version=1.0.0;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)


@pytest.mark.parametrize("header", [PROMETHEUS, "application/openmetrics-text", "Application/OpenMetrics-Text; Q=1"])
def test_openmetrics_for_those_that_accept_it(header: str) -> None:
    assert accepted(header) is OPENMETRICS


@pytest.mark.parametrize(
    "header",
    [
        "",
        "*/*",
        "text/plain;version=0.0.4",
        "text/html,application/xhtml+xml",
        "application/openmetrics-text;version=0.0.1",
        "application/openmetrics-text;version=77",
        "application/openmetrics-text;version=x\r\nSet-Cookie: a=b",
        ";;;,,,===",
    ],
)
def test_text_for_all_others(header: str) -> None:
    assert accepted(header) is TEXT
