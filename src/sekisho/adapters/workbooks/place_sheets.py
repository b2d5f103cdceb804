"""Writes the floor plan sheet: room for the plans, and a label per line and PC that fills itself from the other sheets."""

from collections.abc import Mapping

from openpyxl.styles import Border, Side
from openpyxl.worksheet.worksheet import Worksheet

from sekisho.adapters.workbooks import styles
from sekisho.adapters.workbooks.cells import cell_at, put_text
from sekisho.adapters.workbooks.sheet_heads import Head, write_head
from sekisho.adapters.workbooks.table_sheets import FIRST_ROW
from sekisho.domain.workbook.schema import Edition, Sheet

_TOP, _WIDTHS = 4, {"A": 10, "B": 46, "C": 18, "D": 3}
_PLAN_FIRST, _PLAN_LAST, _PLAN_ROWS = 5, 20, 44
_LINE_PARTS = ("circuit_id", "purpose", "terminator_location")
_TERMINAL_PARTS = ("host_name", "system_kind", "location")


def write_places(
    ws: Worksheet, edition: Edition, sheet: Sheet, others: Mapping[str, Worksheet], head: Head
) -> dict[str, str]:
    """Write the sheet. `others` are the written sheets of lines and terminals.

    Returns:
        by cell, the text that each formula shows at first.
    """
    write_head(ws, head, _PLAN_LAST, with_legend=False)
    for letter, width in _WIDTHS.items():
        ws.column_dimensions[letter].width = width
    _write_heads(ws, sheet)
    shown: dict[str, str] = {}
    row = _TOP + 1
    for key, parts in (("lines", _LINE_PARTS), ("terminals", _TERMINAL_PARTS)):
        for source in _record_rows(others[key], edition.example_words[0]):
            _write_label(ws, row, others[key], source, _letters(edition.sheet(key), parts), shown)
            row += 1
    _frame_plan(ws, max(row - 1, _TOP + _PLAN_ROWS))
    ws.freeze_panes = f"A{_TOP + 1}"
    ws.print_title_rows = f"{_TOP}:{_TOP}"
    ws.page_setup.fitToWidth, ws.page_setup.fitToHeight = 1, 0
    return shown


def _write_heads(ws: Worksheet, sheet: Sheet) -> None:
    for index, column in enumerate(sheet.columns, start=1):
        cell = cell_at(ws, _TOP, index)
        put_text(cell, column.heading.ja)
        cell.font, cell.fill, cell.border, cell.alignment = (
            styles.BAND,
            styles.BAND_FILL,
            styles.BOX,
            styles.CENTRED,
        )


def _record_rows(ws: Worksheet, example: str) -> list[int]:
    rows = range(FIRST_ROW, ws.max_row + 1)
    return [row for row in rows if cell_at(ws, row, 1).value not in (None, "", example)]


def _letters(sheet: Sheet, keys: tuple[str, ...]) -> list[int]:
    """Return where the columns stand on the written sheet: the first column holds the labels."""
    order = [column.key for column in sheet.columns]
    return [order.index(key) + 2 for key in keys]


def _write_label(
    ws: Worksheet, row: int, source: Worksheet, source_row: int, columns: list[int], shown: dict[str, str]
) -> None:
    subject = str(cell_at(source, source_row, 1).value)
    cells = [cell_at(source, source_row, index) for index in columns]
    references = [f"'{source.title}'!${cell.column_letter}${cell.row}" for cell in cells]
    written = [str(cell.value) for cell in cells if cell.value]
    joined = '&" "&'.join(references)
    put_text(cell_at(ws, row, 1), subject)
    cell_at(ws, row, 2).value = f'=IF({"&".join(references)}="","",TRIM("{subject} "&{joined}))'
    shown[f"B{row}"] = " ".join([subject, *written]) if written else ""
    for index in range(1, 4):
        cell = cell_at(ws, row, index)
        cell.font, cell.border, cell.alignment = styles.NOTE, styles.BOX, styles.WRAPPED
    cell_at(ws, row, 1).font, cell_at(ws, row, 1).fill = styles.HEADING, styles.HEADING_FILL
    cell_at(ws, row, 3).number_format = "@"
    ws.row_dimensions[row].height = 26


def _frame_plan(ws: Worksheet, last_row: int) -> None:
    """Draw the frame into which the plans are pasted."""
    for index in range(_PLAN_FIRST, _PLAN_LAST + 1):
        ws.column_dimensions[cell_at(ws, _TOP, index).column_letter].width = 9
        head = cell_at(ws, _TOP, index)
        head.fill = styles.BAND_FILL
    put_text(
        cell_at(ws, _TOP, _PLAN_FIRST),
        "この枠に平面図（フロア図）の画像を貼り、回線終端装置と端末の位置に番号を書き入れてください",
    )
    cell_at(ws, _TOP, _PLAN_FIRST).font = styles.BAND
    edge = Side(style="medium", color=styles.ACCENT)
    for row in range(_TOP + 1, last_row + 1):
        for index in range(_PLAN_FIRST, _PLAN_LAST + 1):
            cell_at(ws, row, index).border = Border(
                left=edge if index == _PLAN_FIRST else None,
                right=edge if index == _PLAN_LAST else None,
                bottom=edge if row == last_row else None,
            )
