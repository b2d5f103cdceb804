"""The report's tables as XLSX: one sheet per table, real numbers and dates, nothing that a spreadsheet would compute.

A text that begins like a formula stays a text: it is stored as a string, shown with the quote prefix that spreadsheets
use, and its value is unchanged. The shape beside a marked word is a number format, so that the value can be filtered.
"""

import io
from collections.abc import Iterable
from datetime import UTC, date
from typing import Any, cast

from openpyxl import Workbook
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from sekisho.adapters.documents.packing import repacked
from sekisho.adapters.documents.pdf import document_facts, rules_line
from sekisho.adapters.documents.plain import SHAPES, Plain, plain
from sekisho.domain.reporting.document import Cell, Column, Mark, Records, SurveyReport, Table, same
from sekisho.domain.text import Text

MAX_CELL = 32_767
"""Excel's limit of characters in a cell."""
_MAX_NAME = 31
_FONT = "BIZ UDPゴシック"
_ACCENT = "FF0B4F6C"
_RULE = Side(style="thin", color="FFC3CCD2")
_HEAD_RULE = Side(style="medium", color=_ACCENT)
_MARKS = {
    Mark.BAD: ("FFA8201A", "FFFDF1F0"),
    Mark.CAUTION: ("FF8A4B00", "FFFDF5EA"),
    Mark.UNKNOWN: ("FF4B3F8F", "FFF3F2FA"),
    Mark.GOOD: ("FF1C6B3A", "FFEFF7F1"),
    Mark.OUT_OF_SCOPE: ("FF55626B", "FFF4F6F7"),
}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_CHARS_PER_WIDTH = 0.62
_SUMMARY = Text("要点", "Summary")
_CONTINUED = Text("…（長すぎるため、ここまで。続きは PDF 版）", "… (cut: too long for a cell; see the PDF)")
_NUMBER = Text("No.", "No.")


def render_xlsx(report: SurveyReport, *, language: str = "ja") -> bytes:
    """Return every table of the report as a sheet, behind a sheet with page one."""
    workbook = Workbook()
    first = workbook.active
    assert isinstance(first, Worksheet)  # noqa: S101 a new workbook has one sheet
    names: set[str] = set()
    _write_summary(first, report, language, _unique(_SUMMARY.within(language), names))
    for table in sheets_of(report):
        sheet = workbook.create_sheet(_unique(table.caption.within(language), names))
        _write_table(sheet, table, language)
        _set_up_page(sheet, report, language, table.caption.within(language))
    _describe(workbook, report, language)
    stream = io.BytesIO()
    workbook.save(stream)
    return repacked(stream.getvalue(), report.dated_at)


def sheets_of(report: SurveyReport) -> Iterable[Table]:
    """Yield what becomes a sheet: every table, and every set of records as a table with one row per record."""
    for section in report.sections:
        for block in section.blocks:
            if isinstance(block, Table):
                yield block
            elif isinstance(block, Records):
                yield _as_table(block)


def _as_table(records: Records) -> Table:
    labels = {field.label: None for record in records.records for field in record.fields}
    columns = (Column(_NUMBER, 7), Column(records.key_heading, 24), *(Column(label, 24) for label in labels))
    rows = []
    for record in records.records:
        answers = {field.label: field.text for field in record.fields}
        cells = (Cell(answers.get(label, same(""))) for label in labels)
        rows.append((Cell(same(record.number), value=record.number), Cell(record.key), *cells))
    return Table(records.id, records.caption, columns, tuple(rows), records.empty)


def _unique(name: str, taken: set[str]) -> str:
    """Return a sheet name that Excel takes: no forbidden character, 31 characters, not used before."""
    kept = "".join("・" if char in "[]:*?/\\" else char for char in name).strip("'")[:_MAX_NAME] or "-"
    number = 2
    unique = kept
    while unique.lower() in taken:
        suffix = f"({number})"
        unique = kept[: _MAX_NAME - len(suffix)] + suffix
        number += 1
    taken.add(unique.lower())
    return unique


