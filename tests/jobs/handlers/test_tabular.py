import io
import json

import pytest

from jobs.handlers import tabular


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", '=HYPERLINK("http://evil.example","x")']
)
def test_no_cell_is_a_formula(cell: str) -> None:
    assert tabular.safe_cell(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["plain", "a=b", "", 1, -1, -1.5, None, True])
def test_other_cells_stay(cell: object) -> None:
    assert tabular.safe_cell(cell) == cell


def test_csv() -> None:
    target = io.BytesIO()
    tabular.write_csv(target, ["type", "n"], [["=cmd|' /C calc'!A0", 1], ['say "hi", Ä', None]])
    assert target.getvalue().decode() == 'type,n\r\n\'=cmd|\' /C calc\'!A0,1\r\n"say ""hi"", Ä",\r\n'


def test_json() -> None:
    target = io.BytesIO()
    tabular.write_json(target, ["type", "n"], [["=a", 1]])
    assert json.loads(target.getvalue()) == [{"type": "=a", "n": 1}]
