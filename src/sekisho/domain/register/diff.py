"""What a workbook would change in the register, field by field, and the register that a workbook holds by itself.

Nothing is lost by an upload:

* a record that the workbook lacks is `MISSING` and stays as it is; a row with nothing but its identity changes nothing;
* a blank cell is no answer: what the register knows is `KEPT`, and listed so that a person sees it;
* to empty a value a person writes（削除）, which is `CLEARED`; a value also goes when the new answers rule it out（固定IP
  became 動的IP: the fixed address）, and the change names that rule;
* a cell that could not be read leaves the old value and is listed as `HELD`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from typing import Any, TypeAlias, TypeVar

from sekisho.domain.facts import Answer, Unknown
from sekisho.domain.register.matching import LINE, TERMINAL, MatchedBy, match_rows
from sekisho.domain.register.records import Basics, Contact, Device, Line, Register, Terminal
from sekisho.domain.workbook.meaning import Record as ReadRecord
from sekisho.domain.workbook.meaning import State, all_hold, state_of
from sekisho.domain.workbook.rows import CLEARED, ReadBook, ReadPart, ReadRow
from sekisho.domain.workbook.schema import Condition, Demand, Edition, Sheet

Record: TypeAlias = Basics | Line | Terminal
T = TypeVar("T", Basics, Contact, Device, Line, Terminal)

_IDENTITY = frozenset({"number", "row_id", "position", "devices", "contacts"})


class Change(Enum):
    """What becomes of a record."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    MISSING = "missing"
    """The register knows it, the workbook does not. It stays as it is."""


class Fate(Enum):
    """What becomes of one answer."""

    SET = "set"
    CLEARED = "cleared"
    KEPT = "kept"
    """Blank in the workbook, known to the register."""
    HELD = "held"
    """Not readable in the workbook; the register's answer stays until it is."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One answer. `part` is the position of the device or contact it belongs to, None for the record's own.

    `rule` is the id of the rule that ruled the old value out, "" otherwise.
    """

    key: str
    old: Answer[Any]
    new: Answer[Any]
    fate: Fate
    part: int | None = None
    rule: str = ""

    @property
    def loses_value(self) -> bool:
        """True when something known becomes unknown or blank: worth a second look."""
        return self.fate is not Fate.KEPT and self.old is not None and not _is_value(self.new) and _is_value(self.old)


@dataclass(frozen=True, slots=True)
class RecordChange:
    """One record of the hospital（sheet "basic"）, a line or a PC.

    `changes` is what accepting it would do; `kept` what stays although the workbook does not say it. `after` is the
    record when accepted. `row` is the row of the workbook, None when missing.
    """

    sheet: str
    change: Change
    after: Record
    row_id: str | None = None
    number: int | None = None
    matched_by: MatchedBy | None = None
    changes: tuple[FieldChange, ...] = ()
    kept: tuple[FieldChange, ...] = ()
    row: ReadRow | None = None


@dataclass(frozen=True, slots=True)
class BookChange:
    """Everything that a workbook would do to a register."""

    records: tuple[RecordChange, ...] = ()

    def of(self, sheet: str, *changes: Change) -> tuple[RecordChange, ...]:
        """Return the records of one sheet, only those with one of `changes` when any is given."""
        return tuple(r for r in self.records if r.sheet == sheet and (not changes or r.change in changes))

    def count(self, change: Change) -> int:
        """Return how many records have `change`."""
        return sum(record.change is change for record in self.records)

    @property
    def changes_nothing(self) -> bool:
        """True when accepting everything would leave the register as it is."""
        return not self.count(Change.NEW) and not self.count(Change.CHANGED)


def compare(edition: Edition, register: Register, book: ReadBook) -> BookChange:
    """Return what accepting `book` would change in `register`; pure, so it can be shown before anything happens.

    Records come in the order of the workbook, those it lacks after them. A sheet that the file lacks changes nothing
    and misses nothing.
    """
    changes: list[RecordChange] = []
    basics = _rows(book, "basic")
    if basics:
        changes.append(_basics_change(edition.sheet("basic"), register.basics, basics[0]))
    if book.sheet("lines"):
        changes += _line_changes(edition.sheet("lines"), register.lines, _rows(book, "lines"))
    if book.sheet("terminals"):
        changes += _terminal_changes(edition.sheet("terminals"), register.terminals, _rows(book, "terminals"))
    return BookChange(tuple(changes))


