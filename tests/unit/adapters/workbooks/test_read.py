"""What people really send as 別紙2-1, and what is read from it."""

import datetime
import io

import openpyxl
import pytest
from openpyxl.drawing.image import Image
from PIL import Image as Picture

from sekisho.adapters.workbooks.check import CheckedWorkbook, check_workbook
from sekisho.adapters.workbooks.read import read_workbook
from sekisho.domain.facts import Unknown
from sekisho.domain.workbook.schema import Problem, Severity
from tests.unit.adapters.workbooks.books import (
    BASIC,
    BASICS,
    DEVICE,
    EDITION,
    LINE,
    LINES,
    PLACES,
    TERMINALS,
    book,
    cells_of,
    column_of,
    form,
    headings,
    repacked,
    saved,
    table,
    with_shared_strings,
)


def problems(checked: CheckedWorkbook, rule: str) -> list[Problem]:
    return [problem for problem in checked.problems if problem.rule == rule]


def the_problem(checked: CheckedWorkbook, rule: str) -> Problem:
    (problem,) = problems(checked, rule)
    assert problem.message.ja
    assert problem.message.en
    return problem


def lines(content: bytes) -> list[dict]:
    return [dict(row.values) for row in read_workbook(content).book.rows("lines")]


def remade(make, title: str = LINES.title.ja) -> bytes:
    """The usual workbook with one sheet made anew by `make`."""

    def change(workbook: openpyxl.Workbook) -> None:
        index = workbook.sheetnames.index(title)
        del workbook[title]
        make(workbook.create_sheet(title, index))

    return book(change=change)


# ---- as it should be ----


def test_a_complete_workbook_has_nothing_wrong_but_what_it_lacks():
    checked = check_workbook(book())
    assert {problem.rule for problem in checked.problems} == {"recommended", "no-floor-plan"}
    assert checked.book.edition == "1.0"
    assert not checked.has_errors
    assert not checked.credentials_dropped


def test_a_line_is_read_with_its_devices_and_its_cells():
    (row,) = read_workbook(book()).book.rows("lines")
    assert row.number == 1
    assert row.values["communication"] == "internet_vpn"
    assert row.values["global_address"] == "121.119.249.222"
    assert row.values["circuit_number"] is None
    assert row.cells["device_check_wanted"] == "B2"
    (device,) = row.parts
    assert (device.values["maker"], device.values["manufactured_year"]) == ("Cisco", 2019)


def test_basics_and_contacts_are_read():
    (row,) = read_workbook(book()).book.sheet("basic").rows
    assert row.values["name"] == "関所中央病院"
    assert row.values["beds"] == 320
    (contact,) = row.parts
    assert contact.values["family_name"] == "関所"


def test_shared_strings_read_the_same_as_inline_ones():
    content = book()
    assert read_workbook(with_shared_strings(content)).book == read_workbook(content).book


def test_a_path_and_its_bytes_read_the_same(tmp_path):
    path = tmp_path / "別紙2-1 （記入済）.xlsx"
    path.write_bytes(book())
    assert read_workbook(path) == read_workbook(book())


# ---- headings ----


def test_columns_may_stand_in_any_order_with_others_between():
    def make(ws):
        names = ["メモ列", *reversed(headings(LINES)), "社内管理番号"]
        values = ["x", *reversed(cells_of(LINES, LINE, DEVICE)), "S-001"]
        ws.append(["", *names])
        ws.append(["回線1", *values])

    checked = check_workbook(remade(make))
    assert checked.book.rows("lines")[0].values == read_workbook(book()).book.rows("lines")[0].values
    assert {p.value for p in problems(checked, "column-not-read")} == {"メモ列", "社内管理番号"}
    assert "S-001" not in repr(checked)


def test_headings_are_known_with_marks_widths_and_line_breaks():
    def make(ws):
        ws.append(["", *(f"{name[:3]}\n{name[3:]}（＊）".replace("IP", "ＩＰ") for name in headings(LINES))])
        ws.append(["回線1", *cells_of(LINES, LINE, DEVICE)])

    assert lines(remade(make)) == lines(book())


