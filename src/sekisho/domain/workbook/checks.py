"""Says everything that is wrong with a workbook that was read: sheets, columns, records, and records against each other.

Pure, and the same for an uploaded file and for the web form. What could not be read at all was said by the reader.
Unknown is an answer: it is no problem where it is allowed, and `unknown_count` counts it, because each becomes a task.
"""

from collections.abc import Iterable, Iterator

from sekisho.domain.facts import Unknown
from sekisho.domain.text import Text
from sekisho.domain.workbook import messages
from sekisho.domain.workbook.duplicate_checks import check_duplicates
from sekisho.domain.workbook.meaning import Record
from sekisho.domain.workbook.messages import Saying
from sekisho.domain.workbook.record_checks import check_records
from sekisho.domain.workbook.rows import ReadBook, ReadSheet
from sekisho.domain.workbook.schema import Demand, Edition, Need, Problem, Severity, Sheet

_ABSENT_SAYINGS = {Need.REQUIRED: messages.MISSING_COLUMN, Need.CONDITIONAL: messages.MISSING_CONDITIONAL_COLUMN}


def check_book(edition: Edition, book: ReadBook) -> list[Problem]:
    """Return every problem of `book`, in the order of the edition's sheets, then by row and column."""
    return [problem for sheet in edition.sheets for problem in _check_sheet(sheet, book.sheet(sheet.key))]


def has_errors(problems: Iterable[Problem], row: int | None = None, sheet: str | None = None) -> bool:
    """True when an error is among `problems`; with `row` and `sheet` (title), one that holds back that record."""
    return any(
        problem.severity is Severity.ERROR
        and (row is None or problem.row == row)
        and (sheet is None or problem.sheet == sheet)
        for problem in problems
    )


def unknown_count(book: ReadBook) -> int:
    """Return how many answers of the whole book are an explicit unknown."""
    rows = [row for sheet in book.sheets for row in sheet.filled_rows()]
    records: list[Record] = [*rows, *(part for row in rows for part in row.parts)]
    return sum(isinstance(value, Unknown) for record in records for value in record.values.values())


def place_and_message(problem: Problem) -> Text:
    """Return the whole sentence for lists and mails: 「回線・機器情報記入シート」M12：…"""
    if not problem.cell:
        return Text(f"「{problem.sheet}」：{problem.message.ja}", f"{problem.sheet}: {problem.message.en}")
    return Text(
        f"「{problem.sheet}」{problem.cell}：{problem.message.ja}",
        f"{problem.sheet}, cell {problem.cell}: {problem.message.en}",
    )


def _check_sheet(sheet: Sheet, found: ReadSheet | None) -> Iterator[Problem]:
    if found is None:
        yield _sheet_problem(sheet.title.ja, messages.MISSING_SHEET, wanted=sheet.title)
        return
    yield from _check_columns(sheet, found)
    yield from _check_extent(sheet, found)
    if sheet.key == "places":
        return
    rows = found.rows if sheet.layout == "form" else found.filled_rows()
    yield from check_records(sheet, found.title, rows)
    yield from check_duplicates(sheet, found)


def _check_columns(sheet: Sheet, found: ReadSheet) -> Iterator[Problem]:
    """Yield the asked columns that the file lacks: once for the sheet, not once for every row."""
    for column in (*sheet.columns, *sheet.group):
        saying = _ABSENT_SAYINGS.get(column.need)
        if column.key in found.columns or saying is None:
            continue
        if column.need is Need.REQUIRED or _can_be_demanded(sheet, column.key, found):
            yield _sheet_problem(found.title, saying, column=column.key, heading=column.heading)


def _can_be_demanded(sheet: Sheet, key: str, found: ReadSheet) -> bool:
    """True when the file has the answers that may make column `key` necessary; it is not missed otherwise."""
    demands = (rule for rule in sheet.rules if rule.column == key and rule.demand in (Demand.FILLED, Demand.ONE_OF))
    return any(all(condition.column in found.columns for condition in rule.when) for rule in demands)


def _check_extent(sheet: Sheet, found: ReadSheet) -> Iterator[Problem]:
    """Yield what is wrong with the number of records and pictures."""
    count = sum(1 for _ in found.filled_rows())
    if sheet.key == "lines" and not count:
        yield _sheet_problem(found.title, messages.NO_LINES)
    if sheet.rows is not None and count != sheet.rows:
        yield _sheet_problem(found.title, messages.TERMINAL_COUNT, count=count)
    if sheet.key == "places" and found.pictures == 0:
        yield _sheet_problem(found.title, messages.NO_FLOOR_PLAN)
    if sheet.layout == "form" and sheet.group_blocks:
        yield from _too_many_parts(sheet, found)


def _too_many_parts(sheet: Sheet, found: ReadSheet) -> Iterator[Problem]:
    positions = sorted(part.position for row in found.rows for part in row.parts if not part.is_blank)
    beyond = [position for position in positions if position > sheet.group_blocks]
    if beyond:
        yield _sheet_problem(found.title, messages.TOO_MANY_PARTS, limit=sheet.group_blocks, count=beyond[0])


def _sheet_problem(title: str, saying: Saying, column: str = "", **values: object) -> Problem:
    return Problem(
        sheet=title,
        cell="",
        rule=saying.rule,
        severity=saying.severity,
        message=saying.message.filled(**values),
        column=column,
    )
