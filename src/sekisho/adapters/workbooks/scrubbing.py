"""Takes accounts, passwords and formulas that reach out of the file from a workbook before it is handed to anybody."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.rich_text import CellRichText
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula
from openpyxl.worksheet.worksheet import Worksheet

from sekisho.adapters.workbooks.cells import put_text
from sekisho.adapters.workbooks.grids import Grid, cell_name
from sekisho.domain.workbook.credentials import CredentialFinder, holds_credentials
from sekisho.domain.workbook.schema import Edition

_REACHES_OUT = re.compile(
    r"\||!'?[A-Z]+\d*'?\s*\(|\b(?:DDE|DDEAUTO|WEBSERVICE|FILTERXML|HYPERLINK|CALL|REGISTER(?:\.ID)?|EXEC|RTD|IMAGE|"
    r"IMPORT[A-Z]+|ENCODEURL|FORMULA|GET\.\w+)\s*\(|\[[^\]]*\][^\]!']*'?!|(?:https?|ftp|file|mailto):|\\\\",
    re.IGNORECASE,
)
"""A formula that runs a program, loads an address, or looks into another file."""


def scrub(
    book: Workbook, edition: Edition, grids: Mapping[str, Grid], places: Collection[tuple[str, str]]
) -> tuple[str, ...]:
    """Remove credentials and formulas that reach out, in place.

    Args:
        book: as openpyxl loaded it, formulas and not their results.
        edition: knows the titles and headings that mean credentials.
        grids: the same sheets with the results of formulas: what a formula shows may be a password too.
        places: (sheet title, cell) that reading has already found.

    Returns:
        how many sheets of accounts were removed, by what they are called here: their own titles may tell something.
    """
    headings = [c.heading.ja for sheet in edition.sheets for c in (*sheet.columns, *sheet.group)]
    finder = CredentialFinder(edition.credential_titles, edition.credential_headings, headings)
    removed = [
        ws.title for ws in book.worksheets if finder.is_credential_sheet(ws.title) or holds_credentials(ws.title)
    ]
    if len(removed) == len(book.worksheets):
        book.create_sheet()
    for title in removed:
        del book[title]
    _scrub_names(book)
    for ws in book.worksheets:
        _scrub_sheet(ws, finder, grids.get(ws.title), {cell for title, cell in places if title == ws.title and cell})
    return tuple(removed)


def _scrub_names(book: Workbook) -> None:
    """Forget document properties, chart sheets and names that may hold what their sheets held."""
    for chart in list(book.chartsheets):
        book.remove(chart)
    book.properties.title = book.properties.subject = book.properties.description = None
    book.properties.keywords = book.properties.category = None
    properties: Any = book  # openpyxl's stubs do not know its custom properties
    properties.custom_doc_props.props.clear()
    for name in [name for name, defined in book.defined_names.items() if not _is_safe_name(name, defined.attr_text)]:
        del book.defined_names[name]


def _is_safe_name(name: str, refers_to: str | None) -> bool:
    """True for a name of cells; a name of a constant（="..."）may hold anything."""
    text = refers_to or ""
    return (
        "!" in text and "#REF!" not in text and '"' not in text and not _REACHES_OUT.search(text) and "_xl" not in name
    )


def _scrub_sheet(ws: Worksheet, finder: CredentialFinder, grid: Grid | None, found: set[str]) -> None:
    rows = [[_text(cell.value) for cell in row] for row in ws.iter_rows(min_row=1, min_col=1)]
    found |= {cell_name(row, column) for row, column in finder.places(rows)}
    if grid is not None:
        found |= {cell_name(row, column) for row, column in finder.places(grid.rows)}
    for row in ws.iter_rows():
        for cell in row:
            if not isinstance(cell, Cell):
                continue
            if cell.coordinate in found:
                cell.value, cell.hyperlink = None, None
            _scrub_cell(cell, grid)
    _scrub_margins(ws)


def _scrub_cell(cell: Cell, grid: Grid | None) -> None:
    if cell.comment and holds_credentials(cell.comment.text):
        cell.comment = None
    if cell.hyperlink and holds_credentials(f"{cell.hyperlink.target} {cell.hyperlink.tooltip}"):
        cell.hyperlink = None
    if cell.data_type == "f" and _REACHES_OUT.search(_text(cell.value)):
        # What it showed is kept, as text; the formula is not.
        put_text(cell, str(grid.value(cell.row - 1, cell.column - 1)) if grid else "")


def _scrub_margins(ws: Worksheet) -> None:
    """Empty the places of a sheet that no one looks at when they hold a credential."""
    for validation in ws.data_validations.dataValidation:
        for name in ("prompt", "error", "promptTitle", "errorTitle", "formula1", "formula2"):
            if holds_credentials(str(getattr(validation, name) or "")):
                setattr(validation, name, None)
    for margin in (ws.HeaderFooter.oddHeader, ws.HeaderFooter.oddFooter, ws.HeaderFooter.evenHeader,
                   ws.HeaderFooter.evenFooter, ws.HeaderFooter.firstHeader, ws.HeaderFooter.firstFooter):  # fmt: skip
        for part in (margin.left, margin.center, margin.right) if margin else ():
            if part is not None and part.text and holds_credentials(part.text):
                part.text = None


def _text(value: object) -> str:
    """Return what a cell holds as plain text, a formula as it is written."""
    if isinstance(value, ArrayFormula):
        return str(value.text)
    if isinstance(value, DataTableFormula):
        return ""
    if isinstance(value, CellRichText):
        return str(value)
    return "" if value is None else str(value)
