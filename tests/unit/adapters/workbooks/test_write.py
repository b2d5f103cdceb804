"""The workbook that we hand out: it reads back as it was, is safe to open, and its help agrees with the checks."""

import io
import re
import zipfile
from dataclasses import fields, replace
from datetime import UTC, datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.adapters.workbooks.check import check_workbook
from sekisho.adapters.workbooks.read import read_workbook
from sekisho.adapters.workbooks.write import write_blank, write_prefilled
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.facts import Unknown
from sekisho.domain.register.diff import Change, compare, to_register
from sekisho.domain.register.records import Basics, Contact, Device, Line, Register, Terminal
from sekisho.domain.workbook.schema import Kind
from sekisho.domain.workbook.stamp import SHEET_TITLE, Stamp, checksum_of, stamp_from

EDITION = load_edition()
LINES, TERMINALS, BASIC, PLACES = (EDITION.sheet(key).title.ja for key in ("lines", "terminals", "basic", "places"))
REGISTER = Register(
    Basics(
        consent="agreed", name="医療法人関所会 関所中央病院", name_kana="せきしょちゅうおうびょういん", postal_code="060-0001",
        address="北海道札幌市架空区1-2", address_kana="ほっかいどうさっぽろし", beds=320, confirmed_by="関所 太郎",
        contacts=(Contact("関所", "太郎", "セキショ タロウ", "総務課", "011-000-0000", "a@example.jp"),
                  Contact("山田", "花子", "ヤマダ ハナコ")),
    ),
    (
        Line(1, "01JB-1", "wanted", "wanted", "yes", "ehr", "optical", "フレッツ 光ネクスト", "CAF0012345", "NTT東日本", "03-1111-2222",
             "internet_vpn", "yes", "fixed", "121.119.249.222", "not_needed", None, "vpn.example.jp", "OCN", "固定IP1",
             "本館 3F サーバ室", "onu", "vendor", "関所システムズ", "夜間は電源を切ります",
             (Device(1, "ヤマハ", "RTX1220", "7.10", 2019, "10.0.0.1/24", "LAN2→ONU"), Device(2, "Cisco", "ISR 921", "015.0"),
              Device(4, "自作ルータ", Unknown("ラベルなし")))),
        Line(7, "01JB-7", "not_wanted", "not_wanted", Unknown("業者に確認中"), "透析装置の保守", communication="ip_vpn", global_ip="no",
             terminator_location="西棟 2F"),
    ),
    tuple(Terminal(n, f"01JT-{n}", "ehr", "no", f"PC000{n}", f"192.168.1.{n}/24", "西棟 2F") for n in range(1, 6)),
)  # fmt: skip


def prefilled(register: Register = REGISTER, code: str = "H001", at: datetime | None = None) -> bytes:
    target = io.BytesIO()
    write_prefilled(target, EDITION, register, code, generated_at=at)
    return target.getvalue()


def blank() -> bytes:
    target = io.BytesIO()
    write_blank(target, EDITION)
    return target.getvalue()


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def test_prefilled_workbook_reads_back_as_the_register_it_was_made_from():
    checked = check_workbook(prefilled())
    assert to_register(checked.book) == REGISTER
    assert compare(EDITION, REGISTER, checked.book).changes_nothing
    # Devices ② and ④ were known by halves; that is all there is to say.
    assert {p.rule for p in checked.problems if p.severity.value == "error"} == {"device-check-needs-version"}


def test_prefilled_rows_are_found_by_their_hidden_identity_even_when_reordered_and_renamed():
    book = opened(prefilled())
    ws = book[LINES]
    first, second = (next(iter(ws.iter_rows(min_row=row, max_row=row, values_only=True))) for row in (9, 10))
    for row, values in ((9, second), (10, first)):
        for column, value in enumerate(values, start=1):
            ws.cell(row, column).value = value
    for row in (9, 10):
        ws.cell(row, 8).value = f"CAF99{row}"
    out = io.BytesIO()
    book.save(out)
    changes = compare(EDITION, REGISTER, read_workbook(out.getvalue()).book)
    assert [(r.row_id, r.change) for r in changes.of("lines")] == [
        ("01JB-7", Change.CHANGED),
        ("01JB-1", Change.CHANGED),
    ]


