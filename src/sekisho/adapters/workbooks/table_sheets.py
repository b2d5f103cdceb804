"""Writes a table sheet: bands, headings, how to fill in, the example, and one row per record."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from sekisho.adapters.workbooks import styles
from sekisho.adapters.workbooks.cells import cell_at, put_answer, put_text
from sekisho.adapters.workbooks.pulldowns import PullDowns
from sekisho.adapters.workbooks.sheet_heads import Head, write_head
from sekisho.domain.text import Text
from sekisho.domain.workbook.instructions import guidance, need_mark
from sekisho.domain.workbook.rows import ReadValue
from sekisho.domain.workbook.schema import Column, Condition, Demand, Edition, Kind, Rule, Sheet
from sekisho.domain.workbook.stamp import ROW_ID_HEADING

BAND_ROW, HEADING_ROW, MARK_ROW, GUIDE_ROW, EXAMPLE_ROW, FIRST_ROW = 4, 5, 6, 7, 8, 9
_LABEL_WIDTH = 10
_WIDTHS = {
    Kind.CHOICE: 15,
    Kind.OPEN_CHOICE: 18,
    Kind.INTEGER: 9,
    Kind.YEAR: 9,
    Kind.GLOBAL_ADDRESS: 19,
    Kind.INTERFACE_ADDRESS: 19,
    Kind.HOST_NAME: 16,
    Kind.FQDN: 24,
}
_LONG_TEXT = 300
"""Columns that take this many characters and more are wide."""
_PAGE_WIDTH, _A3_WIDTH = 225, 156
"""Half-width characters that a page may hold, and how many A3 landscape holds at full size."""
_SPARE_ROWS = 200
"""Rows below the last one that still have pull-downs, for lines that a person adds."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row to write: its number, its hidden identity, its answers, and those of its devices."""

    number: int
    row_id: str | None
    answers: Mapping[str, ReadValue]
    parts: Sequence[Mapping[str, ReadValue]] = ()


@dataclass(frozen=True, slots=True)
class _Field:
    """One column of the sheet: where it is (from 1), what it asks, of which device (None: of the record)."""

    index: int
    column: Column
    position: int | None
    band: Text | None

    @property
    def letter(self) -> str:
        return get_column_letter(self.index)


def write_table(
    ws: Worksheet, edition: Edition, sheet: Sheet, records: Sequence[Record], pulldowns: PullDowns, head: Head
) -> None:
    """Write `records` of `sheet` and as many empty rows as the form offers."""
    blocks = max([sheet.group_blocks, *(len(record.parts) for record in records)])
    fields = list(_fields(edition, sheet, blocks))
    last_column = fields[-1].index + 1
    rows = list(_with_blanks(sheet, records))
    last_row = FIRST_ROW + len(rows) - 1
    write_head(ws, head, min(last_column - 1, 12), first_column=2)
    _write_headings(ws, sheet, fields)
    _write_example(ws, edition, fields)
    for row, record in enumerate(rows, start=FIRST_ROW):
        _write_record(ws, edition, sheet, fields, row, record)
    _write_ids(ws, last_column, rows)
    for item in fields:
        pulldowns.add(ws, item.column, f"{item.letter}{FIRST_ROW}:{item.letter}{last_row + _SPARE_ROWS}")
    _colour_by_rules(ws, sheet, fields, last_row + _SPARE_ROWS)
    _set_up_page(ws, fields, last_row)


def _fields(edition: Edition, sheet: Sheet, blocks: int) -> Iterator[_Field]:
    index = 2
    for column in sheet.columns:
        yield _Field(index, column, None, column.band)
        index += 1
    for position in range(1, blocks + 1 if sheet.group else 1):
        title = edition.group_title(sheet.key, position)
        for column in sheet.group:
            yield _Field(index, column, position, title)
            index += 1


def _with_blanks(sheet: Sheet, records: Sequence[Record]) -> Iterator[Record]:
    """Yield the records, then empty ones: the form's number of rows, or a few more than there are records."""
    yield from records
    taken = max((record.number for record in records), default=0)
    wanted = max(sheet.blank_rows - len(records), 0 if sheet.rows else min(sheet.blank_rows, 5))
    yield from (Record(taken + place, None, {}) for place in range(1, wanted + 1))


def _write_headings(ws: Worksheet, sheet: Sheet, fields: list[_Field]) -> None:
    _write_bands(ws, fields)
    _write_labels(ws)
    for item in fields:
        _write_heading(ws, sheet, item)
    ws.row_dimensions[BAND_ROW].height = 20
    ws.row_dimensions[HEADING_ROW].height = 46
    ws.row_dimensions[MARK_ROW].height = 16
    ws.row_dimensions[GUIDE_ROW].height = 10 + 10.5 * max(_lines(item) for item in fields)