def test_headings_over_two_rows_are_read_together():
    def make(ws):
        own, group = LINES.columns, LINES.group
        ws.append([None] * (len(own) + 1) + ["装置①"] + [None] * (len(group) - 1) + ["装置②"])
        ws.append(["", *(c.heading.ja for c in own), *(c.heading.ja for c in group), *(c.heading.ja for c in group)])
        ws.append(["回線1", *cells_of(LINES, LINE, DEVICE, DEVICE | {"model": "PA-410"})])

    (row,) = read_workbook(remade(make)).book.rows("lines")
    assert [(part.position, part.values["model"]) for part in row.parts] == [(1, "ISR 921"), (2, "PA-410")]


def test_headings_merged_over_both_rows_are_read():
    def make(ws):
        own, group = len(LINES.columns), len(LINES.group)
        for index, column in enumerate(LINES.columns, 2):
            ws.cell(4, index, column.heading.ja)
            ws.merge_cells(start_row=4, end_row=5, start_column=index, end_column=index)
        for block in range(2):
            first = own + 2 + block * group
            ws.cell(4, first, f"装置{'①②'[block]}")
            ws.merge_cells(start_row=4, end_row=4, start_column=first, end_column=first + group - 1)
            for offset, column in enumerate(LINES.group):
                ws.cell(5, first + offset, column.heading.ja)
        for index, value in enumerate(["回線1", *cells_of(LINES, LINE, DEVICE, DEVICE)], 1):
            ws.cell(6, index, value)

    reading = read_workbook(remade(make))
    (row,) = reading.book.rows("lines")
    assert row.values == read_workbook(book()).book.rows("lines")[0].values
    assert len(row.parts) == 2
    assert not reading.problems


def test_a_band_above_tells_the_scan_day_columns_from_the_others():
    def make(ws):
        ws.append(["", "グローバルIPアドレス", "通信形態", "用途・システム名", "脆弱性診断当日", "脆弱性診断当日"])
        ws.append(["", None, None, None, "グローバルIP確認", "グローバルIPアドレス"])
        ws.append(["回線1", "121.119.249.222", "インターネット", "その他", "確認済み", "121.119.249.223"])

    (values,) = lines(remade(make))
    assert values["global_address"] == "121.119.249.222"
    assert values["scan_day_check"] == "confirmed"
    assert values["scan_day_address"] == "121.119.249.223"


@pytest.mark.parametrize("blocks", [1, 2, 5, 12])
def test_any_number_of_devices_is_read(blocks):
    def make(ws):
        devices = [DEVICE | {"model": f"M{n}"} for n in range(blocks)]
        table(ws, LINES, [(LINE, *devices)], blocks=blocks)

    (row,) = read_workbook(remade(make)).book.rows("lines")
    assert [part.values["model"] for part in row.parts] == [f"M{n}" for n in range(blocks)]


@pytest.mark.parametrize(
    "pattern", ["{block}_{name}", "装置{block} {name}", "装置{block}：{name}", "{name}{block}", "{name}（{block}）"]
)
def test_devices_are_told_by_numbers_in_their_headings(pattern):
    if pattern == "{block}_{name}":
        pattern = "装置{block}_{name}"

    def make(ws):
        group = [pattern.format(block=b, name=c.heading.ja) for b in (1, 2) for c in LINES.group]
        ws.append(["", *(c.heading.ja for c in LINES.columns), *group])
        ws.append(["回線1", *cells_of(LINES, LINE, DEVICE, DEVICE | {"maker": "ヤマハ"})])

    (row,) = read_workbook(remade(make)).book.rows("lines")
    assert [part.values["maker"] for part in row.parts] == ["Cisco", "ヤマハ"]


def test_an_older_wording_of_the_headings_is_known():
    def make(ws):
        ws.append(["", *((c.headings or (c.heading.ja,))[0] for c in LINES.columns)])
        ws.append(["回線1", *(LINE.get(c.key) for c in LINES.columns)])

    (values,) = lines(remade(make))
    assert {key: values[key] for key in LINE} == {key: value for key, value in lines(book())[0].items() if key in LINE}


def test_an_older_edition_is_read_and_told():
    def change(workbook):
        workbook[BASIC.title.ja]["A1"] = "基本情報シート 0.9版"

    checked = check_workbook(book(change=change))
    assert checked.book.edition == "0.9"
    assert "0.9" in the_problem(checked, "edition-differs").message.ja