def test_blank_form_has_no_records_and_only_asks():
    checked = check_workbook(blank())
    assert to_register(checked.book).lines == ()
    assert {problem.rule for problem in checked.problems} == {
        "required", "recommended", "consent-required", "confirmer-required", "no-lines", "terminal-count", "no-floor-plan",
    }  # fmt: skip


def test_blank_form_gives_the_same_bytes_every_time():
    assert blank() == blank()


def test_prefilled_workbook_gives_the_same_bytes_for_the_same_moment():
    moment = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    assert prefilled(at=moment) == prefilled(at=moment)
    assert prefilled(at=moment) != prefilled(at=moment.replace(hour=10))


def test_nothing_in_the_file_tells_when_or_where_it_was_made():
    with zipfile.ZipFile(io.BytesIO(blank())) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"openpyxl" not in archive.read("docProps/core.xml")


def test_hidden_sheet_says_edition_hospital_moment_and_checksum():
    book = opened(prefilled(at=datetime(2026, 11, 21, tzinfo=UTC)))
    ws = book[SHEET_TITLE]
    assert ws.sheet_state == "hidden"
    ids = ["01JB-1", "01JB-7", *(f"01JT-{n}" for n in range(1, 6))]
    stamp = stamp_from(list(ws.iter_rows(values_only=True)))
    assert stamp == Stamp("1.0", "H001", "2026-11-21T00:00:00+00:00", checksum_of(ids))
    assert stamp_from([["hello", "world"], []]) is None


def test_row_ids_stand_in_a_hidden_column():
    ws = opened(prefilled())[LINES]
    (cell,) = [cell for cell in ws[5] if cell.value == "行ID"]
    assert ws.column_dimensions[cell.column_letter].hidden
    assert ws.cell(9, cell.column).value == "01JB-1"


# Pull-downs and help


def test_every_choice_has_a_pull_down_with_exactly_its_options():
    book = opened(blank())
    for sheet in EDITION.sheets[1:3]:
        ws = book[sheet.title.ja]
        for index, column in enumerate(sheet.columns, start=2):
            (validation,) = [v for v in ws.data_validations.dataValidation if ws.cell(9, index).coordinate in v.sqref]
            assert validation.showInputMessage
            assert validation.prompt
            if column.kind not in (Kind.CHOICE, Kind.OPEN_CHOICE):
                assert validation.type in ("textLength", "whole")
                continue
            title, area = validation.formula1.split("!")
            words = [cell.value for row in book[title][area.replace("$", "")] for cell in row]
            unknown = [EDITION.unknown_words[0]] if column.unknown_allowed else []
            assert words == [option.label.ja for option in column.options] + unknown


def test_pull_down_never_refuses_what_the_checks_take():
    # A stop would refuse 不明（理由）, which the checks accept: it stands only where neither unknown nor deletion may.
    book = opened(blank())
    for sheet in EDITION.sheets[1:3]:
        for index, column in enumerate(sheet.columns, start=2):
            cell = book[sheet.title.ja].cell(9, index).coordinate
            (validation,) = [v for v in book[sheet.title.ja].data_validations.dataValidation if cell in v.sqref]
            refuses = validation.showErrorMessage and validation.errorStyle in (None, "stop")
            assert not (refuses and column.unknown_allowed)
            assert not (column.kind is Kind.OPEN_CHOICE and validation.showErrorMessage)


def test_pull_downs_reach_rows_that_a_person_adds():
    ws = opened(blank())[LINES]
    assert any("C150" in validation.sqref for validation in ws.data_validations.dataValidation)


def test_prompts_keep_within_what_excel_allows():
    for ws in opened(prefilled()).worksheets:
        for validation in ws.data_validations.dataValidation:
            assert len(validation.prompt) <= 255
            assert len(validation.promptTitle) <= 32
            assert len(validation.error or "") <= 225


