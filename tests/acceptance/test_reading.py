"""The same answers in the many forms in which spreadsheet programs and people write them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment

from tests.acceptance.running import check, is_refusal, run
from tests.acceptance.workbooks import LINE, LINES, each_text, filled, line, place, rewritten

EXPECTED_NOISE = {"no-floor-plan"}
TO_FULL = str.maketrans({code: code + 0xFEE0 for code in range(0x21, 0x7F)})


def said(path: Path) -> tuple[list, list, dict, set[str]]:
    document = check(path)
    lines = [
        {key: value for key, value in record.items() if key not in ("cells", "devices")}
        | {"devices": [{k: v for k, v in device.items() if k != "cells"} for device in record["devices"]]}
        for record in document["lines"]
    ]
    terminals = [{k: v for k, v in record.items() if k != "cells"} for record in document["terminals"]]
    basic = {k: v for k, v in document["basic"].items() if k not in ("cells", "contacts")}
    return lines, terminals, basic, {problem["rule"] for problem in document["problems"]} - EXPECTED_NOISE


def proper() -> Workbook:
    return filled([line(1), line(2)])


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    path = tmp_path_factory.mktemp("reference") / "book.xlsx"
    proper().save(path)
    answers = said(path)
    assert answers[3] == set()
    return path, answers


def test_a_book_from_the_printed_headings_alone_is_read_whole(reference):
    lines, terminals, basic, _ = reference[1]
    assert [record["circuit_id"] for record in lines] == ["CAF00001", "CAF00002"]
    assert lines[0]["communication"] == "インターネットVPN"
    assert lines[0]["terminator_location"] == "本館 3F サーバ室"
    assert lines[0]["devices"][0]["model"] == "ISR 921"
    assert [record["host_name"] for record in terminals] == [f"PC{n:04d}" for n in range(1, 6)]
    assert (basic["beds"], basic["name"]) == (120, "架空病院")
    assert None not in (value for key, value in lines[0].items() if key in ("purpose", "global_address", "fqdn"))


# ---- other programs' XML ----


def phonetic(text: str) -> str:
    return f'<t>{text}</t><rPh sb="0" eb="1"><t>フリガナ</t></rPh><phoneticPr fontId="1"/>'


def in_runs(text: str) -> str:
    letters = re.findall(r"&#?\w+;|.", text, re.DOTALL)
    runs = "".join(f'<r><rPr><b/></rPr><t xml:space="preserve">{letter}</t></r>' for letter in letters)
    return f'{runs}<rPh sb="0" eb="1"><t>ヨミ</t></rPh>'


def extent(reference_text: str) -> Callable[[str, str], str]:
    return lambda name, xml: re.sub(r"<dimension[^>]*/>", reference_text, xml)


def strict(name: str, xml: str) -> str:
    for old, new in (
        ("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"),
        (
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            "http://purl.oclc.org/ooxml/officeDocument/relationships",
        ),
    ):
        xml = xml.replace(old, new)
    return xml


def prefixed(name: str, xml: str) -> str:
    if not name.startswith(("xl/worksheets/sheet", "xl/workbook")):
        return xml
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    xml = xml.replace(f'xmlns="{main}"', f'xmlns:x="{main}"')
    return re.sub(r"<(/?)(?!\w+:|\?)(\w+)(?=[\s>/])", r"<\1x:\2", xml)


def computed(name: str, xml: str) -> str:
    return re.sub(
        r'<c r="(\w+)" t="inlineStr"><is><t[^>]*>([^<]*)</t></is></c>',
        r'<c r="\1" t="str"><f>T("")</f><v>\2</v></c>',
        xml,
    )


@pytest.mark.parametrize(
    "change",
    [
        each_text(phonetic),
        each_text(in_runs),
        extent(""),
        extent('<dimension ref="A1"/>'),
        extent('<dimension ref="A1:XFD1048576"/>'),
        strict,
        prefixed,
        computed,
        lambda name, xml: xml.replace("<workbookPr/>", '<workbookPr date1904="1"/>'),
    ],
    ids=["phonetic", "runs", "no-extent", "small-extent", "huge-extent", "strict", "prefixed", "computed", "1904"],
)
def test_xml_of_other_programs_says_the_same(change, reference, tmp_path):
    assert said(rewritten(reference[0], tmp_path / "book.xlsx", change)) == reference[1]


# ---- other people's layouts ----


def wide(book: Workbook) -> None:
    for row in book[LINES].iter_rows(min_row=2, min_col=2):
        for cell in row:
            if isinstance(cell.value, str):
                cell.value = f"　{cell.value.translate(TO_FULL)} \n"


def with_quotes(book: Workbook) -> None:
    for cell in book[LINES][2]:
        cell.quotePrefix = True


def far_away(book: Workbook) -> None:
    book[LINES]["E20000"] = "　"


def with_comments(book: Workbook) -> None:
    book[LINES]["H2"].comment = Comment("請求書で確認", "総務")


@pytest.mark.parametrize("change", [wide, with_quotes, far_away, with_comments])
def test_what_people_do_to_cells_says_the_same(change, reference, tmp_path):
    book = proper()
    change(book)
    book.save(tmp_path / "book.xlsx")
    assert said(tmp_path / "book.xlsx") == reference[1]


@pytest.mark.parametrize(
    "layout",
    [
        {"header_row": 7, "first_column": 4},
        {"titles": ("基本情報", "回線・機器", "調査端末", "設置場所")},
        {
            "titles": (
                "1.基本情報記入シート",
                f"【記入済】{LINES}",
                "調査端末情報記入シート(最終)",
                "設置場所記入シート",
            )
        },
        {"heading": lambda text: " ".join(text) + "\n（必須）"},
        {"heading": lambda text: f"※{text}(*)"},
    ],
)
def test_an_own_layout_says_the_same(layout, reference, tmp_path):
    filled([line(1), line(2)], **layout).save(tmp_path / "book.xlsx")
    assert said(tmp_path / "book.xlsx") == reference[1]


@pytest.mark.parametrize("name", ["book.xlsm", "BOOK.XLSX", "回線 一覧（最終）②.xlsx"])
def test_the_name_of_the_file_says_nothing(name, reference, tmp_path):
    (tmp_path / name).write_bytes(reference[0].read_bytes())
    assert said(tmp_path / name) == reference[1]


def test_three_hundred_lines_are_read_one_by_one(tmp_path):
    filled([line(number) for number in range(1, 301)]).save(tmp_path / "book.xlsx")
    lines, *_, rules = said(tmp_path / "book.xlsx")
    assert [record["circuit_id"] for record in lines] == [f"CAF{n:05d}" for n in range(1, 301)]
    assert rules == set()


def test_the_template_filled_by_its_printed_headings_gives_its_answers_back(tmp_path):
    blank, done = tmp_path / "blank.xlsx", tmp_path / "book.xlsx"
    assert run("workbook", "template", blank).returncode == 0
    book = load_workbook(blank)
    sheet = book[LINES]
    header = next(row for row in sheet.iter_rows() if any(cell.value == "用途・システム名" for cell in row))
    columns = {cell.value: cell.column for cell in reversed(header) if cell.value}
    first = next(row[0].row for row in sheet.iter_rows(max_col=1) if row[0].value == "回線1")
    for heading, answer in line(7).items():
        short = re.sub(r"\A(調査希望: |装置①)", "", heading)
        short = {
            "診断当日: グローバルIP確認": "診断当日のグローバルIP確認",
            "診断当日: グローバルIPアドレス": "診断当日のグローバルIPアドレス",
        }.get(short, short)
        sheet.cell(first, columns[short], answer)
    book.save(done)
    (record,) = check(done)["lines"]
    assert (record["circuit_id"], record["purpose"], record["communication"]) == (
        "CAF00007",
        "電子カルテ",
        "インターネットVPN",
    )
    assert record["devices"][0]["software_version"] == "15.0"
    assert not [p for p in check(done)["problems"] if p["sheet"] == LINES]


# ---- what cannot be taken as it stands is told at its cell ----


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("グローバルIPアドレス", 121.119, "number-in-text-cell"),
        ("回線終端装置設置場所", "あ" * 32000, "too-long"),
        ("回線ID", "#REF!", "excel-error"),
    ],
)
def test_a_cell_that_cannot_be_read_is_told(column, value, rule, tmp_path):
    book = proper()
    cell = book[LINES][place(column)]
    cell.value = value
    if value == "#REF!":
        cell.data_type = "e"
    book.save(tmp_path / "book.xlsx")
    problems = check(tmp_path / "book.xlsx")["problems"]
    assert (rule, place(column)) in [(problem["rule"], problem["cell"]) for problem in problems]


def test_a_formula_that_was_never_computed_is_told(tmp_path):
    book = proper()
    book[LINES][place("グローバルIPアドレス")] = "=A1"
    book.save(tmp_path / "book.xlsx")
    problems = check(tmp_path / "book.xlsx")["problems"]
    assert ("formula-not-computed", place("グローバルIPアドレス")) in [(p["rule"], p["cell"]) for p in problems]


def test_a_second_book_of_lines_is_told_and_not_mixed_in(tmp_path):
    book = proper()
    copy = book.copy_worksheet(book[LINES])
    copy[place("回線ID")] = "CAF99999"
    book.save(tmp_path / "book.xlsx")
    lines, *_, rules = said(tmp_path / "book.xlsx")
    assert [record["circuit_id"] for record in lines] == ["CAF00001", "CAF00002"]
    assert "sheet-repeated" in rules


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_read_and_told(state, reference, tmp_path):
    book = proper()
    book[LINES].sheet_state = state
    book.save(tmp_path / "book.xlsx")
    *answers, rules = said(tmp_path / "book.xlsx")
    assert tuple(answers) == reference[1][:3]
    assert rules == {"sheet-hidden"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 999,
        b"a,b\n1,2\n",
        b"PK\x03\x04 nonsense",
        b"%PDF-1.7",
        b"<html><table></table></html>",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    ],
    ids=["empty", "zeros", "csv", "cut", "pdf", "html", "xls"],
)
def test_a_file_that_is_no_workbook_is_refused_in_one_line(content, tmp_path):
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)
    done = run("workbook", "check", path)
    assert is_refusal(done)
    assert done.stderr.startswith("book.xlsx：")


def test_every_column_of_a_line_is_used_by_these_tests():
    assert len(LINE) == 22
