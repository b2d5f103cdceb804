"""The sheet 「記入方法」: every question of the book with where to find the answer, what to write, and its rules."""

from math import ceil

from openpyxl.worksheet.worksheet import Worksheet

from sekisho.adapters.workbooks import styles
from sekisho.adapters.workbooks.cells import cell_at, put_text
from sekisho.adapters.workbooks.sheet_heads import Head, write_head
from sekisho.domain.workbook.instructions import instruction, need_mark, rule_instruction
from sekisho.domain.workbook.schema import Column, Edition, Sheet

TITLE = "記入方法"
_HEADS = ("シート", "欄", "必須/任意", "どこで分かるか", "書き方", "ほかの欄との決まり", "例")
_WIDTHS = (18, 26, 14, 48, 46, 52, 28)
_STEPS = (
    "1. 電子カルテとつながるデータ回線を、有線・無線や会社の違いにかかわらず、すべて書きます（電話だけの回線は除きます）。保守会社が引いた回線も含めます。",
    "2. 黄色の欄は必ず書きます。答えによって要らなくなった欄は灰色に、必要になった欄は濃い黄色に変わります。",
    "3. 分からない欄は「不明」と書いてください。空のままにせず「不明」とあれば、確認の依頼に進めます。",
    "4. 前に書いた内容を消したいときは、その欄に「（削除）」と書きます。空にしただけでは消えません。行を消しても、台帳の回線は消えません。",
    "5. ログインのための情報（アカウントなど）は、どの欄にも書かないでください。一覧表は提出不要です。病院で保管し、当日その場で使います。",
)


def write_guide(ws: Worksheet, edition: Edition, head: Head) -> None:
    """Write the steps, then a table of all questions."""
    write_head(ws, head, len(_HEADS), with_legend=False)
    for place, text in enumerate(_STEPS, start=3):
        put_text(cell_at(ws, place, 1), text)
        cell_at(ws, place, 1).font = styles.NOTE
        ws.row_dimensions[place].height = 18
    top = 4 + len(_STEPS)
    _write_heads(ws, top)
    row = top + 1
    for sheet in edition.sheets:
        for column in (*sheet.columns, *sheet.group):
            _write_question(ws, edition, sheet, column, row)
            row += 1
    ws.freeze_panes = f"C{top + 1}"
    ws.print_title_rows = f"{top}:{top}"
    ws.page_setup.fitToWidth, ws.page_setup.fitToHeight = 1, 0
    ws.print_area = f"A1:G{row - 1}"


def _write_heads(ws: Worksheet, row: int) -> None:
    for index, (text, width) in enumerate(zip(_HEADS, _WIDTHS, strict=True), start=1):
        cell = cell_at(ws, row, index)
        put_text(cell, text)
        cell.font, cell.fill, cell.border = styles.BAND, styles.BAND_FILL, styles.BOX
        cell.alignment = styles.CENTRED
        ws.column_dimensions[cell.column_letter].width = width


def _write_question(ws: Worksheet, edition: Edition, sheet: Sheet, column: Column, row: int) -> None:
    rules = [rule_instruction(sheet, rule).ja for rule in sheet.rules if rule.column == column.key]
    each = {"basic": "（担当者ごと）", "lines": "（装置ごと）"}[sheet.key] if column in sheet.group else ""
    texts = (
        sheet.title.ja.removesuffix("記入シート"),
        column.heading.ja + each,
        need_mark(column).ja,
        column.help.ja,
        instruction(column).ja,
        "\n".join(f"・{text}" for text in rules),
        column.example,
    )
    lines = 1
    for index, text in enumerate(texts, start=1):
        cell = cell_at(ws, row, index)
        put_text(cell, text)
        cell.font, cell.border, cell.alignment = styles.NOTE, styles.BOX, styles.TOP
        # Japanese letters of this face are a little narrower than two half-width ones.
        lines = max(lines, sum(ceil(len(line) * 1.8 / (_WIDTHS[index - 1] - 3)) for line in text.split("\n")))
    cell_at(ws, row, 2).font = styles.HEADING
    cell_at(ws, row, 3).font = styles.MARKS.get(column.need, styles.MARK)
    ws.row_dimensions[row].height = 6 + 13.5 * lines