def test_every_question_is_printed_with_help_and_rules_in_the_guide():
    ws = opened(blank())["記入方法"]
    printed = "\n".join(str(cell) for row in ws.iter_rows(values_only=True) for cell in row if cell)
    for sheet in EDITION.sheets:
        for column in (*sheet.columns, *sheet.group):
            assert column.help.ja in printed
        for rule in sheet.rules:
            assert rule.instruction.ja in printed


def test_every_heading_carries_its_guidance_as_a_note():
    ws = opened(blank())[LINES]
    for index, column in enumerate(EDITION.sheet("lines").columns, start=2):
        assert ws.cell(5, index).value == column.heading.ja
        assert column.help.ja in ws.cell(5, index).comment.text


def test_colours_follow_every_rule_that_asks_for_something():
    ws = opened(blank())[LINES]
    formulas = [rule.formula[0] for area in ws.conditional_formatting for rule in area.rules]
    asking = [rule for rule in EDITION.sheet("lines").rules if rule.demand.value != "note"]
    assert len(formulas) == len(asking)
    assert any('"動的IP"' in formula for formula in formulas)


# Look and print


def test_tables_print_on_a3_landscape_with_their_head_on_every_page():
    for title in (LINES, TERMINALS):
        ws = opened(blank())[title]
        assert (ws.page_setup.paperSize, ws.page_setup.orientation) == (8, "landscape")
        assert ws.print_title_rows == "$4:$6"
        assert ws.freeze_panes == "B7"


def test_only_our_working_sheets_are_hidden():
    book = opened(blank())
    assert [ws.title for ws in book.worksheets if ws.sheet_state == "visible"] == [
        "記入方法", BASIC, LINES, TERMINALS, PLACES,
    ]  # fmt: skip


def test_nothing_asks_for_accounts_and_the_guide_says_they_stay_in_the_hospital():
    book = opened(blank())
    assert not any("パスワード" in title or "アカウント" in title for title in book.sheetnames)
    assert check_workbook(blank()).credentials_dropped is False


def test_more_devices_than_the_form_has_get_blocks_of_their_own():
    many = replace(REGISTER.lines[0], devices=tuple(Device(n, "Cisco", f"M{n}") for n in range(1, 8)))
    register = replace(REGISTER, lines=(many,))
    assert to_register(read_workbook(prefilled(register)).book).lines[0].devices == many.devices


def test_empty_rows_follow_the_last_number():
    ws = opened(prefilled())[LINES]
    labels = [ws.cell(row, 1).value for row in range(8, 13)]
    assert labels == ["記入例", "回線1", "回線7", "回線8", "回線9"]
    assert len([row for row in range(9, 200) if str(ws.cell(row, 1).value or "").startswith("回線")]) == 20


# Floor plan


def test_labels_of_the_floor_plan_fill_themselves_and_show_it_at_once():
    content = prefilled()
    formula = opened(content)[PLACES]["B5"].value
    assert formula.startswith("=IF(")
    assert LINES in formula
    shown = openpyxl.load_workbook(io.BytesIO(content), data_only=True)[PLACES]
    assert shown["A5"].value == "回線1"
    assert shown["B5"].value == "回線1 CAF0012345 電子カルテ 本館 3F サーバ室"
    assert shown["B7"].value in (None, "")


# Hostile and awkward content

RISKY = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+81-3-1234-5678",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "＝1+1",
    '=HYPERLINK("http://example.com")',
    "#N/A",
    "#REF!",
]


@pytest.mark.parametrize("text", RISKY)
def test_text_that_looks_like_a_formula_stays_text_everywhere(text):
    register = replace(
        REGISTER,
        basics=replace(REGISTER.basics, name=text, building=text),
        lines=(
            replace(REGISTER.lines[0], remarks=text, purpose=text, circuit_id=text, devices=(Device(1, text, text),)),
        ),
        terminals=(replace(REGISTER.terminals[0], host_name=text, remarks=text),),
    )
    content = prefilled(register, code=text)
    formulas = [
        (ws.title, cell.coordinate)
        for ws in opened(content).worksheets
        for row in ws.iter_rows()
        for cell in row
        if cell.data_type in ("f", "e")
    ]
    assert {title for title, _ in formulas} <= {PLACES}
    ws = opened(content)[LINES]
    (cell,) = [cell for cell in ws[9] if cell.column == 24]
    assert cell.value == text.replace("\r", "")
    assert cell.quotePrefix or text.startswith("#")