def test_the_header_may_stand_lower_down():
    def make(ws):
        for text in ("別紙2-1", "記入のしかた：下の表に書いてください", None, "※ ID・パスワードは書かないでください"):
            ws.append([text])
        table(ws, LINES, [(LINE, DEVICE)])

    assert lines(remade(make)) == lines(book())


def test_a_dropped_column_is_told_once_and_not_for_every_row():
    def change(workbook):
        ws = workbook[LINES.title.ja]
        ws.delete_cols(column_of(ws, "通信形態"))

    checked = check_workbook(book([(LINE, DEVICE)] * 5, change))
    (problem,) = [p for p in problems(checked, "missing-column") if p.column == "communication"]
    assert problem.cell == ""
    assert not [p for p in problems(checked, "required") if p.column == "communication"]


def test_rows_and_columns_swapped_are_told():
    def make(ws):
        for heading, value in zip(headings(LINES), cells_of(LINES, LINE, DEVICE), strict=True):
            ws.append([heading, value])

    checked = check_workbook(remade(make))
    assert the_problem(checked, "sheet-transposed").sheet == LINES.title.ja
    assert not problems(checked, "missing-column")


def test_a_sheet_without_its_headings_is_told():
    checked = check_workbook(remade(lambda ws: ws.append(["回線1", "調査希望あり", "あり"])))
    assert the_problem(checked, "sheet-without-table").severity is Severity.ERROR
    assert not [p for p in checked.problems if p.rule == "missing-column" and p.sheet == LINES.title.ja]


# ---- sheets ----


def test_sheets_may_be_reordered_and_renamed():
    def change(workbook):
        workbook.move_sheet(LINES.title.ja, 2)
        workbook[LINES.title.ja].title = "Sheet7"
        workbook[BASIC.title.ja].title = " 基本情報（関所中央病院） "
        workbook[TERMINALS.title.ja].title = "調査端末情報記入シート (2)"

    reading = read_workbook(book(change=change))
    assert {sheet.key for sheet in reading.book.sheets} == {"basic", "lines", "terminals", "places"}
    assert [row.values for row in reading.book.rows("lines")] == lines(book())


def test_a_missing_sheet_is_told_and_the_rest_is_read():
    def change(workbook):
        del workbook[TERMINALS.title.ja]

    checked = check_workbook(book(change=change))
    assert the_problem(checked, "missing-sheet").sheet == TERMINALS.title.ja
    assert len(checked.book.rows("lines")) == 1


def test_an_extra_sheet_is_told_and_left_out():
    def change(workbook):
        workbook.create_sheet("会議メモ").append(["あれこれ"])

    checked = check_workbook(book(change=change))
    assert the_problem(checked, "sheet-ignored").sheet == "会議メモ"
    assert "あれこれ" not in repr(checked)


def test_an_empty_extra_sheet_needs_no_word():
    assert not problems(check_workbook(book(change=lambda wb: wb.create_sheet("Sheet1"))), "sheet-ignored")


def test_two_sheets_of_lines_are_told():
    def change(workbook):
        workbook.copy_worksheet(workbook[LINES.title.ja]).title = "回線・機器情報記入シート (2)"

    checked = check_workbook(book(change=change))
    assert the_problem(checked, "sheet-repeated").sheet == "回線・機器情報記入シート (2)"
    assert len(checked.book.rows("lines")) == 1


def test_a_hidden_sheet_is_read_and_told():
    def change(workbook):
        workbook[LINES.title.ja].sheet_state = "hidden"

    checked = check_workbook(book(change=change))
    assert the_problem(checked, "sheet-hidden").severity is Severity.WARNING
    assert len(checked.book.rows("lines")) == 1


# ---- rows ----


def test_the_example_row_is_no_line():
    example = {column.key: column.example for column in LINES.columns}
    device = {column.key: column.example for column in LINES.group}

    def make(ws):
        ws.append(["", *headings(LINES)])
        ws.append(["記入例", *cells_of(LINES, example, device)])
        ws.append(["回線1", *cells_of(LINES, LINE, DEVICE)])

    checked = check_workbook(remade(make))
    assert [row.number for row in checked.book.rows("lines")] == [1]
    assert not problems(checked, "example-row-skipped")


