"""Finds which record of the register each row of a workbook is, and says how it was found. Never two rows to one record.

In this order: the hidden row id; what names a record by itself (the circuit id of a line, the host name of a PC); the
number together with the purpose, where nothing speaks against it. A row that fits nothing is new.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

from sekisho.domain.facts import is_known
from sekisho.domain.register.records import Line, Terminal
from sekisho.domain.workbook.duplicate_checks import comparable
from sekisho.domain.workbook.rows import ReadRow

R = TypeVar("R", Line, Terminal)


class MatchedBy(Enum):
    """How the record of a row was found."""

    ROW_ID = "row_id"
    NAME = "name"
    """By the circuit id of a line or the host name of a PC."""
    NUMBER = "number"
    """By the number and the purpose together."""
    ONLY_ONE = "only_one"
    """There is but one: the hospital itself."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which questions name a record of one kind: `name` alone, `purpose` together with the number, `kind` to tell twins."""

    name: str
    purpose: str
    kind: str


LINE = Identity("circuit_id", "purpose", "communication")
TERMINAL = Identity("host_name", "system_kind", "thin_client")


@dataclass(slots=True)
class Matches(Generic[R]):
    """What was found: for each row, by its place, its record and how; and the records that no row is."""

    found: dict[int, tuple[R, MatchedBy]] = field(default_factory=dict)
    missing: list[R] = field(default_factory=list)


def match_rows(rows: Sequence[ReadRow], records: Sequence[R], identity: Identity) -> Matches[R]:
    """Return which of `records` each of `rows` is."""
    matching = _Matching(rows, records, identity)
    matching.by_row_id()
    matching.by_key(MatchedBy.NAME, matching.name_and_kind_of_row, matching.name_and_kind_of_record)
    matching.by_key(MatchedBy.NAME, matching.name_of_row, matching.name_of_record)
    matching.by_key(MatchedBy.NUMBER, matching.number_of_row, matching.number_of_record)
    return matching.result()


class _Matching(Generic[R]):
    def __init__(self, rows: Sequence[ReadRow], records: Sequence[R], identity: Identity) -> None:
        self._rows: Sequence[ReadRow] = rows
        self._records: Sequence[R] = records
        self._identity = identity
        self._found: dict[int, tuple[int, MatchedBy]] = {}

    def by_row_id(self) -> None:
        """Match by the hidden id. Of a row and its copies, the one that kept number or name is the original."""
        places = {record.row_id: place for place, record in enumerate(self._records) if record.row_id}
        claims: dict[int, list[int]] = {}
        for place, row in enumerate(self._rows):
            if row.row_id in places:
                claims.setdefault(places[row.row_id], []).append(place)
        for record, claimants in claims.items():
            best = max(claimants, key=lambda place: self._likeness(self._rows[place], self._records[record]))
            self._found[best] = (record, MatchedBy.ROW_ID)

    def _likeness(self, row: ReadRow, record: R) -> tuple[bool, bool]:
        return self.name_of_row(row) == self.name_of_record(record), row.number == record.number

    def by_key(self, how: MatchedBy, of_row: Callable[[ReadRow], Hashable], of_record: Callable[[R], Hashable]) -> None:
        """Match what is left where a key stands once among the rows and once among the records."""
        rows = _single((place, of_row(row)) for place, row in enumerate(self._rows) if place not in self._found)
        taken = {record for record, _ in self._found.values()}
        records = _single((p, of_record(record)) for p, record in enumerate(self._records) if p not in taken)
        for key, place in rows.items():
            if key in records and not self._contradict(self._rows[place], self._records[records[key]]):
                self._found[place] = (records[key], how)

    def _contradict(self, row: ReadRow, record: R) -> bool:
        """True when both are named and the names differ: they are two things, whatever their numbers say."""
        named, known = self.name_of_row(row), self.name_of_record(record)
        return named is not None and known is not None and named != known

    def name_of_row(self, row: ReadRow) -> Hashable:
        """Return what names the row, None when nothing does."""
        return comparable(self._identity.name, row.values.get(self._identity.name)) or None

    def name_of_record(self, record: R) -> Hashable:
        """Return what names the record, None when nothing does."""
        return comparable(self._identity.name, getattr(record, self._identity.name)) or None

    def name_and_kind_of_row(self, row: ReadRow) -> Hashable:
        """Return name and kind, which tell apart two rows that share one circuit."""
        return _both(self.name_of_row(row), row.values.get(self._identity.kind))

    def name_and_kind_of_record(self, record: R) -> Hashable:
        """Return name and kind, which tell apart two records that share one circuit."""
        return _both(self.name_of_record(record), getattr(record, self._identity.kind))

    def number_of_row(self, row: ReadRow) -> Hashable:
        """Return number and purpose."""
        return _both(row.number, row.values.get(self._identity.purpose))

    def number_of_record(self, record: R) -> Hashable:
        """Return number and purpose."""
        return _both(record.number, getattr(record, self._identity.purpose))

    def result(self) -> Matches[R]:
        """Return what was found."""
        taken = {record for record, _ in self._found.values()}
        found = {place: (self._records[record], how) for place, (record, how) in self._found.items()}
        return Matches(found, [record for place, record in enumerate(self._records) if place not in taken])


def _both(first: Hashable, second: object) -> Hashable:
    return (first, second) if first is not None and is_known(second) else None


def _single(keyed: Iterable[tuple[int, Hashable]]) -> dict[Hashable, int]:
    """Return the place of each key that stands exactly once."""
    places: dict[Hashable, list[int]] = {}
    for place, key in keyed:
        if key is not None:
            places.setdefault(key, []).append(place)
    return {key: found[0] for key, found in places.items() if len(found) == 1}
