"""The XLSX: one sheet per table, real types, nothing computed, prints well."""

import io

import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from sekisho.adapters.documents.verify import verify_xlsx
from sekisho.adapters.documents.xlsx import MAX_CELL, render_xlsx, sheets_of
from tests.factories.hostile_report import LONG, hostile_report
from tests.factories.reporting import File, report


def opened(data: bytes):
    return load_workbook(io.BytesIO(data))


@pytest.mark.parametrize("count", [0, 1, 18, 120])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_xlsx_holds_all_that_the_report_says(count, language):
    made = report(count)
    verify_xlsx(render_xlsx(made, language=language), made, language=language)


def test_xlsx_names_every_line_once_in_the_sheet_of_connections():
    rows = (
        CalamineWorkbook.from_filelike(io.BytesIO(render_xlsx(report(18))))
        .get_sheet_by_name("外部接続点の見える化")
        .to_python()
    )
    assert [row[1] for row in rows[1:]] == [f"CAF{n:07d}" for n in range(1, 19)]
    assert [row[0] for row in rows[1:]] == list(range(1, 19))


def test_xlsx_has_a_sheet_per_table_behind_page_one():
    made = report(3)
    book = opened(render_xlsx(made))
    assert len(book.sheetnames) == 1 + len(list(sheets_of(made)))
    assert book.sheetnames[0] == "要点"
    assert book["要点"]["A1"].value == "外部接続の調査報告書"


def test_xlsx_gives_one_row_per_line_with_every_answer():
    book = opened(render_xlsx(report(18)))
    sheet = book["回線ごとの記入内容"]
    head = [cell.value for cell in sheet[1]]
    assert sheet.max_row == 19
    assert sheet.cell(2, head.index("回線ID") + 1).value == "CAF0000001"
    assert "装置1 メーカー" in head


def test_xlsx_freezes_filters_and_repeats_the_head():
    sheet = opened(render_xlsx(report(18)))["外部接続点の見える化"]
    assert sheet.freeze_panes == "A2"
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.auto_filter.ref == "A1:H19"
    assert sheet.page_setup.orientation == "landscape"


def test_xlsx_shows_a_shape_beside_a_marked_word_and_keeps_the_word():
    sheet = opened(render_xlsx(report(18)))["外部接続点の見える化"]
    cell = sheet.cell(2, 7)
    assert (cell.value, cell.number_format) == ("注意", '"▲ "@')


def test_xlsx_stores_formulas_of_strangers_as_text():
    made = hostile_report()
    data = render_xlsx(made)
    verify_xlsx(data, made)
    cells = [
        c for sheet in opened(data).worksheets for row in sheet.iter_rows() for c in row if isinstance(c.value, str)
    ]
    assert not [cell for cell in cells if cell.data_type == "f"]
    risky = [cell for cell in cells if cell.value.startswith(("=", "+", "@"))]
    assert len(risky) > 10
    assert all(cell.quotePrefix for cell in risky)


def test_xlsx_cuts_what_no_cell_can_hold_and_says_so():
    made = report(1, sources=(File("x" * (MAX_CELL + 5), "y", 1),))
    sheet = opened(render_xlsx(made))["もとのファイル"]
    assert len(sheet.cell(2, 1).value) <= MAX_CELL
    assert sheet.cell(2, 1).value.endswith("続きは PDF 版）")
    verify_xlsx(render_xlsx(made), made)


def test_xlsx_takes_long_texts():
    made = hostile_report(LONG)
    verify_xlsx(render_xlsx(made), made)


def test_xlsx_is_the_same_for_the_same_report():
    assert render_xlsx(report(3)) == render_xlsx(report(3))


def test_xlsx_says_why_a_sheet_is_empty():
    assert "回線が1本も登録されていません" in opened(render_xlsx(report(0)))["外部接続点の見える化"]["A2"].value