def test_an_example_row_that_somebody_filled_in_is_told():
    def make(ws):
        ws.append(["", *headings(LINES)])
        ws.append(["（記入例）", *cells_of(LINES, LINE, DEVICE)])
        ws.append(["回線1", *cells_of(LINES, LINE, DEVICE)])

    checked = check_workbook(remade(make))
    assert [row.number for row in checked.book.rows("lines")] == [1]
    assert the_problem(checked, "example-row-skipped").cell == "A2"


def test_an_example_value_left_in_a_line_is_told():
    example = LINES.column("circuit_id").example
    checked = check_workbook(book([(LINE | {"circuit_id": example}, DEVICE)]))
    problem = the_problem(checked, "example-value-left")
    assert (problem.value, problem.column, problem.row) == (example, "circuit_id", 1)


def test_blank_rows_between_are_passed_over():
    def make(ws):
        ws.append(["", *headings(LINES)])
        for number in (1, 5, 9):
            ws.append([f"回線{number}", *cells_of(LINES, LINE | {"circuit_id": f"CAF{number}"}, DEVICE)])
            ws.append([f"回線{number + 1}"])
            ws.append([])

    assert [row.number for row in read_workbook(remade(make)).book.rows("lines")] == [1, 5, 9]


@pytest.mark.parametrize("label", ["回線{}", "回線 {}", "No.{}", "{}", "回線{}\n", "第{}", "Line {}", "回線（{}）"])
def test_labels_of_rows_are_known(label):
    def make(ws):
        table(ws, LINES, [(LINE, DEVICE), (LINE | {"circuit_id": "CAF2"}, DEVICE)], label=label)

    rows = read_workbook(remade(make)).book.rows("lines")
    assert len(rows) == 2
    if label not in ("第{}", "回線（{}）"):
        assert [row.number for row in rows] == [1, 2]
        assert rows[0].label_cell == "A2"


def test_numbers_as_numbers_are_labels():
    def make(ws):
        ws.append(["項番", *headings(LINES)])
        ws.append([1, *cells_of(LINES, LINE, DEVICE)])
        ws.append([2, *cells_of(LINES, LINE | {"circuit_id": "CAF2"}, DEVICE)])

    assert [row.number for row in read_workbook(remade(make)).book.rows("lines")] == [1, 2]


def test_rows_without_a_label_are_lines_without_a_number():
    def make(ws):
        ws.append(headings(LINES))
        ws.append(cells_of(LINES, LINE, DEVICE))

    (row,) = read_workbook(remade(make)).book.rows("lines")
    assert row.number is None
    assert row.values["circuit_id"] == "CAF0012345"


def test_rows_that_explain_are_no_lines():
    def make(ws):
        ws.append(["", *headings(LINES)])
        ws.append(["", *(["必須", "任意"] * 40)[: len(headings(LINES))]])
        ws.append(["書き方", *(c.help.ja for c in LINES.columns)])
        ws.append(["回線1", *cells_of(LINES, LINE, DEVICE)])
        ws.append(["※ 足りないときは行を増やしてください"])

    assert [row.number for row in read_workbook(remade(make)).book.rows("lines")] == [1]


def test_a_second_device_in_a_row_of_its_own_joins_the_line_above():
    def make(ws):
        ws.append(["", *headings(LINES)])
        ws.append(["回線1", *cells_of(LINES, LINE, DEVICE)])
        ws.append(["", *cells_of(LINES, {}, DEVICE | {"model": "PA-410"})])
        ws.append(["回線2", *cells_of(LINES, LINE | {"circuit_id": "CAF2"}, DEVICE)])

    checked = check_workbook(remade(make))
    first, second = checked.book.rows("lines")
    assert [part.values["model"] for part in first.parts] == ["ISR 921", "PA-410"]
    assert first.parts[1].cells["model"].endswith("3")
    assert len(second.parts) == 1
    assert the_problem(checked, "device-row-joined").row is None


def test_a_label_merged_over_two_rows_is_one_line():
    def make(ws):
        ws.append(["", *headings(LINES)])
        ws.append(["回線1", *cells_of(LINES, LINE, DEVICE)])
        ws.append(["", *cells_of(LINES, {}, DEVICE | {"model": "PA-410"})])
        for column in range(1, len(LINES.columns) + 2):
            ws.merge_cells(start_row=2, end_row=3, start_column=column, end_column=column)

    (row,) = read_workbook(remade(make)).book.rows("lines")
    assert [part.values["model"] for part in row.parts] == ["ISR 921", "PA-410"]


