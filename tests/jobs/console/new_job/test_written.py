"""The line for a terminal says exactly what the form would send."""

import json
import shlex
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jobs.console.new_job.written import as_curl

TEXT = st.text(max_size=30)


@given(st.dictionaries(TEXT, TEXT | st.integers() | st.lists(TEXT, max_size=3), max_size=4))
def test_a_shell_reads_the_body_as_it_is(body: dict[str, Any]) -> None:
    line = as_curl("http://127.0.0.1:8000/api/v1/jobs", body)
    words = shlex.split(line.replace("\\\n", " "))
    assert words[:2] == ["curl", "http://127.0.0.1:8000/api/v1/jobs"]
    assert json.loads(words[-1]) == body


def test_nothing_in_it_is_other_than_it_looks() -> None:
    line = as_curl("http://localhost/", {"name": "a\u202e\u2066b\x1b[31m\n"})
    assert line.replace("\\\n", "").isprintable()


def test_a_body_that_is_nested_too_deeply_is_not_written() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    assert "(nested too deeply)" in as_curl("http://localhost/", {"deep": deep})