def test_formula_of_the_floor_plan_takes_nothing_from_the_register_as_code():
    register = replace(REGISTER, lines=(replace(REGISTER.lines[0], circuit_id='"&WEBSERVICE("http://x")&"'),))
    assert "WEBSERVICE" not in opened(prefilled(register))[PLACES]["B5"].value


@pytest.mark.parametrize(
    "text", ["a\x00b", "\ud800", "\x0b\x1f", "￿", "_x000D_", "<&>\"'", "]]>", "𠮷野家", "👩‍⚕️", "ＡＢＣ"]
)
def test_any_characters_make_a_workbook_that_opens(text):
    register = replace(
        REGISTER, basics=replace(REGISTER.basics, name=text), lines=(replace(REGISTER.lines[0], remarks=text),)
    )
    assert opened(prefilled(register))[LINES].cell(9, 24).value is not None


def test_text_longer_than_a_cell_is_cut_and_the_workbook_opens():
    register = replace(REGISTER, lines=(replace(REGISTER.lines[0], remarks="長" * 50_000),))
    assert len(opened(prefilled(register))[LINES].cell(9, 24).value) == 32_767


def test_leading_zeros_and_things_like_dates_stay_as_they_are():
    register = replace(
        REGISTER, lines=(replace(REGISTER.lines[0], circuit_id="000123", circuit_number="1-2", provider_plan="1E5"),)
    )
    line = to_register(read_workbook(prefilled(register)).book).lines[0]
    assert (line.circuit_id, line.circuit_number, line.provider_plan) == ("000123", "1-2", "1E5")


def test_every_field_of_every_record_is_written():
    # A field that the writer forgot would come back as None.
    line = {f.name: "x" for f in fields(Line) if f.name not in ("number", "row_id", "devices")}
    full = Line(1, "id", devices=(Device(1, "x", "x", "x", 2020, "x", "x"),), **line)
    ws = opened(prefilled(replace(REGISTER, lines=(full,))))[LINES]
    written = [cell.value for cell in ws[9][1:30]]
    assert written == ["x"] * 23 + ["x", "x", "x", 2020, "x", "x"]


words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cf", "Co", "Cn", "Zl", "Zp", "Zs", "Mn")),
    min_size=1,
    max_size=30,
)


@settings(deadline=None, max_examples=15)
@given(words)
def test_any_remark_comes_back_with_its_meaning(text):
    register = replace(REGISTER, lines=(replace(REGISTER.lines[1], terminator_location=f"場所 {text}"),))
    (line,) = to_register(read_workbook(prefilled(register)).book).lines
    assert isinstance(line.terminator_location, str)
    assert line.terminator_location.startswith("場所")


def test_write_to_a_path(tmp_path):
    write_blank(tmp_path / "blank.xlsx", EDITION)
    assert (tmp_path / "blank.xlsx").read_bytes() == blank()


def test_large_register_is_written_completely():
    lines = tuple(replace(REGISTER.lines[0], number=n, row_id=f"L{n}", circuit_id=f"CAF{n:010}") for n in range(1, 301))
    assert to_register(read_workbook(prefilled(replace(REGISTER, lines=lines))).book).lines == lines


def test_no_part_of_the_file_names_another_host():
    with zipfile.ZipFile(io.BytesIO(blank())) as archive:
        hosts = {
            host for name in archive.namelist() for host in re.findall(rb"https?://([^/\"'<>\s]+)", archive.read(name))
        }
    assert hosts <= {b"schemas.openxmlformats.org", b"purl.org", b"www.w3.org", b"schemas.microsoft.com"}
