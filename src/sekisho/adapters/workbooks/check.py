"""The whole check of an uploaded 別紙2-1: read it, check what it says, and list every problem in reading order."""

import re
from functools import lru_cache
from pathlib import Path

from sekisho.adapters.workbooks.read import read_workbook
from sekisho.adapters.workbooks.safety import Limits
from sekisho.adapters.workbooks.sheet_xml import column_index
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.values import dataclass
from sekisho.domain.workbook.checks import check_book
from sekisho.domain.workbook.rows import ReadBook
from sekisho.domain.workbook.schema import Edition, Problem, Severity

_CELL = re.compile(r"([A-Z]{1,3})(\d+)")
# Where no table was found, that its columns are missing and its rows are none says nothing new.
_NO_TABLE = frozenset({"sheet-without-table", "sheet-transposed"})
_FOLLOWS_FROM_NO_TABLE = frozenset({"missing-column", "no-lines", "terminal-count"})


@dataclass(frozen=True, slots=True)
class CheckedWorkbook:
    """A workbook with everything that is wrong with it, by sheet, row and column of the file."""

    book: ReadBook
    problems: tuple[Problem, ...]
    credentials_dropped: bool

    @property
    def has_errors(self) -> bool:
        """True when at least one problem holds a record back."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)


def check_workbook(
    source: Path | bytes, edition: Edition | None = None, limits: Limits | None = None
) -> CheckedWorkbook:
    """Return the workbook at `source`, read and checked against `edition` (the current one when None).

    Raises:
        UnreadableWorkbook: the file is no workbook of ours, or cannot be read safely; its text says what to do.
    """
    reading = read_workbook(source, edition, limits)
    checked = check_book(edition or load_edition(), reading.book)
    problems = [*reading.problems, *_news(checked, reading.problems)]
    order = {sheet.title: index for index, sheet in enumerate(reading.book.sheets)}
    problems.sort(key=lambda problem: (order.get(problem.sheet, len(order)), problem.sheet, *_place(problem.cell)))
    return CheckedWorkbook(reading.book, tuple(problems), reading.credentials_dropped)


def _news(checked: list[Problem], reading: tuple[Problem, ...]) -> list[Problem]:
    """Return the problems of the checks that reading has not told in its own words for the same cell."""
    told = {(problem.sheet, problem.cell) for problem in reading if problem.severity is Severity.ERROR and problem.cell}
    without_table = {problem.sheet for problem in reading if problem.rule in _NO_TABLE}
    return [
        problem
        for problem in checked
        if (problem.sheet, problem.cell) not in told
        and not (problem.sheet in without_table and problem.rule in _FOLLOWS_FROM_NO_TABLE)
    ]


@lru_cache(maxsize=4096)
def _place(cell: str) -> tuple[int, int]:
    """Return (row, column) of a cell for sorting; a whole sheet comes before its cells."""
    match = _CELL.fullmatch(cell)
    return (int(match.group(2)), column_index(match.group(1))) if match else (0, 0)
