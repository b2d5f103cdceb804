"""Reads rules from a table, CSV or Excel, for every device whose configuration cannot be read.

Columns, in any order, with Japanese or English headings: device, place, direction, seq, action, src, dst, service,
state, comment; optional: schedule, until, enabled, protocol. Cells for device, place and direction may be left blank
below a row that has them (merged cells). A row whose seq says 既定 / default holds what happens to all the rest; without
it that is unknown, and so is every row with a cell that cannot be read. Its state says whether replies pass by
themselves (stateful, the rule where nothing is said) or are judged as well (stateless).

Rows are judged by their numbers when all in one place have different ones under a heading that speaks of an order, else
as they are written.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from itertools import pairwise

from sekisho.adapters.configurations.decoding import ConfigurationUnreadable
from sekisho.adapters.configurations.notes import Notes
from sekisho.adapters.configurations.table.cells import (
    ACTIONS,
    ANY_WORDS,
    DEFAULT_WORDS,
    ENABLED,
    STATEFUL,
    STATES,
    CellUnreadable,
    Column,
    Spot,
    addresses_of,
    cleaned,
    columns_of,
    services_of,
    spot_of,
    word_of,
)
from sekisho.adapters.configurations.table.writer import emit, emit_workbook, template
from sekisho.adapters.workbooks.grids import read_grids
from sekisho.adapters.workbooks.refusals import UnreadableWorkbook
from sekisho.adapters.workbooks.safety import open_package
from sekisho.domain.network.addresses import ANY_ADDRESS
from sekisho.domain.network.configuration import Bearing, DeviceConfiguration
from sekisho.domain.network.model import (
    Action,
    AtInterface,
    Everywhere,
    Interface,
    Origin,
    Place,
    Rule,
    RuleSet,
    State,
)
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE
from sekisho.domain.text import Text

__all__ = ["as_text", "emit", "emit_workbook", "likeness", "read", "template"]

_DELIMITERS = ",\t;|"
_LOOKED_AT = 40
_MOST_ROWS_OF_ONE = 40
"""Lines that one quoted cell may run over; more means a quote that nobody closed."""
_MOST_COLUMNS = 200
_STEP = 10
_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y.%m.%d")

_NO_HEADINGS = Text(
    "表の見出しが見つかりません。「動作」「送信元」「宛先」の列がある表にしてください。ひな形を使うと確実です。",
    "No headings were found. The table needs the columns action, src and dst; the template has them.",
)
_CELL = Text("「{column}」の列：{why}", "Column “{column}”: {why}")
_NO_DEFAULT = Text(
    "「{place}」に、どの行にも当てはまらない通信をどうするか（順番の欄に「既定」と書いた行）がありません。その通信は「不明」として扱います。",
    "“{place}” has no row that says what happens to all the rest (“default” in the seq column). That counts as unknown.",
)
_ORDER = Text(
    "「{place}」の順番が、書かれた並びと違います。{how}で読みました。違う場合は並べ直してください。",
    "At “{place}” the numbers do not follow the order of the rows. They were read by {how}. Please rearrange the rows if that is wrong.",
)
_BY_NUMBER, _BY_ROW = Text("順番の小さい順", "number"), Text("書かれた並び順", "row")
_NO_SHEET = Text(
    "規則の表（「動作」「送信元」「宛先」の見出し）があるシートが見つかりません。ひな形に書き写してください。",
    "No sheet has a table of rules (headings action, src, dst). Please copy the rules into the template.",
)


def likeness(text: str) -> float:
    """Return from 0 to 1 how much `text` looks like a table of rules."""
    head = "\n".join(text.split("\n", _LOOKED_AT)[:_LOOKED_AT])[:20_000]
    found, _, _ = _headings(head)
    return 0.0 if not found else 0.95 if len(found) >= 5 else 0.75


def read(text: str) -> DeviceConfiguration:
    """Return the rules of a table in CSV, free of secrets. Never raises."""
    return _Reading(text).configuration() if text.strip("\ufeff \r\n\t,;") else DeviceConfiguration("table")


def as_text(raw: bytes) -> str:
    """Return the sheet of a workbook that holds rules (else the first) as CSV, one line for each of its rows.

    Raises:
        ConfigurationUnreadable: it is no workbook that can be read safely, or has no such table.
    """
    try:
        sheets = [[[_cell_text(cell) for cell in row] for row in grid.rows] for grid in read_grids(open_package(raw))]
    except UnreadableWorkbook as refusal:
        raise ConfigurationUnreadable(refusal.text) from None
    rows = next((sheet for sheet in sheets if any(columns_of(row) for row in sheet[:_LOOKED_AT])), None)
    if rows is None:
        raise ConfigurationUnreadable(_NO_SHEET)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _cell_text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat()
    return " ".join(str(value).split("\n")) if value is not None else ""


def _headings(text: str) -> tuple[dict[Column, int], int, str]:
    """Return the columns of the first heading row, how many rows stand before it, and what separates its cells."""
    for number, line in enumerate(text.split("\n")[:_LOOKED_AT]):
        for delimiter in _DELIMITERS:
            if delimiter in line and (found := columns_of(next(_rows(line, delimiter), ("", []))[1])):
                return found, number, delimiter
    return {}, 0, ","


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the number of its first line. A quote that nobody closes does not swallow the rows below."""
    lines = text.lstrip("\ufeff").split("\n")
    start = 0
    while start < len(lines):
        end = start + 1
        if lines[start].count('"') % 2:
            within = range(start + 1, min(len(lines), start + _MOST_ROWS_OF_ONE))
            end = next((at + 1 for at in within if lines[at].count('"') % 2), end)
        record = "\n".join(lines[start:end]).replace("\0", "")
        yield start + 1, _split(record, delimiter)
        start = end


