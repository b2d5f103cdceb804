"""What an upload would do: each record with its fate, which are held back and why."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sekisho.apps.register.queries import register_of
from sekisho.apps.workbooks.models import Upload
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.facts import to_plain
from sekisho.domain.register.diff import BookChange, Change, RecordChange, compare
from sekisho.domain.workbook.rows import ReadBook, ReadPart, ReadRow
from sekisho.domain.workbook.schema import Problem, Severity
from sekisho.domain.workbook.stored import book_from_json, problem_from_json

BASIC = "basic"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One record of the workbook. `errors` hold it back; when `only_gaps`, they are nothing but missing answers."""

    record: RecordChange
    errors: tuple[Problem, ...]
    only_gaps: bool

    def is_held(self, *, accept_gaps: bool) -> bool:
        """Return True when the record is not taken over. The hospital's own facts are held back one by one instead."""
        if self.record.sheet == BASIC or not self.errors:
            return False
        return not (accept_gaps and self.only_gaps)

    @property
    def held_answers(self) -> frozenset[tuple[int | None, str]]:
        """Return which of the hospital's own facts are held back, as (contact's position or None, key)."""
        return frozenset((_part_of(self.record.row, error), error.column) for error in self.errors)


@dataclass(frozen=True, slots=True)
class Intake:
    """Everything an upload would do to the register as it is now. `fingerprint` changes when the register does."""

    change: BookChange
    candidates: tuple[Candidate, ...]
    problems: tuple[Problem, ...]
    fingerprint: str

    def held(self, *, accept_gaps: bool) -> list[Candidate]:
        """Return the candidates that are held back."""
        return [c for c in self.candidates if c.is_held(accept_gaps=accept_gaps)]


def intake_of(upload: Upload) -> Intake:
    """Return what accepting `upload` would do now."""
    edition = load_edition()
    book = book_from_json(upload.book)
    problems = tuple(problem_from_json(stored) for stored in upload.problems)
    change = compare(edition, register_of(upload.hospital), book)
    errors = _errors_by_row(book, problems)
    candidates = tuple(
        _candidate(record, errors.get(_row_key(record.sheet, record.row), ()))
        for record in change.records
        if record.row
    )
    return Intake(change, candidates, problems, _fingerprint(change))


def _candidate(record: RecordChange, errors: Iterable[Problem]) -> Candidate:
    listed = tuple(errors)
    return Candidate(record, listed, bool(listed) and all(_is_gap(record.row, error) for error in listed))


def _part_of(row: ReadRow | None, error: Problem) -> int | None:
    parts = row.parts if row else ()
    return next((part.position for part in parts if part.cells.get(error.column, "") == error.cell), None)


def _is_gap(row: ReadRow | None, error: Problem) -> bool:
    """Return True when the error says only that an answer is missing."""
    if row is None or not error.column:
        return False
    if error.value:
        return False
    parts: tuple[ReadRow | ReadPart, ...] = (row, *row.parts)
    named = [part for part in parts if part.cells.get(error.column, "") == error.cell]
    return all(not part.raw.get(error.column) for part in named)


def _row_key(sheet: str, row: ReadRow | None) -> tuple[str, int]:
    return sheet, id(row)


def _errors_by_row(book: ReadBook, problems: Iterable[Problem]) -> dict[tuple[str, int], list[Problem]]:
    """Return the errors of each row, found by the cell they name, else by the row's number."""
    by_cell: dict[tuple[str, str], tuple[str, int]] = {}
    by_number: dict[tuple[str, int | None], tuple[str, int]] = {}
    for sheet in book.sheets:
        for row in sheet.rows:
            key = _row_key(sheet.key, row)
            by_number.setdefault((sheet.title, row.number), key)
            cells = [row.label_cell, *row.cells.values(), *(c for part in row.parts for c in part.cells.values())]
            by_cell.update({(sheet.title, cell): key for cell in cells if cell})
    found: dict[tuple[str, int], list[Problem]] = defaultdict(list)
    for problem in problems:
        if problem.severity is not Severity.ERROR:
            continue
        place = by_cell.get((problem.sheet, problem.cell)) or by_number.get((problem.sheet, problem.row))
        if place is not None and (problem.cell or problem.row is not None):
            found[place].append(problem)
    return found


def _fingerprint(change: BookChange) -> str:
    """Return a short word for what accepting would do, so that a decision is about what the person has seen."""
    told = [
        [
            record.sheet,
            record.change.value,
            record.row_id,
            record.number,
            [[c.key, c.part, to_plain(c.old), to_plain(c.new)] for c in record.changes],
        ]
        for record in change.records
        if record.change is not Change.UNCHANGED
    ]
    return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()[:32]
