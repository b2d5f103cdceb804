"""How complete a register is, as two numbers: answered, and satisfied.

Asked is every question that must be answered for these records (the workbook's own rules say which). Answered counts
an explicit unknown too, for a person has dealt with the question; satisfied counts neither unknowns nor answers that a
rule refuses.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from sekisho.domain.facts import Unknown
from sekisho.domain.register.as_book import book_of
from sekisho.domain.register.records import Register
from sekisho.domain.workbook.checks import check_book
from sekisho.domain.workbook.rows import ReadBook, ReadRow
from sekisho.domain.workbook.schema import Column, Edition, Need, Problem, Severity

_ASKED = frozenset({Need.REQUIRED, Need.CONDITIONAL})


@dataclass(frozen=True, slots=True)
class Completeness:
    """Of `asked` questions, `answered` have an answer and `satisfied` a good one. `problems` are all that rules found."""

    asked: int
    answered: int
    satisfied: int
    unknown: int
    problems: tuple[Problem, ...]

    def of_record(self, sheet_title: str, number: int) -> tuple[Problem, ...]:
        """Return the problems of one record: line or terminal `number` of the sheet with that title."""
        return tuple(p for p in self.problems if p.sheet == sheet_title and p.row == number)


def completeness_of(register: Register, edition: Edition) -> Completeness:
    """Return how complete `register` is by the rules of `edition`."""
    book = book_of(register, edition)
    problems = tuple(check_book(edition, book))
    refused: dict[tuple[str, int | None, str], int] = defaultdict(int)
    for problem in problems:
        if problem.severity is Severity.ERROR and problem.column:
            refused[problem.sheet, problem.row, problem.column] += 1
    asked = answered = satisfied = unknown = 0
    for title, row, column, answer in _answers(book, edition):
        key = (title, row.number if title != edition.sheet("basic").title.ja else None, column.key)
        is_refused = bool(refused.get(key) or refused.get((title, row.number, column.key)))
        unknown += isinstance(answer, Unknown)
        if answer is None:
            asked += is_refused
        elif column.need in _ASKED:
            asked += 1
            answered += 1
            satisfied += not isinstance(answer, Unknown) and not is_refused
    return Completeness(asked, answered, satisfied, unknown, problems)


def _answers(book: ReadBook, edition: Edition) -> Iterator[tuple[str, ReadRow, Column, object]]:
    """Yield every question of every record with its answer; of the repeating groups, those of the first repetition."""
    for sheet in edition.sheets:
        found = book.sheet(sheet.key)
        if found is None:
            continue
        for row in found.rows:
            for column in sheet.columns:
                yield found.title, row, column, row.values.get(column.key)
            for part in row.parts[:1]:
                for column in sheet.group:
                    yield found.title, row, column, part.values.get(column.key)