def _split(record: str, delimiter: str) -> list[str]:
    if '"' not in record:
        return record.split(delimiter)[:_MOST_COLUMNS]
    try:
        return next(csv.reader(io.StringIO(record, newline=""), delimiter=delimiter), [])[:_MOST_COLUMNS]
    except csv.Error:  # a cell beyond the module's limit
        return record.replace('"', "").split(delimiter)[:_MOST_COLUMNS]


@dataclass(slots=True)
class _Set:
    """The rows of one place of one device."""

    device: str
    place: Place
    rules: list[Rule] = field(default_factory=list)
    default: Action | None = None
    stateful: bool = True
    is_numbered: bool = True
    highest: int = 0


class _Reading:
    def __init__(self, text: str) -> None:
        self._notes = Notes()
        self._sets: dict[tuple[str, str], _Set] = {}
        self._rows = 0
        self._told: dict[Column, str] = {}
        self._columns, self._first, self._delimiter = _headings(text)
        self._heading = ""
        self._action_heading = ""
        if not self._columns:
            self._notes.unparsed(1, "(…)", _NO_HEADINGS, Bearing.FILTER)
            return
        for line, cells in _rows(text, self._delimiter):
            if line > self._first:
                self._take(line, cells)

    def configuration(self) -> DeviceConfiguration:
        """Return the rules of all rows."""
        devices = {one.device for one in self._sets.values()}
        rulesets = tuple(self._ruleset(one, several=len(devices) > 1) for one in self._sets.values())
        if not self._columns:
            doubt = Rule(0, Action.UNKNOWN, is_exact=False)
            rulesets = (RuleSet("", Everywhere(), Action.UNKNOWN, (doubt,), source="parsed"),)
        unparsed = self._notes.unparsed_lines
        return DeviceConfiguration(
            vendor="table",
            hostname=devices.pop() if len(devices) == 1 else "",
            interfaces=tuple(Interface(name) for name in sorted(self._interfaces())),
            rulesets=rulesets,
            unparsed=unparsed,
            notices=self._notes.notices,
            understood=max(0, self._rows - len({one.line for one in unparsed})),
        )

    def _interfaces(self) -> set[str]:
        found = {one.place.interface for one in self._sets.values() if isinstance(one.place, AtInterface)}
        for one in self._sets.values():
            for rule in one.rules:
                found |= (rule.entering or frozenset()) | (rule.leaving or frozenset())
        return found

    def _take(self, line: int, cells: list[str]) -> None:
        if not any(cell.strip() for cell in cells) or cells[0].lstrip().startswith("#"):
            return
        if self._is_heading(line, cells):
            return
        self._rows += 1
        row = {column: cells[at] if at < len(cells) else "" for column, at in self._columns.items()}
        for column in (Column.DEVICE, Column.PLACE, Column.DIRECTION):
            self._carry_down(column, row)
        self._read_row(line, row, self._delimiter.join(cells))

    def _is_heading(self, line: int, cells: list[str]) -> bool:
        """Return whether a row holds headings, the first ones or the same again at the top of a page."""
        if line != self._first + 1 and self._action_heading not in cells:
            return False
        found = columns_of(cells)
        if found:
            self._columns, self._action_heading = found, cells[found[Column.ACTION]]
            self._heading = cleaned(cells[found[Column.SEQ]]) if Column.SEQ in found else ""
        return bool(found)

    def _carry_down(self, column: Column, row: dict[Column, str]) -> None:
        """Let a blank cell mean what stands above it; a new place forgets the direction of the old one."""
        own = row.get(column, "").strip()
        if own:
            if column is not Column.DIRECTION and own != self._told.get(column):
                self._told.pop(Column.DIRECTION, None)
                if column is Column.DEVICE:
                    self._told.pop(Column.PLACE, None)
            self._told[column] = own
        elif column in self._told:
            row[column] = self._told[column]

    def _read_row(self, line: int, row: dict[Column, str], text: str) -> None:
        origin = Origin(line, " | ".join(cleaned(cell) for cell in text.split(self._delimiter) if cell.strip())[:200])
        faults: list[CellUnreadable] = []
        spot = self._spot(line, row, origin, faults)
        known = self._set(cleaned(row.get(Column.DEVICE, "")), spot)
        action, is_exact = self._action(line, row, origin, faults)
        number = cleaned(row.get(Column.SEQ, ""))
        if number.lower() in DEFAULT_WORDS:
            self._default(line, row, known, action if not faults else Action.UNKNOWN, origin)
            return
        rule = self._rule(line, row, spot, origin, faults)
        seq = int(number) if number.isascii() and number.isdecimal() and len(number) < 12 else None
        if seq is None:
            known.is_numbered = False
            seq = known.highest // _STEP * _STEP + _STEP
        is_exact = is_exact and not faults and action is not Action.UNKNOWN
        known.highest = max(known.highest, seq)
        known.rules.append(replace(rule, seq=seq, action=Action.UNKNOWN if faults else action, is_exact=is_exact))

    def _fault(self, line: int, column: Column, fault: CellUnreadable, origin: Origin) -> None:
        text = f"{column.value.en}: {origin.text}"
        self._notes.unparsed(line, text, _in_column(column, fault.why), Bearing.FILTER)

    def _spot(self, line: int, row: dict[Column, str], origin: Origin, faults: list[CellUnreadable]) -> Spot:
        place = row.get(Column.PLACE, "")
        try:
            return spot_of(place, row.get(Column.DIRECTION, ""))
        except CellUnreadable as fault:
            # Where it stands is not known: it may stand in the way of everything.
            self._fault(line, Column.PLACE, fault, origin)
            faults.append(fault)
            return Spot(Everywhere())

    def _set(self, device: str, spot: Spot) -> _Set:
        key = (device, str(spot.place))
        if key not in self._sets:
            self._sets[key] = _Set(device, spot.place)
        return self._sets[key]

    def _action(
        self, line: int, row: dict[Column, str], origin: Origin, faults: list[CellUnreadable]
    ) -> tuple[Action, bool]:
        """Return the action, and whether it surely applies ("permit?" does not)."""
        text = cleaned(row.get(Column.ACTION, ""))
        is_sure = not (len(text) > 1 and text.endswith("?"))
        try:
            return word_of(text if is_sure else text[:-1], ACTIONS), is_sure
        except CellUnreadable as fault:
            self._fault(line, Column.ACTION, fault, origin)
            faults.append(fault)
            return Action.UNKNOWN, False

    def _default(self, line: int, row: dict[Column, str], known: _Set, action: Action, origin: Origin) -> None:
        known.default = action
        text = cleaned(row.get(Column.STATE, ""))
        if text and text.lower() not in ("any", *ANY_WORDS):
            try:
                known.stateful = word_of(text, STATEFUL)
            except CellUnreadable as fault:
                self._fault(line, Column.STATE, fault, origin)

    def _rule(
        self, line: int, row: dict[Column, str], spot: Spot, origin: Origin, faults: list[CellUnreadable]
    ) -> Rule:
        src, dst, service, sources, state = ANY_ADDRESS, ANY_ADDRESS, ANY_SERVICE, ANY_PORT, State.ANY
        enabled, until = True, None
        for column in (Column.SRC, Column.DST, Column.SERVICE, Column.STATE, Column.ENABLED, Column.UNTIL):
            if column not in self._columns and column is not Column.SERVICE:
                continue
            text = row.get(column, "")
            try:
                if column is Column.SRC:
                    src = addresses_of(text)
                elif column is Column.DST:
                    dst = addresses_of(text)
                elif column is Column.SERVICE and (column in self._columns or Column.PROTOCOL in self._columns):
                    service, sources = services_of(text, row.get(Column.PROTOCOL, ""))
                elif column is Column.STATE:
                    state = word_of(text, STATES)
                elif column is Column.ENABLED:
                    enabled = word_of(text, ENABLED)
                elif column is Column.UNTIL:
                    until = _day(text)
            except CellUnreadable as fault:
                self._fault(line, column, fault, origin)
                faults.append(fault)
        return Rule(
            0, Action.UNKNOWN, src, dst, service, sources, state, spot.entering, spot.leaving, enabled=enabled,
            schedule=self._schedule(row), until=until, name=cleaned(row.get(Column.COMMENT, ""))[:200], origin=origin,
        )  # fmt: skip

    def _schedule(self, row: dict[Column, str]) -> str:
        text = cleaned(row.get(Column.SCHEDULE, ""))
        return "" if text.lower() in ("", "-", "always", "常時", "いつでも", "24時間", *ANY_WORDS) else text[:100]

    def _ruleset(self, one: _Set, *, several: bool) -> RuleSet:
        line = one.rules[0].origin.line if one.rules and one.rules[0].origin else self._first + 1
        name = " ".join(part for part in (one.device, str(one.place)) if part)
        numbers = [rule.seq for rule in one.rules]
        rules = list(one.rules)
        if any(first >= second for first, second in pairwise(numbers)):
            is_order = self._heading.lower() in ("", "順番", "seq", "優先順位", "優先度", "順序", "order", "priority")
            by_number = one.is_numbered and is_order and len(set(numbers)) == len(numbers)
            if by_number:
                rules.sort(key=lambda rule: rule.seq)
            how = _BY_NUMBER if by_number else _BY_ROW
            self._notes.notice(line, "table.order", _ORDER.filled(place=name, how=how))
        if one.default is None:
            self._notes.notice(line, "table.no-default", _NO_DEFAULT.filled(place=name))
        default = one.default or Action.UNKNOWN
        device = one.device if several else ""
        return RuleSet(device, one.place, default, tuple(rules), one.stateful, source="parsed")


@lru_cache(maxsize=4096)
def _in_column(column: Column, why: Text) -> Text:
    return _CELL.filled(column=column.value, why=why)


def _day(text: str) -> date | None:
    flat = cleaned(text)
    if flat in ("", "-", "なし", "none"):
        return None
    for form in _DATES:
        try:
            return datetime.strptime(flat.split(" ")[0], form).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
    raise CellUnreadable(_NO_DAY.filled(text=text[:40]))


_NO_DAY = Text(
    "「{text}」は日付として読めません。2027-03-31 の形で書いてください。",
    "“{text}” is no date. Please write it as 2027-03-31.",
)
