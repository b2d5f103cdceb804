"""Pull-downs, input help and bounds of cells, from the same options and bounds as the checks."""

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from sekisho.adapters.workbooks.cells import put_text
from sekisho.domain.workbook.instructions import need_mark
from sekisho.domain.workbook.schema import Column, Edition, Kind, Need
from sekisho.domain.workbook.stamp import LISTS_TITLE

_MOST_PROMPT, _MOST_PROMPT_TITLE, _MOST_ERROR = 255, 32, 225
_LISTS = frozenset({Kind.CHOICE, Kind.OPEN_CHOICE})
_NUMBERS = frozenset({Kind.INTEGER, Kind.YEAR})


class PullDowns:
    """The hidden sheet of lists of one workbook, and the validations that refer to it."""

    def __init__(self, book: Workbook, edition: Edition) -> None:
        self._edition = edition
        self._sheet: Worksheet = book.create_sheet(LISTS_TITLE)
        self._sheet.sheet_state = "hidden"
        self._places: dict[tuple[str, ...], str] = {}

    def add(self, sheet: Worksheet, column: Column, area: str) -> None:
        """Give the cells of `area` the pull-down or bounds of `column`, and its help when a cell is entered."""
        validation = self._validation(column)
        validation.promptTitle = f"{column.heading.ja}（{need_mark(column).ja}）"[:_MOST_PROMPT_TITLE]
        validation.prompt = _clipped(column.help.ja, _MOST_PROMPT)
        validation.showInputMessage = True
        validation.allow_blank = True
        validation.add(area)
        sheet.add_data_validation(validation)

    def _validation(self, column: Column) -> DataValidation:
        if column.kind in _LISTS:
            return self._list(column)
        if column.kind in _NUMBERS and column.minimum is not None and column.maximum is not None:
            error = f"{column.minimum}から{column.maximum}までの数字を書いてください。"
            bounds = DataValidation(
                type="whole", operator="between", formula1=str(column.minimum), formula2=str(column.maximum)
            )
            return _refusing(bounds, column, error)
        length = DataValidation(type="textLength", operator="lessThanOrEqual", formula1=str(column.max_length))
        return _refusing(length, column, f"{column.max_length}文字までで書いてください。")

    def _list(self, column: Column) -> DataValidation:
        words = tuple(option.label.ja for option in column.options)
        if column.unknown_allowed:
            words += (self._edition.unknown_words[0],)
        validation = DataValidation(type="list", formula1=self._place(words, column))
        if column.kind is Kind.OPEN_CHOICE:
            return validation
        return _refusing(validation, column, "一覧から選んでください。")

    def _place(self, words: tuple[str, ...], column: Column) -> str:
        """Return the reference to the list of `words`, written once."""
        if words not in self._places:
            letter = get_column_letter(len(self._places) + 1)
            put_text(self._sheet[f"{letter}1"], column.heading.ja)
            for row, word in enumerate(words, start=2):
                put_text(self._sheet[f"{letter}{row}"], word)
            self._places[words] = f"{LISTS_TITLE}!${letter}$2:${letter}${len(words) + 1}"
        return self._places[words]


def _refusing(validation: DataValidation, column: Column, error: str) -> DataValidation:
    """Stop a wrong entry only where neither 不明（理由）nor （削除）may stand; else ask "are you sure?"."""
    must_fit = column.need is Need.REQUIRED and not column.unknown_allowed
    validation.errorStyle = "stop" if must_fit else "warning"
    validation.errorTitle = "ご確認ください"
    validation.error = _clipped(error, _MOST_ERROR)
    validation.showErrorMessage = True
    return validation


def _clipped(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