def _write_labels(ws: Worksheet) -> None:
    labels = {BAND_ROW: "", HEADING_ROW: "番号", MARK_ROW: "必須/任意", GUIDE_ROW: "書き方"}
    for row, text in labels.items():
        cell = cell_at(ws, row, 1)
        put_text(cell, text)
        cell.font, cell.fill, cell.border = styles.HEADING, styles.HEADING_FILL, styles.BOX
        cell.alignment = styles.CENTRED
    cell_at(ws, BAND_ROW, 1).fill = styles.BAND_FILL


def _write_bands(ws: Worksheet, fields: list[_Field]) -> None:
    for band, run in groupby(fields, key=lambda item: item.band):
        members = list(run)
        for item in members:
            cell = cell_at(ws, BAND_ROW, item.index)
            cell.font, cell.fill, cell.border, cell.alignment = (
                styles.BAND,
                styles.BAND_FILL,
                styles.BOX,
                styles.CENTRED,
            )
        put_text(cell_at(ws, BAND_ROW, members[0].index), band.ja if band else "")
        if len(members) > 1:
            ws.merge_cells(
                start_row=BAND_ROW, end_row=BAND_ROW, start_column=members[0].index, end_column=members[-1].index
            )


def _write_heading(ws: Worksheet, sheet: Sheet, item: _Field) -> None:
    heading, mark, guide = (cell_at(ws, row, item.index) for row in (HEADING_ROW, MARK_ROW, GUIDE_ROW))
    put_text(heading, item.column.heading.ja)
    heading.font, heading.fill, heading.alignment = styles.HEADING, styles.HEADING_FILL, styles.CENTRED
    heading.comment = _comment(guidance(sheet, item.column).ja)
    put_text(mark, need_mark(item.column).ja)
    mark.font, mark.fill, mark.alignment = (
        styles.MARKS.get(item.column.need, styles.MARK),
        styles.HEADING_FILL,
        styles.CENTRED,
    )
    put_text(guide, item.column.help.ja)
    guide.font, guide.fill, guide.alignment = styles.SMALL, styles.GUIDE_FILL, styles.TOP
    for cell in (heading, mark, guide):
        cell.border = styles.BOX
    ws.column_dimensions[item.letter].width = _width(item.column)