def _rows(book: ReadBook, key: str) -> list[ReadRow]:
    """Return the rows that say something, and those that carry an identity though they say nothing."""
    sheet = book.sheet(key)
    return [row for row in sheet.rows if row.row_id or not row.is_blank] if sheet else []


def _basics_change(sheet: Sheet, old: Basics, row: ReadRow) -> RecordChange:
    found = _Comparison(sheet, row)
    after = found.applied(old)
    contacts, cells = list(old.contacts), {part.position: part for part in row.parts[: sheet.group_blocks]}
    for position, part in sorted(cells.items()):
        if part.is_blank and position > len(contacts):
            continue
        contacts += [Contact()] * (position - len(contacts))
        contacts[position - 1] = found.applied_part(contacts[position - 1], part)
    after = replace(after, contacts=tuple(contacts))
    change = Change.NEW if old == Basics() and after != old else found.change
    return found.record("basic", change, after, None, 1, MatchedBy.ONLY_ONE)


def _line_changes(sheet: Sheet, lines: Sequence[Line], rows: list[ReadRow]) -> Iterator[RecordChange]:
    matches = match_rows(rows, lines, LINE)
    numbers = _Numbers(line.number for line in lines)
    for place, row in enumerate(rows):
        old, how = matches.found.get(place, (None, None))
        if old is None and row.is_blank:
            continue
        found = _Comparison(sheet, row)
        base = old or Line(numbers.take(row.number))
        after = replace(found.applied(base), devices=_devices(found, base.devices, row))
        yield found.record("lines", found.change if old else Change.NEW, after, base.row_id, base.number, how)
    for line in matches.missing:
        yield RecordChange("lines", Change.MISSING, line, line.row_id, line.number)


def _devices(found: "_Comparison", devices: tuple[Device, ...], row: ReadRow) -> tuple[Device, ...]:
    """Return the devices after the change, by position; one that the workbook leaves blank stays."""
    by_position = {device.position: device for device in devices}
    for part in row.parts:
        known = by_position.get(part.position)
        if known is None and part.is_blank:
            continue
        by_position[part.position] = found.applied_part(known or Device(part.position), part)
    return tuple(by_position[position] for position in sorted(by_position))


def _terminal_changes(sheet: Sheet, terminals: Sequence[Terminal], rows: list[ReadRow]) -> Iterator[RecordChange]:
    matches = match_rows(rows, terminals, TERMINAL)
    numbers = _Numbers(terminal.number for terminal in terminals)
    for place, row in enumerate(rows):
        old, how = matches.found.get(place, (None, None))
        if old is None and row.is_blank:
            continue
        found = _Comparison(sheet, row)
        base = old or Terminal(numbers.take(row.number))
        after = found.applied(base)
        yield found.record("terminals", found.change if old else Change.NEW, after, base.row_id, base.number, how)
    for terminal in matches.missing:
        yield RecordChange("terminals", Change.MISSING, terminal, terminal.row_id, terminal.number)


class _Numbers:
    """Gives new records the number their row says, or the next free one when another has it."""

    def __init__(self, taken: Iterable[int]) -> None:
        self._taken = set(taken)

    def take(self, wanted: int | None) -> int:
        number = wanted if wanted and wanted not in self._taken else max(self._taken, default=0) + 1
        self._taken.add(number)
        return number


