"""What the cells of a record mean to a rule: answered, blank, unknown, or not understood."""

from enum import Enum

from sekisho.domain.facts import Unknown
from sekisho.domain.workbook.rows import CLEARED, ReadPart, ReadRow
from sekisho.domain.workbook.schema import Condition

Record = ReadRow | ReadPart


class State(Enum):
    """How one question of one record stands; see `rows`."""

    ABSENT = "absent"
    """The file has no such column, or the form did not send the field."""
    BLANK = "blank"
    UNREADABLE = "unreadable"
    """Something is written that nobody could read; the reader has said so. Rules stay silent."""
    UNKNOWN = "unknown"
    KNOWN = "known"


def state_of(record: Record, key: str) -> State:
    """Return how question `key` stands; a value that is to be deleted counts as blank."""
    if key not in record.cells:
        return State.ABSENT
    value = record.values.get(key)
    if value is CLEARED:
        return State.BLANK
    if value is None:
        return State.UNREADABLE if record.raw.get(key) else State.BLANK
    return State.UNKNOWN if isinstance(value, Unknown) else State.KNOWN


def holds(condition: Condition, record: Record) -> bool:
    """True when `record` meets `condition`. An unknown answers only to "*", an unreadable one to nothing."""
    state = state_of(record, condition.column)
    if state in (State.ABSENT, State.BLANK):
        return "" in condition.values
    if state is State.UNREADABLE:
        return False
    return "*" in condition.values or (state is State.KNOWN and record.values[condition.column] in condition.values)


def all_hold(conditions: tuple[Condition, ...], record: Record) -> bool:
    """True when `record` meets every condition; also when there are none."""
    for condition in conditions:  # noqa: SIM110  # a plain loop: this is asked for every rule of every row
        if not holds(condition, record):
            return False
    return True


def written(record: Record, key: str) -> str:
    """Return what stands in the cell, as the person wrote it, else the value as text."""
    value = record.values.get(key)
    return record.raw.get(key) or ("" if value is None or isinstance(value, Unknown | Enum) else str(value))
