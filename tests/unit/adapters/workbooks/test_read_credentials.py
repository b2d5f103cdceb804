"""Accounts and passwords in an upload: found wherever people put them, told, and never seen again."""

import json
import pickle

import openpyxl
import pytest
from openpyxl.comments import Comment

from sekisho.adapters.workbooks.check import CheckedWorkbook, check_workbook
from sekisho.adapters.workbooks.refusals import UnreadableWorkbook
from sekisho.cli.workbook import check_document, summary_lines
from sekisho.domain.workbook.schema import Severity
from tests.unit.adapters.workbooks.books import (
    BASIC,
    DEVICE,
    LINE,
    LINES,
    TERMINALS,
    book,
    repacked,
    saved,
    with_shared_strings,
)

SECRET = "Zx9-hunter2"
LIST = "アカウント（ログインID）・パスワードリスト"


def everything(checked: CheckedWorkbook) -> str:
    """Whatever anybody could print, store or log of a checked workbook."""
    documents = [json.dumps(check_document(checked, language), ensure_ascii=False) for language in ("ja", "en")]
    stored = pickle.dumps(checked).decode("latin-1")
    return "\n".join(
        [repr(checked), str(checked), stored, *documents, *summary_lines(checked, "ja"), *summary_lines(checked, "en")]
    )


def assert_dropped(content: bytes, sheet: str | None = None) -> CheckedWorkbook:
    checked = check_workbook(content)
    assert checked.credentials_dropped
    found = [problem for problem in checked.problems if problem.rule == "credentials-present"]
    assert found
    assert all(problem.severity is Severity.ERROR and not problem.value for problem in found)
    assert SECRET not in everything(checked)
    if sheet:
        assert sheet in {problem.sheet for problem in found}
    return checked


def with_list(workbook: openpyxl.Workbook, *rows: list, title: str = LIST) -> None:
    ws = workbook.create_sheet(title)
    for row in rows:
        ws.append(row)


HEAD = ["", "メーカー", "機種名", "アカウント/ログインID", "パスワード", "特権（enable）パスワード"]


@pytest.mark.parametrize(
    "title", [LIST, "アカウント一覧", "ID・PW", "パスワード", "アカウント(ログインID)・パスワードリスト（提出不要）"]
)
def test_a_filled_list_of_accounts_is_dropped_and_the_rest_is_read(title):
    content = book(
        change=lambda wb: with_list(wb, HEAD, ["回線1", "Cisco", "ISR 921", "admin", SECRET, SECRET], title=title)
    )
    checked = assert_dropped(content, title)
    assert len(checked.book.rows("lines")) == 1
    assert len(checked.book.rows("terminals")) == 5


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_list_of_accounts_is_dropped(state):
    def change(workbook):
        with_list(workbook, HEAD, ["回線1", "Cisco", "ISR 921", "admin", SECRET, ""])
        workbook[LIST].sheet_state = state

    assert_dropped(book(change=change), LIST)


def test_an_empty_list_of_accounts_is_no_problem():
    rows = (
        ["アカウント（ログインID）・パスワードリスト【提出不要】"],
        HEAD,
        ["回線1", "Cisco", "ISR 921", "", "", ""],
        ["回線2", "", "", "-", "", ""],
    )
    checked = check_workbook(book(change=lambda wb: with_list(wb, *rows)))
    assert not checked.credentials_dropped
    assert "credentials-present" not in {problem.rule for problem in checked.problems}


def test_a_list_of_accounts_with_headings_of_its_own_is_dropped():
    content = book(change=lambda wb: with_list(wb, ["機器", "名", "ひみつ"], ["ルータ", "root", SECRET]))
    assert_dropped(content, LIST)


def test_a_list_without_a_telling_name_is_found_by_its_headings():
    content = book(
        change=lambda wb: with_list(wb, HEAD, ["回線1", "Cisco", "ISR 921", "admin", SECRET, ""], title="Sheet9")
    )
    checked = assert_dropped(content, "Sheet9")
    assert {problem.cell for problem in checked.problems if problem.rule == "credentials-present"} == {"D2", "E2"}