def test_a_value_merged_over_lines_belongs_to_each_and_is_told():
    def change(workbook):
        ws = workbook[LINES.title.ja]
        place = column_of(ws, "回線終端装置設置場所")
        ws.merge_cells(start_row=2, end_row=4, start_column=place, end_column=place)

    records = [(LINE | {"circuit_id": f"CAF{n}", "global_address": f"121.119.249.{n}"}, DEVICE) for n in (1, 2, 3)]
    checked = check_workbook(book(records, change))
    assert {row.values["terminator_location"] for row in checked.book.rows("lines")} == {"本館 3F サーバ室 1番ラック"}
    assert the_problem(checked, "merged-cells-filled").cell.endswith("2")


def test_hidden_rows_and_columns_are_read_and_told():
    def change(workbook):
        ws = workbook[LINES.title.ja]
        ws.row_dimensions[3].hidden = True
        ws.column_dimensions["F"].hidden = True

    checked = check_workbook(book([(LINE, DEVICE), (LINE | {"circuit_id": "CAF2"}, DEVICE)], change))
    assert len(checked.book.rows("lines")) == 2
    assert "3" in the_problem(checked, "hidden-rows").message.ja
    assert "F" in the_problem(checked, "hidden-columns").message.ja


def test_rows_without_end_are_cut_and_told():
    def make(ws):
        ws.append(["", *headings(TERMINALS)])
        for number in range(1, 3_200):
            ws.append([f"No.{number}", "電子カルテ"])

    checked = check_workbook(remade(make, TERMINALS.title.ja))
    assert len(checked.book.rows("terminals")) == 3_000
    assert problems(checked, "too-many-rows")


# ---- cells ----


def test_a_formula_gives_what_excel_last_computed():
    def compute(name, data):
        if "sheet2" not in name:
            return data
        return data.replace(
            b'<c r="H2" t="inlineStr"><is><t>CAF0012345</t></is></c>',
            b'<c r="H2" t="str"><f>"CAF"&amp;1</f><v>CAF1</v></c>',
        )

    assert lines(repacked(book(), compute))[0]["circuit_id"] == "CAF1"


def test_a_formula_that_nobody_computed_is_told():
    checked = check_workbook(book([(LINE | {"circuit_id": "=A1"}, DEVICE)]))
    problem = the_problem(checked, "formula-not-computed")
    assert (problem.column, problem.row, problem.severity) == ("circuit_id", 1, Severity.ERROR)


def test_an_error_value_is_told_and_not_read_as_blank():
    def change(workbook):
        ws = workbook[LINES.title.ja]
        cell = ws.cell(2, column_of(ws, "通信形態"))
        cell.value, cell.data_type = "#REF!", "e"

    checked = check_workbook(book(change=change))
    assert the_problem(checked, "excel-error").value == "#REF!"
    assert not [p for p in checked.problems if p.column == "communication" and p.rule == "required"]


def test_a_cell_that_could_not_be_read_is_told_once():
    checked = check_workbook(book([(LINE | {"communication": "衛星", "global_address": "10.0.0.300"}, DEVICE)]))
    assert len([p for p in checked.problems if p.column == "communication"]) == 1
    assert len([p for p in checked.problems if p.column == "global_address"]) == 1


def test_dates_made_by_excel_are_told_with_their_cell():
    checked = check_workbook(book([(LINE, DEVICE | {"software_version": datetime.datetime(2010, 1, 2)})]))
    problem = the_problem(checked, "date-in-text-cell")
    assert problem.column == "software_version"
    assert "2010年1月2日" in problem.message.ja


def test_unknown_keeps_its_reason():
    (values,) = lines(book([(LINE | {"circuit_id": "不明（ベンダ確認中）"}, DEVICE)]))
    assert values["circuit_id"] == Unknown("ベンダ確認中")


# ---- forms ----


def basics(make) -> tuple:
    return read_workbook(remade(make, BASIC.title.ja)).book.sheet("basic").rows[0]


