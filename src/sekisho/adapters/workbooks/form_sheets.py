"""Writes a form sheet（基本情報）: a label with its field and help per row, and the contacts as a small table."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from openpyxl.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from sekisho.adapters.workbooks import styles
from sekisho.adapters.workbooks.cells import cell_at, put_answer, put_text
from sekisho.adapters.workbooks.pulldowns import PullDowns
from sekisho.adapters.workbooks.sheet_heads import A4, Head, write_head
from sekisho.domain.workbook.instructions import need_mark
from sekisho.domain.workbook.rows import ReadValue
from sekisho.domain.workbook.schema import Column, Edition, Kind, Sheet

# A margin, the label, the field over three columns, the mark, the help over two.
_WIDTHS = {"A": 2, "B": 26, "C": 16, "D": 16, "E": 26, "F": 22, "G": 24, "H": 34}
_LABEL, _FIELD, _FIELD_END, _MARK, _HELP, _HELP_END = 2, 3, 5, 6, 7, 8
_FIRST_ROW = 5
_CONTACTS_TITLE = "担当者（事務局から連絡してよい方を、連絡する順に4人まで）"


def write_form(
    ws: Worksheet,
    edition: Edition,
    sheet: Sheet,
    answers: Mapping[str, ReadValue],
    parts: Sequence[Mapping[str, ReadValue]],
    pulldowns: PullDowns,
    head: Head,
) -> None:
    """Write the form with `answers`, and `parts` into its group; the last band stands below the group."""
    for letter, width in _WIDTHS.items():
        ws.column_dimensions[letter].width = width
    write_head(ws, head, _HELP_END, with_legend=False)
    bands = [(band, list(run)) for band, run in groupby(_in_bands(sheet), key=lambda column: column.band)]
    row = _FIRST_ROW
    for band, columns in bands[:-1]:
        row = _write_band(ws, row, band.ja if band else "")
        row = _write_fields(ws, edition, columns, answers, pulldowns, row)
    row = _write_group(ws, edition, sheet, parts, pulldowns, row)
    band, columns = bands[-1]
    row = _write_band(ws, row, band.ja if band else "")
    row = _write_fields(ws, edition, columns, answers, pulldowns, row)
    _set_up_page(ws, row)


def _in_bands(sheet: Sheet) -> Iterator[Column]:
    """Yield the columns with those of one band together, the bands in the order in which they first appear."""
    bands = dict.fromkeys(column.band for column in sheet.columns)
    for band in bands:
        yield from (column for column in sheet.columns if column.band == band)


def _write_band(ws: Worksheet, row: int, text: str) -> int:
    for index in range(_LABEL, _HELP_END + 1):
        cell_at(ws, row, index).fill = styles.BAND_FILL
    cell = cell_at(ws, row, _LABEL)
    put_text(cell, text)
    cell.font, cell.alignment = styles.BAND, styles.LEFT
    ws.row_dimensions[row].height = 20
    return row + 1


def _write_fields(
    ws: Worksheet,
    edition: Edition,
    columns: list[Column],
    answers: Mapping[str, ReadValue],
    pulldowns: PullDowns,
    row: int,
) -> int:
    for column in columns:
        _write_field(ws, edition, column, answers.get(column.key), row)
        pulldowns.add(ws, column, f"C{row}")
        row += 1
    return row


def _write_field(ws: Worksheet, edition: Edition, column: Column, answer: ReadValue, row: int) -> None:
    label, mark, help_cell = cell_at(ws, row, _LABEL), cell_at(ws, row, _MARK), cell_at(ws, row, _HELP)
    _dress(ws, row)
    put_text(label, column.heading.ja)
    label.font, label.fill, label.alignment = styles.HEADING, styles.HEADING_FILL, styles.WRAPPED
    _dress_field(cell_at(ws, row, _FIELD), column)
    put_answer(cell_at(ws, row, _FIELD), column, answer, edition)
    put_text(mark, need_mark(column).ja)
    mark.font, mark.alignment = styles.MARKS.get(column.need, styles.MARK), styles.CENTRED
    put_text(help_cell, column.help.ja)
    help_cell.font, help_cell.fill, help_cell.alignment = styles.SMALL, styles.GUIDE_FILL, styles.WRAPPED
    ws.merge_cells(start_row=row, end_row=row, start_column=_FIELD, end_column=_FIELD_END)
    ws.merge_cells(start_row=row, end_row=row, start_column=_HELP, end_column=_HELP_END)
    ws.row_dimensions[row].height = 30


def _dress(ws: Worksheet, row: int) -> None:
    for index in range(_LABEL, _HELP_END + 1):
        cell_at(ws, row, index).border = styles.BOX


def _dress_field(cell: Cell, column: Column) -> None:
    cell.font, cell.alignment, cell.protection = styles.BODY, styles.WRAPPED, styles.UNLOCKED
    if fill := styles.FIELD_FILLS.get(column.need):
        cell.fill = fill
    if column.kind is Kind.INTEGER:
        cell.alignment = styles.FIGURE


def _write_group(
    ws: Worksheet,
    edition: Edition,
    sheet: Sheet,
    parts: Sequence[Mapping[str, ReadValue]],
    pulldowns: PullDowns,
    row: int,
) -> int:
    """Write the group as a table: one repetition per row, its title in front."""
    row = _write_band(ws, row, _CONTACTS_TITLE)
    for index, column in enumerate(sheet.group, start=_FIELD):
        for place, text, font in (
            (row, column.heading.ja, styles.HEADING),
            (row + 1, need_mark(column).ja, styles.MARKS.get(column.need, styles.MARK)),
        ):
            cell = cell_at(ws, place, index)
            put_text(cell, text)
            cell.font, cell.fill, cell.alignment = font, styles.HEADING_FILL, styles.CENTRED
    for place in (row, row + 1):
        _dress(ws, place)
        cell_at(ws, place, _LABEL).fill = styles.HEADING_FILL
    put_text(cell_at(ws, row + 1, _LABEL), "1人目は必須、2人目からは任意")
    cell_at(ws, row + 1, _LABEL).font = styles.SMALL
    for position in range(1, max(sheet.group_blocks, len(parts)) + 1):
        part = parts[position - 1] if position <= len(parts) else {}
        _write_part(ws, edition, sheet, part, position, row + 1 + position)
    last = row + 1 + max(sheet.group_blocks, len(parts))
    for index, column in enumerate(sheet.group, start=_FIELD):
        letter = cell_at(ws, row, index).column_letter
        pulldowns.add(ws, column, f"{letter}{row + 2}:{letter}{last}")
    return last + 1


def _write_part(
    ws: Worksheet, edition: Edition, sheet: Sheet, part: Mapping[str, ReadValue], position: int, row: int
) -> None:
    _dress(ws, row)
    label = cell_at(ws, row, _LABEL)
    put_text(label, edition.group_title(sheet.key, position).ja)
    label.font, label.fill, label.alignment = styles.HEADING, styles.HEADING_FILL, styles.WRAPPED
    for index, column in enumerate(sheet.group, start=_FIELD):
        cell = cell_at(ws, row, index)
        cell.font, cell.alignment, cell.protection = styles.BODY, styles.WRAPPED, styles.UNLOCKED
        if position == 1 and (fill := styles.FIELD_FILLS.get(column.need)):
            cell.fill = fill
        put_answer(cell, column, part.get(column.key), edition)
    ws.row_dimensions[row].height = 26


def _set_up_page(ws: Worksheet, end: int) -> None:
    ws.freeze_panes = f"A{_FIRST_ROW - 1}"
    ws.print_area = f"A1:H{end - 1}"
    ws.page_setup.paperSize = A4
    ws.page_setup.fitToWidth, ws.page_setup.fitToHeight = 1, 1