def _comment(text: str) -> Comment:
    comment = Comment(text, "Sekisho")
    comment.width, comment.height = 380, 40 + 17 * (len(text) // 26 + text.count("\n") + 1)
    return comment


def _write_example(ws: Worksheet, edition: Edition, fields: list[_Field]) -> None:
    label = cell_at(ws, EXAMPLE_ROW, 1)
    put_text(label, edition.example_words[0])
    for cell in (label, *(cell_at(ws, EXAMPLE_ROW, item.index) for item in fields)):
        cell.font, cell.fill, cell.border = styles.EXAMPLE, styles.EXAMPLE_FILL, styles.BOX
        cell.alignment = styles.WRAPPED
    for item in fields:
        cell_at(ws, EXAMPLE_ROW, item.index).number_format = "@"
        if item.position in (None, 1) and item.column.example:
            put_text(cell_at(ws, EXAMPLE_ROW, item.index), item.column.example)
    ws.row_dimensions[EXAMPLE_ROW].height = 30


def _write_record(
    ws: Worksheet, edition: Edition, sheet: Sheet, fields: list[_Field], row: int, record: Record
) -> None:
    label = cell_at(ws, row, 1)
    put_text(label, sheet.row_label.filled(number=record.number).ja if sheet.row_label else str(record.number))
    label.font, label.fill, label.alignment = styles.HEADING, styles.HEADING_FILL, styles.CENTRED
    label.border = styles.BOX
    for item in fields:
        cell = cell_at(ws, row, item.index)
        cell.font, cell.alignment, cell.border = styles.BODY, styles.WRAPPED, styles.BOX
        cell.protection = styles.UNLOCKED
        if item.position in (None, 1) and (fill := styles.FIELD_FILLS.get(item.column.need)):
            cell.fill = fill
        put_answer(cell, item.column, _answer(record, item), edition)
    ws.row_dimensions[row].height = max(24, 15 * _lines_of(ws, row, fields))


def _answer(record: Record, item: _Field) -> ReadValue:
    if item.position is None:
        return record.answers.get(item.column.key)
    return record.parts[item.position - 1].get(item.column.key) if item.position <= len(record.parts) else None


def _write_ids(ws: Worksheet, index: int, rows: list[Record]) -> None:
    put_text(cell_at(ws, HEADING_ROW, index), ROW_ID_HEADING)
    for row, record in enumerate(rows, start=FIRST_ROW):
        if record.row_id:
            put_text(cell_at(ws, row, index), record.row_id)
    ws.column_dimensions[get_column_letter(index)].hidden = True


# Colours that follow the rules while a person types


def _colour_by_rules(ws: Worksheet, sheet: Sheet, fields: list[_Field], last_row: int) -> None:
    letters = {item.column.key: item.letter for item in fields if item.position is None}
    for rule in sheet.rules:
        for item in fields:
            if item.column.key == rule.column and item.position in (None, 1):
                _colour_by_rule(ws, sheet, rule, item, letters, last_row)


def _colour_by_rule(
    ws: Worksheet, sheet: Sheet, rule: Rule, item: _Field, letters: Mapping[str, str], last_row: int
) -> None:
    found = _broken_formula(item, rule)
    if found is None:
        return
    formula, fill = found
    conditions = [_condition_formula(sheet, condition, letters) for condition in rule.when]
    area = f"{item.letter}{FIRST_ROW}:{item.letter}{last_row}"
    test = f"AND({','.join([*conditions, formula])})"
    ws.conditional_formatting.add(area, FormulaRule(formula=[test], fill=fill))  # type: ignore[no-untyped-call]


def _broken_formula(item: _Field, rule: Rule) -> tuple[str, PatternFill] | None:
    """Return what shows that the cell does not follow the rule, or that nothing belongs there, and its colour."""
    cell = f"${item.letter}{FIRST_ROW}"
    if rule.demand is Demand.FILLED:
        return f'{cell}=""', styles.STILL_NEEDED_FILL
    if rule.demand is Demand.EMPTY:
        return "TRUE", styles.NOT_NEEDED_FILL
    if rule.demand is Demand.ONE_OF:
        labels = [option.label.ja for option in item.column.options if option.code in rule.values]
        allowed = ",".join(f"{cell}={_quoted(label)}" for label in labels)
        return f'{cell}<>"",NOT(OR({allowed}))', styles.ERROR_FILL
    return None


def _condition_formula(sheet: Sheet, condition: Condition, letters: Mapping[str, str]) -> str:
    cell, column = f"${letters[condition.column]}{FIRST_ROW}", sheet.column(condition.column)
    tests = [_value_formula(cell, column, value) for value in condition.values]
    return f"OR({','.join(tests)})"


def _value_formula(cell: str, column: Column, value: str) -> str:
    if value == "*":
        return f'{cell}<>""'
    option = column.option(value)
    return f"{cell}={_quoted(option.label.ja if option else '')}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


# Page


def _set_up_page(ws: Worksheet, fields: list[_Field], last_row: int) -> None:
    ws.column_dimensions["A"].width = _LABEL_WIDTH
    ws.freeze_panes = f"B{MARK_ROW + 1}"
    ws.print_title_rows = f"{BAND_ROW}:{MARK_ROW}"
    ws.print_title_cols = "A:A"
    ws.print_area = f"A1:{fields[-1].letter}{last_row}"
    ws.sheet_view.zoomScale = 85
    _break_pages_between_bands(ws, fields)


def _break_pages_between_bands(ws: Worksheet, fields: list[_Field]) -> None:
    """Print as many whole bands per page as fit, all pages at one scale; no device is cut in two."""
    bands = [list(run) for _, run in groupby(fields, key=lambda item: item.band)]
    widest, used = 0, 0
    for band in bands:
        width = sum(_width(item.column) for item in band)
        if used and used + width > _PAGE_WIDTH:
            ws.col_breaks.append(Break(id=band[0].index - 1))
            used = 0
        used += width
        widest = max(widest, used)
    ws.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=False)
    ws.page_setup.scale = min(100, _A3_WIDTH * 100 // (widest + _LABEL_WIDTH))


def _width(column: Column) -> int:
    if column.max_length >= _LONG_TEXT and column.kind is Kind.TEXT:
        return 30
    return _WIDTHS.get(column.kind, 18)


def display_width(text: str) -> int:
    """Return the width of `text` in half-width characters."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)


def _lines(item: _Field) -> int:
    """Return how many lines the help takes in its small type."""
    return -(-display_width(item.column.help.ja) // int(_width(item.column) * 1.2))


def _lines_of(ws: Worksheet, row: int, fields: list[_Field]) -> int:
    texts = ((str(cell_at(ws, row, item.index).value or ""), _width(item.column)) for item in fields)
    return max(-(-display_width(text) // max(width - 2, 1)) for text, width in texts)
