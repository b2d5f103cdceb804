import io

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.adapters.documents.table_xlsx import write_table
from sekisho.domain.cells import neutral


@pytest.mark.parametrize("text", ["=1+1", "+81-3-0000-0000", "-2+3", "@SUM(A1)", "\t=1", " =cmd|'/c calc'!A0", "＝1"])
def test_what_would_be_calculated_gets_an_apostrophe(text: str) -> None:
    assert neutral(text) == "'" + text


@pytest.mark.parametrize("text", ["CAF00001", "", "-", "a=b", "03-0000-0000"])
def test_plain_text_stays(text: str) -> None:
    assert neutral(text) == text


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_a_table_keeps_text_as_text_whatever_it_is(row: list[str]) -> None:
    content = write_table(title="回線[1]:/*?", heads=[f"列{i}" for i in range(len(row))], rows=[row])
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    for cell in sheet[2]:
        assert cell.data_type != "f"
    assert sheet.max_row == 2
