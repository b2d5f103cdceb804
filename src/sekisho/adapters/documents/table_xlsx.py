"""One table as an Excel workbook, for exports of lists."""

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from sekisho.domain.cells import printable

_HEAD_FONT = Font(bold=True, color="FFFFFF")
_HEAD_FILL = PatternFill("solid", fgColor="0017C1")
_WRAP = Alignment(vertical="top", wrap_text=True)
_MAX_WIDTH, _MIN_WIDTH = 48, 10


def write_table(*, title: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return a workbook with one sheet `title`. Text stays text: nothing in it is calculated when it is opened."""
    listed = [list(row) for row in rows]
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(_sheet_title(title))
    sheet.freeze_panes = "A2"
    for index, head in enumerate(heads):
        longest = max((_width(row[index]) for row in listed), default=0)
        letter = get_column_letter(index + 1)
        sheet.column_dimensions[letter].width = min(_MAX_WIDTH, max(_MIN_WIDTH, _width(head), longest) + 2)
    if heads:
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{len(listed) + 1}"
    sheet.append([_head_cell(sheet, head) for head in heads])
    for row in listed:
        sheet.append([_cell(sheet, value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet_title(title: str) -> str:
    return "".join(c for c in printable(title) if c not in r"[]:*?/\\")[:31] or "Sheet1"


def _head_cell(sheet: Any, text: str) -> Cell:
    cell = _cell(sheet, text)
    cell.font, cell.fill, cell.alignment = _HEAD_FONT, _HEAD_FILL, _WRAP
    return cell


def _cell(sheet: Any, value: Any) -> Cell:
    plain: Any = value if isinstance(value, (int, float, date, datetime)) and not isinstance(value, bool) else None
    if isinstance(plain, datetime):
        plain = plain.replace(tzinfo=None)
    cell: Cell = WriteOnlyCell(
        sheet, value=plain if plain is not None else printable("" if value is None else str(value))
    )
    if plain is None:
        cell.data_type = "s"  # openpyxl would make a formula of "=..."
    cell.alignment = _WRAP
    return cell


def _width(value: Any) -> int:
    """Return the width of a cell in half-width characters, of its longest line."""
    lines = str(value if value is not None else "").splitlines() or [""]
    return max(sum(2 if ord(c) > 0x2E7F else 1 for c in line) for line in lines)