def _write_summary(sheet: Worksheet, report: SurveyReport, language: str, name: str) -> None:
    body = plain(report, language)
    sheet.title = name
    lines: list[tuple[str, str, bool]] = [(body["title"], "", True), (body["hospital"], "", True)]
    lines += [(label, value, False) for label, value in document_facts(body)]
    lines += _page_one(body["sections"][0])
    lines += [(body["words"]["hash"], body["hash"], False), (body["words"]["rules"], rules_line(body), False)]
    for row, (label, value, is_heading) in enumerate(lines, 1):
        _put(_at(sheet, row, 1), label, bold=is_heading, colour=_ACCENT if is_heading else None)
        _put(_at(sheet, row, 2), value)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 30, 100
    _set_up_page(sheet, report, language, name, head=False)


def _page_one(section: Plain) -> list[tuple[str, str, bool]]:
    lines: list[tuple[str, str, bool]] = []
    for block in section["blocks"]:
        if block["kind"] == "points":
            lines.append((block["heading"], "", True))
            lines += [(item["shape"], item["text"], False) for item in block["items"]]
        elif block["kind"] == "picture":
            lines.append((block["caption"], block["alternative"], False))
    return lines


def _write_table(sheet: Worksheet, table: Table, language: str) -> None:
    for x, column in enumerate(table.columns, 1):
        cell = _at(sheet, 1, x)
        _put(cell, column.heading.within(language), bold=True, colour=_ACCENT)
        cell.border = Border(bottom=_HEAD_RULE)
    for y, row in enumerate(table.rows, 2):
        for x, value in enumerate(row, 1):
            _put_cell(_at(sheet, y, x), value, language)
    if not table.rows:
        _put(_at(sheet, 2, 1), table.empty.within(language))
    total = sum(column.width for column in table.columns)
    for x, column in enumerate(table.columns, 1):
        width = column.width * _CHARS_PER_WIDTH if total < 400 else 22
        sheet.column_dimensions[get_column_letter(x)].width = max(width, 7)
    sheet.freeze_panes = "A2"
    if table.rows:
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.columns))}{len(table.rows) + 1}"


def _at(sheet: Worksheet, row: int, column: int) -> SheetCell:
    return cast(SheetCell, sheet.cell(row, column))


def _put_cell(cell: SheetCell, value: Cell, language: str) -> None:
    _put(cell, value.value if value.value is not None else value.text.within(language))
    cell.border = Border(bottom=_RULE)
    if value.mark is not None:
        colour, ground = _MARKS[value.mark]
        cell.font = Font(name=_FONT, size=10, bold=True, color=colour)
        cell.fill = PatternFill("solid", fgColor=ground)
        cell.number_format = f'"{SHAPES[value.mark]} "@'


def _put(cell: SheetCell, value: str | int | date, *, bold: bool = False, colour: str | None = None) -> None:
    """Write a value; a text never becomes a formula, a link or an error value."""
    if isinstance(value, str):
        text = value if len(value) <= MAX_CELL else value[: MAX_CELL - len(_CONTINUED.ja)] + _CONTINUED.ja
        cell.value = text
        cell.data_type = "s"
        cell.quotePrefix = text.startswith(_FORMULA_STARTS)
    else:
        cell.value = value
    cell.font = Font(name=_FONT, size=10, bold=bold, color=colour)
    cell.alignment = Alignment(vertical="top", wrap_text=True, horizontal="left")


def _set_up_page(sheet: Worksheet, report: SurveyReport, language: str, name: str, *, head: bool = True) -> None:
    """Make the sheet print well: A4 landscape, as wide as the page, head on every page, page numbers."""
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = sheet.ORIENTATION_LANDSCAPE
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    if head:
        sheet.print_title_rows = "1:1"
    # "&" starts a code in heads and feet; doubled it is itself.
    header, footer = cast(Any, sheet.oddHeader), cast(Any, sheet.oddFooter)
    header.left.text = report.hospital.within(language)[:100].replace("&", "&&")
    header.right.text = name.replace("&", "&&")
    footer.right.text = "&P / &N"


def _describe(workbook: Workbook, report: SurveyReport, language: str) -> None:
    at = report.dated_at.astimezone(UTC).replace(tzinfo=None)
    properties: Any = workbook.properties
    properties.title = f"{report.title.within(language)} {report.hospital.within(language)}"
    properties.creator = properties.lastModifiedBy = "Sekisho"
    properties.created = properties.modified = at