@dataclass(slots=True)
class _Comparison:
    """Collects what becomes of the answers of one record."""

    sheet: Sheet
    row: ReadRow
    changes: list[FieldChange] = field(default_factory=list)
    kept: list[FieldChange] = field(default_factory=list)

    @property
    def change(self) -> Change:
        return Change.CHANGED if self.changes else Change.UNCHANGED

    def record(
        self,
        sheet: str,
        change: Change,
        after: Record,
        row_id: str | None,
        number: int | None,
        matched_by: MatchedBy | None,
    ) -> RecordChange:
        return RecordChange(
            sheet, change, after, row_id, number, matched_by, tuple(self.changes), tuple(self.kept), self.row
        )

    def applied(self, old: T) -> T:
        """Return `old` with the row's own answers, then without what these rule out."""
        after = self._applied(old, self.row, None)
        ruled_out = {
            rule.column: rule.id
            for rule in self.sheet.rules
            if rule.demand is Demand.EMPTY and _holds_for(rule.when, after)
        }
        for change in [change for change in self.kept if change.fate is Fate.KEPT and change.key in ruled_out]:
            if change.part is None and _is_value(change.old):
                self.kept.remove(change)
                self.changes.append(replace(change, new=None, fate=Fate.CLEARED, rule=ruled_out[change.key]))
                after = _with(after, {change.key: None})
        return after

    def applied_part(self, old: T, part: ReadPart) -> T:
        """Return a device or contact with the answers of `part`."""
        return self._applied(old, part, part.position)

    def _applied(self, old: T, record: ReadRecord, part: int | None) -> T:
        values: dict[str, Any] = {}
        for key in _answers_of(old):
            change = _field_change(key, getattr(old, key), record, part)
            if change is None:
                continue
            if change.fate in (Fate.KEPT, Fate.HELD):
                self.kept.append(change)
            else:
                self.changes.append(change)
                values[key] = change.new
        return _with(old, values)


def _with(record: T, answers: dict[str, Any]) -> T:
    return replace(record, **answers)


def _answers_of(record: Any) -> list[str]:
    return [item.name for item in fields(record) if item.name not in _IDENTITY]


def _field_change(key: str, old: Answer[Any], record: ReadRecord, part: int | None) -> FieldChange | None:
    """Return what becomes of one answer, None when nothing does and nothing is to be told."""
    state = state_of(record, key)
    new = record.values.get(key)
    if new is CLEARED:
        return None if old is None else FieldChange(key, old, None, Fate.CLEARED, part)
    if state is State.UNREADABLE:
        return FieldChange(key, old, old, Fate.HELD, part)
    if state in (State.ABSENT, State.BLANK):
        return None if old is None else FieldChange(key, old, old, Fate.KEPT, part)
    return None if new == old else FieldChange(key, old, new, Fate.SET, part)


def _holds_for(conditions: tuple[Condition, ...], record: Record | Contact | Device) -> bool:
    """True when the conditions of a rule hold for a record of the register."""
    values = {key: getattr(record, key) for key in _answers_of(record)}
    return bool(conditions) and all_hold(conditions, ReadRow(values=values, cells=dict.fromkeys(values, "")))


def _is_value(answer: object) -> bool:
    return answer is not None and not isinstance(answer, Unknown)


# A workbook by itself


def to_register(book: ReadBook) -> Register:
    """Return what `book` says as a register of its own. What is blank, deleted or unreadable is unanswered.

    A row without a number, or with one that an earlier row has, gets the next free one; a copied row id is dropped.
    """
    basics = next(iter(_rows(book, "basic")), ReadRow())
    contacts = {part.position: _filled(Contact(), part.values) for part in basics.parts if not part.is_blank}
    everyone = tuple(contacts.get(position, Contact()) for position in range(1, max(contacts, default=0) + 1))
    lines = [
        replace(
            _filled(Line(number, row_id), row.values),
            devices=tuple(_filled(Device(part.position), part.values) for part in row.parts if not part.is_blank),
        )
        for number, row_id, row in _identified(book, "lines")
    ]
    terminals = [
        _filled(Terminal(number, row_id), row.values) for number, row_id, row in _identified(book, "terminals")
    ]
    return Register(
        replace(_filled(Basics(), basics.values), contacts=everyone),
        tuple(sorted(lines, key=lambda line: line.number)),
        tuple(sorted(terminals, key=lambda terminal: terminal.number)),
    )


def _identified(book: ReadBook, key: str) -> Iterator[tuple[int, str | None, ReadRow]]:
    """Yield each filled row with a number and a row id that no other has."""
    rows = book.rows(key)
    firsts = {row.number: place for place, row in reversed(list(enumerate(rows))) if row.number}
    numbers = _Numbers(number for number in firsts if number)
    ids: set[str] = set()
    for place, row in enumerate(rows):
        number = row.number if row.number and firsts[row.number] == place else numbers.take(None)
        row_id = row.row_id if row.row_id not in ids else None
        ids.update([row.row_id] if row.row_id else [])
        yield number, row_id, row


def _filled(record: T, values: Mapping[str, Any]) -> T:
    answers = {key: values.get(key) for key in _answers_of(record)}
    return _with(record, {key: None if value is CLEARED else value for key, value in answers.items()})
