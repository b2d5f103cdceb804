"""What can be wrong with one record by itself: its needs, its bounds and addresses, and the rules of its sheet.

Whether a cell could be read at all was said on reading (`normalise`); a cell that could not is left alone here, so that
nobody is told twice. At most one problem names a cell for being blank. What hangs on an answer that has to go is not
asked either: a fixed address on a line without a global IP is one problem, not that and a missing address.
"""

from collections.abc import Iterable, Iterator

from sekisho.domain.facts import Unknown
from sekisho.domain.text import Text
from sekisho.domain.workbook import messages
from sekisho.domain.workbook.address_checks import global_address_fault, interface_address_fault
from sekisho.domain.workbook.meaning import Record, State, all_hold, state_of, written
from sekisho.domain.workbook.messages import Saying
from sekisho.domain.workbook.rows import ReadRow
from sekisho.domain.workbook.schema import Column, Demand, Kind, Need, Problem, Rule, Sheet

_NUMBERS = frozenset({Kind.INTEGER, Kind.YEAR})
_ADDRESSES = frozenset({Kind.GLOBAL_ADDRESS, Kind.INTERFACE_ADDRESS})
_FREE_KINDS = frozenset(Kind) - _NUMBERS - _ADDRESSES - {Kind.CHOICE}
"""Kinds of which any value that could be read is right by itself."""
_BLANK_SAYINGS = {Need.REQUIRED: messages.REQUIRED, Need.RECOMMENDED: messages.RECOMMENDED}


def check_record(sheet: Sheet, title: str, row: ReadRow) -> Iterator[Problem]:
    """Yield what is wrong with `row` of `sheet`, in the order of the columns. `title` is the sheet's name in the file."""
    yield from check_records(sheet, title, (row,))


def check_records(sheet: Sheet, title: str, rows: Iterable[ReadRow]) -> Iterator[Problem]:
    """Yield what is wrong with each of `rows`, as `check_record` does."""
    rules = _rules_by_column(sheet)
    questions = [_Question(sheet, column, rules.get(column.key, [])) for column in sheet.columns]
    of_parts = [_Question(sheet, column, rules.get(column.key, [])) for column in sheet.group]
    for row in rows:
        yield from _check_row(_Place(sheet, title, row, rules), questions, of_parts)


class _Question:
    """A column with the answers of which nothing can be said: a list of problems is asked for no more than it has to be."""

    def __init__(self, sheet: Sheet, column: Column, rules: list[Rule]) -> None:
        self._sheet = sheet
        self.column = column
        self.key = column.key
        demands = {rule.demand for rule in rules}
        self._blank_is_plain = column.need not in _BLANK_SAYINGS and not demands & {Demand.FILLED, Demand.NOTE}
        asks_no_more = not demands - {Demand.FILLED}
        self._text_is_plain = asks_no_more and column.kind in _FREE_KINDS
        self._number_is_plain = asks_no_more and column.kind in _NUMBERS
        self._address_is_plain = asks_no_more and column.kind in _ADDRESSES
        self._plain_codes = frozenset[str]()
        if column.kind is Kind.CHOICE and not demands & {Demand.EMPTY, Demand.NOTE}:
            allowed = [rule.values for rule in rules if rule.demand is Demand.ONE_OF]
            codes = (option.code for option in column.options)
            self._plain_codes = frozenset(code for code in codes if all(code in values for values in allowed))

    def needs_a_look(self, record: Record) -> bool:
        """True when something may be wrong with the answer of `record`."""
        value = record.values.get(self.key)
        if value is None:
            return not self._blank_is_plain
        if type(value) is str:
            if self._address_is_plain:
                return _address_fault(self._sheet, self.column, value) is not None
            return not (self._text_is_plain or value in self._plain_codes)
        return not (self._number_is_plain and type(value) is int and _is_within(value, self.column))


def _check_row(place: "_Place", questions: list[_Question], of_parts: list[_Question]) -> Iterator[Problem]:
    sheet, row = place.sheet, place.row
    waived = bool(sheet.waived_when) and all_hold(sheet.waived_when, row)
    for question in questions:
        if question.needs_a_look(row):
            yield from _check_answer(place, row, question.column, asked=not waived)
    for part in row.parts:
        is_first = part.position == 1
        if part.is_blank and not is_first:
            continue
        for question in of_parts:
            if not question.needs_a_look(part):
                continue
            column = question.column
            # Only the first contact is asked for how to reach them.
            asked = is_first or column.need is not Need.RECOMMENDED
            yield from _check_answer(place, part, column, asked=asked and not waived)
    if sheet.group and not row.parts:
        yield from _first_part_missing(place)


class _Place:
    """Where a record stands, and how its problems are written."""

    def __init__(self, sheet: Sheet, title: str, row: ReadRow, rules: dict[str, list[Rule]]) -> None:
        self.sheet = sheet
        self.title = title
        self.row = row
        self.rules = rules

    def problem(self, record: Record, column: Column, saying: Saying, **values: object) -> Problem:
        """Return a problem of a built-in rule."""
        message = saying.message.filled(heading=column.heading, help=column.help, **values)
        return self._problem(record, column, saying.rule, saying, message)

    def broken(self, record: Record, column: Column, rule: Rule) -> Problem:
        """Return a problem of a rule of the sheet."""
        message = rule.message.filled(heading=column.heading, value=written(record, column.key))
        return self._problem(record, column, rule.id, rule, message)

    def _problem(self, record: Record, column: Column, rule: str, graded: Saying | Rule, message: Text) -> Problem:
        return Problem(
            sheet=self.title,
            cell=record.cells.get(column.key, "") or self.row.label_cell,
            rule=rule,
            severity=graded.severity,
            message=message,
            value=written(record, column.key),
            column=column.key,
            row=self.row.number if self.sheet.layout == "table" else None,
        )


