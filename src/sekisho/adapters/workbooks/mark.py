"""Gives the same workbook back with its problem cells marked and explained, and a leading sheet that lists them all.

Kept: values, formulas, styles, widths, comments, pull-downs, and pictures. Not kept: what openpyxl cannot carry (charts,
drawn shapes, macros, embedded files); the leading sheet says so. Never kept: accounts and passwords. Their sheets are
removed and their cells emptied here again, whatever was found on reading.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.worksheet.worksheet import Worksheet

from sekisho.adapters.workbooks import styles
from sekisho.adapters.workbooks.grids import Grid, read_grids
from sekisho.adapters.workbooks.packing import packed
from sekisho.adapters.workbooks.problem_sheets import TITLE, write_problem_list
from sekisho.adapters.workbooks.refusals import Refusal, UnreadableWorkbook
from sekisho.adapters.workbooks.safety import open_package
from sekisho.adapters.workbooks.scrubbing import scrub
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.workbook.cleaning import matching_key
from sekisho.domain.workbook.schema import Edition, Problem, Severity

Target = Path | str | IO[bytes]
_MARK = "【確認】"
_MOST_COMMENT = 1_500
_FILLS = {Severity.ERROR: styles.ERROR_FILL, Severity.WARNING: styles.WARNING_FILL}
_OUR_COLOURS = frozenset(fill.start_color.rgb for fill in _FILLS.values())


def mark_problems(
    source: Path | bytes, problems: Sequence[Problem], target: Target, *, edition: Edition | None = None
) -> None:
    """Write the workbook at `source` to `target`, a path or a binary file, with `problems` marked in it.

    The same file and problems give the same bytes. A file that was marked before is marked anew.

    Raises:
        UnreadableWorkbook: the file cannot be read safely, or cannot be carried over; nothing is written then.
    """
    content = marked(source, problems, edition=edition)
    if isinstance(target, str | Path):
        Path(target).write_bytes(content)
    else:
        target.write(content)


def marked(source: Path | bytes, problems: Sequence[Problem], *, edition: Edition | None = None) -> bytes:
    """Return the workbook at `source` with `problems` marked, as the bytes of an .xlsx file.

    Raises:
        UnreadableWorkbook: see `mark_problems`.
    """
    package = open_package(source)
    grids = {grid.title: grid for grid in read_grids(package)}
    book = _opened(package.content)
    had_more = any(_may_hold_shapes(name) for name in package.parts)
    removed = scrub(book, edition or load_edition(), grids, _credential_places(problems))
    _forget_earlier_marks(book)
    for (title, cell), found in _by_cell(problems).items():
        if title in book.sheetnames and cell:
            _mark_cell(book[title], cell, found)
    write_problem_list(book, problems, removed_sheets=removed, may_have_lost_shapes=had_more)
    return _packed(book, grids)


def _may_hold_shapes(part: str) -> bool:
    """True for parts that openpyxl drops, or of which it keeps the pictures only. Comments have a drawing of their own."""
    return part.startswith(("xl/drawings/drawing", "xl/charts/", "xl/diagrams/", "xl/embeddings/", "xl/vba"))


def _opened(content: bytes) -> Workbook:
    """Return the workbook, without macros and links to other files.

    Raises:
        UnreadableWorkbook: openpyxl cannot load it.
    """
    try:
        return load_workbook(io.BytesIO(content), rich_text=True, keep_links=False, keep_vba=False)
    # openpyxl stumbles over odd files in any way that a parser can stumble.
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, BadZipFile, SyntaxError) as error:
        raise UnreadableWorkbook(Refusal.CANNOT_MARK) from error


def _packed(book: Workbook, grids: Mapping[str, Grid]) -> bytes:
    shown = {ws.title: _shown_by_formulas(ws, grids.get(ws.title)) for ws in book.worksheets}
    try:
        return packed(book, shown={title: texts for title, texts in shown.items() if texts})
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OSError) as error:
        raise UnreadableWorkbook(Refusal.CANNOT_MARK) from error


def _shown_by_formulas(ws: Worksheet, grid: Grid | None) -> dict[str, str]:
    """Return what each formula showed when the file was saved, so that it still shows it."""
    if grid is None:
        return {}
    return {
        cell.coordinate: str(grid.value(row, column))
        for row, cells in enumerate(ws.iter_rows(min_row=1, min_col=1))
        for column, cell in enumerate(cells)
        if cell.data_type == "f"
    }


def _credential_places(problems: Iterable[Problem]) -> set[tuple[str, str]]:
    return {(problem.sheet, problem.cell) for problem in problems if problem.rule == "credentials-present"}


def _by_cell(problems: Iterable[Problem]) -> dict[tuple[str, str], list[Problem]]:
    found: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        found.setdefault((problem.sheet, problem.cell), []).append(problem)
    return found


def _mark_cell(ws: Worksheet, name: str, problems: list[Problem]) -> None:
    cell = _own_cell(ws, name)
    worst = Severity.ERROR if any(p.severity is Severity.ERROR for p in problems) else Severity.WARNING
    cell.fill = _FILLS[worst]
    said = "\n".join(f"{_MARK}{problem.message.ja}" for problem in problems)
    before = cell.comment.text if cell.comment else ""
    text = f"{said}\n\n{before}" if before else said
    cell.comment = _comment(text[:_MOST_COMMENT])


def _own_cell(ws: Worksheet, name: str) -> Cell:
    """Return the cell itself, or the first cell of the merged ones that cover it."""
    cell: Any = ws[name]
    if isinstance(cell, MergedCell):
        for merged in ws.merged_cells.ranges:
            if name in merged:
                cell = ws.cell(merged.min_row, merged.min_col)
    result: Cell = cell
    return result


def _comment(text: str) -> Comment:
    comment = Comment(text, "Sekisho")
    comment.width, comment.height = 360, 40 + 17 * (len(text) // 24 + text.count("\n") + 1)
    return comment


def _forget_earlier_marks(book: Workbook) -> None:
    """Take away the list and the marks that an earlier check left, so that mended cells look mended."""
    for title in [title for title in book.sheetnames if matching_key(title) == matching_key(TITLE)]:
        if len(book.sheetnames) > 1:
            del book[title]
    for ws in book.worksheets:
        for row in ws.iter_rows():
            for cell in row:
                if isinstance(cell, Cell) and cell.comment and cell.comment.text.startswith(_MARK):
                    _unmark(cell)


def _unmark(cell: Cell) -> None:
    kept = cell.comment.text.partition("\n\n")[2] if cell.comment else ""
    cell.comment = _comment(kept) if kept else None
    if cell.fill.start_color.rgb in _OUR_COLOURS:
        cell.fill = styles.NO_FILL