def known(row) -> dict:
    return {key: value for key, value in row.values.items() if value is not None}


EXPECTED = known(read_workbook(book()).book.sheet("basic").rows[0])


def test_a_form_with_marks_and_help_around_its_values():
    def make(ws):
        for column in BASIC.columns:
            ws.append(["", column.heading.ja, "必須", BASICS.get(column.key), column.help.ja])

    assert known(basics(make)) == EXPECTED


def test_a_form_with_values_below_their_labels():
    def make(ws):
        for column in BASIC.columns:
            ws.append([column.heading.ja])
            ws.append([BASICS.get(column.key)])

    assert known(basics(make)) == EXPECTED


def test_a_form_with_merged_labels_and_values():
    def make(ws):
        for row, column in enumerate(BASIC.columns, 3):
            ws.cell(row, 1, column.heading.ja)
            ws.merge_cells(start_row=row, end_row=row, start_column=1, end_column=3)
            ws.cell(row, 4, BASICS.get(column.key))
            ws.merge_cells(start_row=row, end_row=row, start_column=4, end_column=9)

    assert known(basics(make)) == EXPECTED


def test_a_form_with_two_pairs_in_a_row():
    def make(ws):
        pairs = [(column.heading.ja, BASICS.get(column.key)) for column in BASIC.columns]
        for first in range(0, len(pairs), 2):
            ws.append([cell for pair in pairs[first : first + 2] for cell in pair])

    assert known(basics(make)) == EXPECTED


def test_a_blank_field_is_not_filled_from_its_neighbours():
    def make(ws):
        form(ws, {key: value for key, value in BASICS.items() if key != "address"})

    row = basics(make)
    assert row.values["address"] is None
    assert row.cells["address"].startswith("B")


def test_contacts_as_a_small_table():
    def make(ws):
        form(ws, BASICS)
        ws.delete_rows(len(BASIC.columns) + 2, 20)
        ws.append(["", *(column.heading.ja for column in BASIC.group)])
        ws.append(["担当者1", "関所", "太郎", "セキショ タロウ", "総務課", "03-1234-5678", "a@example.jp"])
        ws.append(["担当者2", "山田", "花子", "ヤマダ ハナコ", "", 312345678, ""])

    row = basics(make)
    assert [(part.position, part.values["family_name"]) for part in row.parts] == [(1, "関所"), (2, "山田")]
    assert row.parts[1].values["phone"] == "0312345678"


def test_contacts_as_blocks_below_each_other():
    def make(ws):
        form(ws, BASICS, {"family_name": "関所"})
        ws.append(["担当者2"])
        ws.append(["姓", "山田"])
        ws.append(["名", "花子"])

    assert [part.values["family_name"] for part in basics(make).parts] == ["関所", "山田"]


# ---- pictures ----


def test_a_pasted_floor_plan_is_counted():
    def change(workbook):
        stream = io.BytesIO()
        Picture.new("RGB", (40, 30), "white").save(stream, "PNG")
        workbook[PLACES.title.ja].add_image(Image(stream), "B2")

    checked = check_workbook(book(change=change))
    assert checked.book.sheet("places").pictures == 1
    assert not problems(checked, "no-floor-plan")


def test_a_missing_floor_plan_is_told():
    assert the_problem(check_workbook(book()), "no-floor-plan").sheet == PLACES.title.ja


# ---- order ----


def test_problems_come_by_sheet_row_and_column():
    records = [({"purpose": "医事"}, {}), ({"communication": "衛星"}, {})]
    checked = check_workbook(book(records))
    order = [sheet.title.ja for sheet in EDITION.sheets]
    found = [problem.sheet for problem in checked.problems]
    assert found == sorted(found, key=order.index)
    rows = [problem.row for problem in checked.problems if problem.sheet == LINES.title.ja and problem.row]
    assert rows == sorted(rows)


def test_reading_gives_the_same_twice():
    content = book([(LINE, DEVICE)] * 3)
    assert check_workbook(content) == check_workbook(content)


def test_an_xlsm_named_file_is_read(tmp_path):
    path = tmp_path / "別紙2-1.xlsm"
    path.write_bytes(saved(openpyxl.load_workbook(io.BytesIO(book()))))
    assert len(read_workbook(path).book.rows("lines")) == 1