def _rules_by_column(sheet: Sheet) -> dict[str, list[Rule]]:
    rules: dict[str, list[Rule]] = {}
    for rule in sheet.rules:
        rules.setdefault(rule.column, []).append(rule)
    return rules


def _check_answer(place: _Place, record: Record, column: Column, *, asked: bool) -> Iterator[Problem]:
    state = state_of(record, column.key)
    if state in (State.ABSENT, State.UNREADABLE):
        return
    broken = [rule for rule in place.rules.get(column.key, ()) if _is_broken(rule, place.row, state, record)]
    if broken:
        broken = [rule for rule in broken if not _hangs_on_a_wrong_answer(rule, place)]
        yield from (place.broken(record, column, rule) for rule in broken)
    if state is State.BLANK:
        told = any(rule.demand is Demand.FILLED for rule in broken)
        if asked and not told and (saying := _BLANK_SAYINGS.get(column.need)):
            yield place.problem(record, column, saying)
    elif state is State.UNKNOWN:
        yield from _check_unknown(place, record, column)
    elif not any(rule.demand is Demand.EMPTY for rule in broken):
        yield from _check_value(place, record, column)


def _is_broken(rule: Rule, row: ReadRow, state: State, record: Record) -> bool:
    """True when the rule's conditions hold in `row` and its column in `record`, row or part of it, fails the demand."""
    # The demand first: it is nearly always met, and its conditions need not be looked at then.
    return not _meets(rule, state, record) and all_hold(rule.when, row)


def _hangs_on_a_wrong_answer(rule: Rule, place: _Place) -> bool:
    """True when a condition of the rule is met by an answer that another rule says must not be there."""
    return any(
        other.demand is Demand.EMPTY and _is_broken(other, place.row, state_of(place.row, condition.column), place.row)
        for condition in rule.when
        for other in place.rules.get(condition.column, ())
    )


def _meets(rule: Rule, state: State, record: Record) -> bool:
    if rule.demand is Demand.FILLED:
        return state is not State.BLANK
    if rule.demand is Demand.EMPTY:
        # "I do not know" where nothing belongs contradicts nothing.
        return state is not State.KNOWN
    if rule.demand is Demand.ONE_OF:
        return state is not State.KNOWN or record.values[rule.column] in rule.values
    return False


def _check_unknown(place: _Place, record: Record, column: Column) -> Iterator[Problem]:
    answer = record.values[column.key]
    if not column.unknown_allowed:
        yield place.problem(record, column, messages.UNKNOWN_NOT_ALLOWED)
    elif column.unknown_needs_reason and isinstance(answer, Unknown) and not answer.reason:
        yield place.problem(record, column, messages.UNKNOWN_NEEDS_REASON)


def _check_value(place: _Place, record: Record, column: Column) -> Iterator[Problem]:
    value = record.values[column.key]
    if column.kind is Kind.CHOICE and column.option(value) is None:
        options = Text(
            "、".join(option.label.ja for option in column.options),
            ", ".join(option.label.en for option in column.options),
        )
        yield place.problem(record, column, messages.NOT_AN_OPTION, value=written(record, column.key), options=options)
    elif isinstance(value, int):
        if not _is_within(value, column):
            bounds = {"minimum": column.minimum, "maximum": column.maximum}
            yield place.problem(record, column, messages.OUT_OF_RANGE, value=value, **bounds)
    elif saying := _address_fault(place.sheet, column, str(value)):
        yield place.problem(record, column, saying, value=written(record, column.key))


def _is_within(value: int, column: Column) -> bool:
    low = column.minimum is None or value >= column.minimum
    return low and (column.maximum is None or value <= column.maximum)


def _address_fault(sheet: Sheet, column: Column, value: str) -> Saying | None:
    if column.kind is Kind.GLOBAL_ADDRESS:
        return global_address_fault(value)
    if column.kind is Kind.INTERFACE_ADDRESS:
        return interface_address_fault(value, of_pc=sheet.key == "terminals")
    return None


def _first_part_missing(place: _Place) -> Iterator[Problem]:
    """Yield what the rules ask of a first device or contact when the reader saw not even blank cells for it."""
    waived = bool(place.sheet.waived_when) and all_hold(place.sheet.waived_when, place.row)
    for column in place.sheet.group:
        broken = [rule for rule in place.rules.get(column.key, ()) if rule.demand is Demand.FILLED]
        broken = [rule for rule in broken if all_hold(rule.when, place.row)]
        broken = [rule for rule in broken if not _hangs_on_a_wrong_answer(rule, place)]
        yield from (place.broken(place.row, column, rule) for rule in broken)
        if not broken and column.need is Need.REQUIRED and not waived:
            yield place.problem(place.row, column, messages.REQUIRED)
