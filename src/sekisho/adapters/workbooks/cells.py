"""Writes answers into cells so that they stay what they are: no formula, no lost zero, no date out of "1-2"."""

from typing import cast

from openpyxl.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from sekisho.domain.cells import printable
from sekisho.domain.facts import Unknown
from sekisho.domain.workbook.rows import CLEARED, ReadValue
from sekisho.domain.workbook.schema import Column, Edition, Kind

AS_TEXT = "@"
_NUMBERS = frozenset({Kind.INTEGER, Kind.YEAR})
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
MOST_CHARACTERS = 32_767
"""What Excel holds in one cell."""


def cell_at(ws: Worksheet, row: int, column: int) -> Cell:
    """Return the cell at `row` and `column` from 1, which must not be covered by a merged one."""
    return cast(Cell, ws.cell(row, column))


def put_text(cell: Cell, text: str) -> None:
    """Write `text` as text. What Excel would calculate is quoted as by a leading apostrophe, which nobody sees."""
    # openpyxl makes a formula of "=..." and an error value of "#N/A": the type is set after the value.
    cell.value = printable(text)[:MOST_CHARACTERS]
    cell.data_type = "s"
    if text.startswith(_STARTS_A_FORMULA):
        cell.quotePrefix = True


def put_answer(cell: Cell, column: Column, answer: ReadValue, edition: Edition) -> None:
    """Write one answer as a person would have written it."""
    cell.number_format = "0" if column.kind in _NUMBERS else AS_TEXT
    if isinstance(answer, int) and column.kind in _NUMBERS:
        cell.value = answer
    elif text := spoken(column, answer, edition):
        put_text(cell, text)


def spoken(column: Column, answer: ReadValue, edition: Edition) -> str:
    """Return an answer in the words of the form: the label of an option, 不明（reason）, "" when unanswered."""
    if answer is None or answer == "":
        return ""
    if answer is CLEARED:
        return edition.clear_words[0]
    if isinstance(answer, Unknown):
        word = edition.unknown_words[0]
        return f"{word}（{answer.reason}）" if answer.reason else word
    option = column.option(answer)
    return option.label.ja if option else str(answer)
