"""Writes the leading sheet 「確認結果」 of a marked workbook: every problem, with a link to its cell."""

from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.utils import quote_sheetname
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from sekisho.adapters.workbooks import styles
from sekisho.adapters.workbooks.cells import cell_at, put_text
from sekisho.adapters.workbooks.sheet_heads import A4
from sekisho.domain.workbook.schema import Problem, Severity

TITLE = "確認結果"
_HEADS = ("No.", "種類", "シート", "セル", "番号", "書かれている内容", "どう直すか")
_WIDTHS = (6, 16, 26, 8, 8, 28, 86)
_KINDS = {Severity.ERROR: "■ 直してください", Severity.WARNING: "▲ ご確認ください"}
_FILLS = {Severity.ERROR: styles.ERROR_FILL, Severity.WARNING: styles.WARNING_FILL}
_MOST_VALUE = 200


def write_problem_list(
    book: Workbook, problems: Sequence[Problem], *, removed_sheets: Sequence[str], may_have_lost_shapes: bool
) -> None:
    """Put the list in front of `book` and show it when the book is opened."""
    titles = list(book.sheetnames)
    ws: Worksheet = book.create_sheet(TITLE, 0)
    for place, other in enumerate(book.worksheets):
        other.sheet_view.tabSelected = place == 0
    book.active = 0
    top = _write_head(ws, problems, removed_sheets, may_have_lost_shapes)
    for number, problem in enumerate(problems, start=1):
        _write_problem(ws, top + number, number, problem, titles)
    _set_up_page(ws, top, top + len(problems))


def _write_head(
    ws: Worksheet, problems: Sequence[Problem], removed_sheets: Sequence[str], may_have_lost_shapes: bool
) -> int:
    """Write title, sums and notes; return the row of the table's head."""
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    warnings = len(problems) - errors
    put_text(ws["A1"], TITLE)
    ws["A1"].font = styles.TITLE
    ws.row_dimensions[1].height = 30
    row = 2
    for note in _notes(errors, warnings, removed_sheets, may_have_lost_shapes):
        put_text(cell_at(ws, row, 1), note)
        cell_at(ws, row, 1).font = styles.NOTE
        ws.row_dimensions[row].height = 18
        row += 1
    for index, (text, width) in enumerate(zip(_HEADS, _WIDTHS, strict=True), start=1):
        cell = cell_at(ws, row + 1, index)
        put_text(cell, text)
        cell.font, cell.fill, cell.border, cell.alignment = (
            styles.BAND,
            styles.BAND_FILL,
            styles.BOX,
            styles.CENTRED,
        )
        ws.column_dimensions[cell.column_letter].width = width
    return row + 1


def _notes(errors: int, warnings: int, removed_sheets: Sequence[str], may_have_lost_shapes: bool) -> list[str]:
    if errors or warnings:
        notes = [
            f"■ 直してください {errors}件　　▲ ご確認ください {warnings}件",
            "「セル」の青い文字を押すと、その場所へ移ります。直すところは色を付け、マウスを重ねると説明が出ます。直したら、このファイルをそのまま送ってください。",
        ]
    else:
        notes = ["問題は見つかりませんでした。このまま提出できます。"]
    if removed_sheets:
        notes.append(
            f"提出不要の一覧表（ログインのための情報）のシート{len(removed_sheets)}枚を取り除きました。元のファイルは病院で保管してください。"
        )
    if may_have_lost_shapes:
        notes.append(
            "図形・グラフ・マクロは、このファイルには写りません。吹き出しを描いたときは、元のファイルを直して送ってください。"
        )
    return notes


def _write_problem(ws: Worksheet, row: int, number: int, problem: Problem, titles: list[str]) -> None:
    texts = (
        str(number),
        _KINDS[problem.severity],
        problem.sheet,
        problem.cell,
        "" if problem.row is None else str(problem.row),
        _clipped(problem.value),
        problem.message.ja,
    )
    for index, text in enumerate(texts, start=1):
        cell = cell_at(ws, row, index)
        put_text(cell, text)
        cell.font, cell.border, cell.alignment = styles.NOTE, styles.BOX, styles.TOP
    cell_at(ws, row, 2).fill = _FILLS[problem.severity]
    if problem.sheet in titles:
        _link(ws, row, problem)
    lines = max(-(-len(text) * 2 // (width - 2)) for text, width in zip(texts, _WIDTHS, strict=True))
    ws.row_dimensions[row].height = 6 + 14 * lines


def _link(ws: Worksheet, row: int, problem: Problem) -> None:
    """Link the cell's name, or the sheet's name when the problem is of a whole sheet."""
    cell = cell_at(ws, row, 4 if problem.cell else 3)
    place = f"{quote_sheetname(problem.sheet)}!{problem.cell or 'A1'}"
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=place, display=str(cell.value))
    cell.font = styles.LINK


def _set_up_page(ws: Worksheet, top: int, last_row: int) -> None:
    ws.freeze_panes = f"A{top + 1}"
    ws.auto_filter.ref = f"A{top}:G{max(last_row, top)}"
    ws.sheet_view.showGridLines = False
    ws.sheet_properties.tabColor = "B3001B"
    ws.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    ws.page_setup.orientation, ws.page_setup.paperSize = "landscape", A4
    ws.page_setup.fitToWidth, ws.page_setup.fitToHeight = 1, 0
    ws.print_title_rows = f"{top}:{top}"


def _clipped(text: str) -> str:
    return text if len(text) <= _MOST_VALUE else text[: _MOST_VALUE - 1] + "…"
