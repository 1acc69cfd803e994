"""A page of Prometheus' formats as its own parsers read it."""

from collections.abc import Iterator
from typing import Any

from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def series(text: str) -> Series:
    """Value by name and labels; fails on a series that is told twice."""
    return _series(read_text(text))  # type: ignore[no-untyped-call]  # the library has no annotations there


def openmetrics_series(text: str) -> Series:
    """The strict one: it refuses histograms that do not add up, among other things."""
    return _series(read_openmetrics(text))  # type: ignore[no-untyped-call]  # the library has no annotations there


def _series(families: Iterator[Any]) -> Series:
    found: Series = {}
    for family in families:
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


def value(found: Series, name: str, **labels: str) -> float:
    return found[f"flowbit_{name}", frozenset(labels.items())]


def labels(found: Series, name: str, label: str) -> set[str]:
    """The values that a label of a metric has."""
    return {dict(pairs)[label] for key, pairs in found if key == f"flowbit_{name}"}
