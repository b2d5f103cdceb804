"""The head of every sheet: its title, the edition, whose it is, what the colours mean; paper and margins."""

from dataclasses import dataclass

from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from sekisho.adapters.workbooks import styles
from sekisho.adapters.workbooks.cells import cell_at, put_text
from sekisho.domain.workbook.schema import Edition, Need, Sheet

A3, A4 = 8, 9
_LEGEND = (
    ("必須", styles.FIELD_FILLS[Need.REQUIRED]),
    ("条件により必須", styles.FIELD_FILLS[Need.CONDITIONAL]),
    ("今の答えでは必要", styles.STILL_NEEDED_FILL),
    ("書かなくてよい", styles.NOT_NEEDED_FILL),
)


@dataclass(frozen=True, slots=True)
class Head:
    """What stands on top of a sheet. `whose` names the hospital in a prefilled book; `note` tells how to fill in."""

    title: str
    edition: str
    whose: str
    note: str


def head_of(edition: Edition, sheet: Sheet, whose: str, note: str) -> Head:
    """Return the head of one sheet of `edition`."""
    year, month, day = (int(part) for part in edition.issued_on.split("-"))
    return Head(sheet.title.ja, f"発行日 {year}年{month}月{day}日　{edition.name}版", whose, note)


def write_head(ws: Worksheet, head: Head, last_column: int, *, first_column: int = 1, with_legend: bool = True) -> None:
    """Write title and edition into row 1, whose it is and how to fill in into row 2, the colours into row 3.

    A column that is printed again on every page must not hold the title, which would be cut off there.
    """
    title, note = cell_at(ws, 1, first_column), cell_at(ws, 2, first_column)
    put_text(title, head.title)
    title.font, title.alignment = styles.TITLE, styles.LEFT
    edition = cell_at(ws, 1, last_column)
    put_text(edition, head.edition)
    edition.font, edition.alignment = styles.SUBTITLE, styles.RIGHT
    put_text(note, f"{head.whose}　{head.note}" if head.whose else head.note)
    note.font, note.alignment = styles.NOTE, styles.LEFT
    ws.row_dimensions[1].height, ws.row_dimensions[2].height, ws.row_dimensions[3].height = 30, 20, 18
    if with_legend:
        _write_legend(ws)
    _set_up_paper(ws, head)


def _write_legend(ws: Worksheet) -> None:
    for index, (text, fill) in enumerate(_LEGEND, start=2):
        cell = cell_at(ws, 3, index)
        put_text(cell, text)
        cell.font, cell.fill, cell.border, cell.alignment = styles.SMALL, fill, styles.BOX, styles.CENTRED


def _set_up_paper(ws: Worksheet, head: Head) -> None:
    ws.sheet_view.showGridLines = False
    ws.sheet_properties.tabColor = styles.ACCENT
    ws.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    ws.page_setup.orientation, ws.page_setup.paperSize = "landscape", A3
    ws.page_margins.left = ws.page_margins.right = 0.4
    ws.page_margins.top, ws.page_margins.bottom = 0.5, 0.6
    ws.page_margins.header = ws.page_margins.footer = 0.3
    # "&" starts a code in a footer.
    footer = HeaderFooterItem(
        left=_HeaderFooterPart(text=head.title.replace("&", "&&")),
        center=_HeaderFooterPart(text="&P / &N"),
        right=_HeaderFooterPart(text=head.edition.replace("&", "&&")),
    )
    ws.HeaderFooter.oddFooter = footer