def test_a_password_column_slipped_into_the_lines_is_dropped():
    def change(workbook):
        ws = workbook[LINES.title.ja]
        ws.cell(1, ws.max_column + 1, "パスワード")
        ws.cell(2, ws.max_column, SECRET)

    checked = assert_dropped(book(change=change), LINES.title.ja)
    assert checked.book.rows("lines")[0].values["circuit_id"] == LINE["circuit_id"]


@pytest.mark.parametrize(
    "remark",
    [
        f"ID: admin / PW: {SECRET}",
        f"ログイン admin パスワード：{SECRET}",
        f"http://admin:{SECRET}@192.0.2.1/",
        f"ＰＷ＝{SECRET}\n夜間不可",
    ],
)
@pytest.mark.parametrize("column", ["remarks", "vendor_name", "global_address", "purpose", "communication"])
def test_a_password_in_an_answer_is_dropped_with_its_cell(column, remark):
    checked = assert_dropped(book([(LINE | {column: remark}, DEVICE)]), LINES.title.ja)
    (row,) = checked.book.rows("lines")
    assert row.values[column] is None
    assert not row.raw.get(column)
    # One word about the cell is enough: it is not also "required" or "not in the list".
    assert len([problem for problem in checked.problems if problem.cell == row.cells[column]]) == 1


def test_a_password_in_the_remarks_of_a_terminal_is_dropped():
    def change(workbook):
        workbook[TERMINALS.title.ja].cell(2, 10, f"PW: {SECRET}")

    assert_dropped(book(change=change), TERMINALS.title.ja)


def test_a_password_on_the_form_is_dropped():
    def change(workbook):
        workbook[BASIC.title.ja].append(["パスワード", SECRET])

    assert_dropped(book(change=change), BASIC.title.ja)


def test_a_password_in_a_shared_string_is_dropped():
    assert_dropped(with_shared_strings(book([(LINE | {"remarks": f"PW: {SECRET}"}, DEVICE)])), LINES.title.ja)


def test_a_password_as_a_number_is_dropped():
    content = book(change=lambda wb: with_list(wb, HEAD, ["回線1", "Cisco", "ISR 921", "admin", 98765432, ""]))
    assert "98765432" not in everything(assert_dropped(content, LIST))


def test_a_password_in_a_comment_is_told():
    def change(workbook):
        workbook[LINES.title.ja]["B2"].comment = Comment(f"PW: {SECRET}", "a")

    assert_dropped(book(change=change), LINES.title.ja)


def test_a_password_in_a_text_box_is_told():
    drawing = (
        '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:sp><xdr:txBody><a:p><a:r><a:t>パスワ</a:t></a:r>'
        f"<a:r><a:t>ード：{SECRET}</a:t></a:r></a:p></xdr:txBody></xdr:sp></xdr:wsDr>"
    ).encode()
    relation = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/drawing" Target="../drawings/drawing1.xml"/></Relationships>'
    )
    extra = {"xl/drawings/drawing1.xml": drawing, "xl/worksheets/_rels/sheet2.xml.rels": relation}
    assert_dropped(repacked(book(), extra=extra), LINES.title.ja)


def test_a_password_in_the_name_of_a_sheet_is_withheld():
    def change(workbook):
        workbook.create_sheet(f"PW={SECRET}").append(["x"])

    assert_dropped(book(change=change))


def test_a_password_merged_over_rows_is_dropped_everywhere():
    def change(workbook):
        ws = workbook[LINES.title.ja]
        place = len(LINES.columns) + 1
        ws.cell(2, place, f"ID: a PW: {SECRET}")
        ws.merge_cells(start_row=2, end_row=4, start_column=place, end_column=place)

    checked = assert_dropped(book([(LINE | {"circuit_id": f"C{n}"}, DEVICE) for n in range(3)], change), LINES.title.ja)
    assert all(row.values["remarks"] is None for row in checked.book.rows("lines"))


def test_a_password_never_reaches_a_refusal():
    workbook = openpyxl.Workbook()
    workbook.active.title = f"PW={SECRET}"
    workbook.active.append(["パスワード", SECRET])
    with pytest.raises(UnreadableWorkbook) as caught:
        check_workbook(saved(workbook))
    assert SECRET not in f"{caught.value!r} {caught.value.text}"
