"""The declared needs of a network as an Excel table, and back: one row for each connection that somebody needs.

A row that is missing from a table that comes back takes nothing away; a need ends by "yes" in its last column.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from sekisho.adapters.documents.table_xlsx import write_table
from sekisho.adapters.workbooks.grids import read_grids
from sekisho.adapters.workbooks.safety import open_package
from sekisho.domain.network.model import DeclaredFlow, Network
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import NotAService, parse_services, services_text
from sekisho.domain.text import Language, Text


class Column(Enum):
    """A column of the table: its heading in both languages."""

    SOURCE = Text("送る側（id）", "source (id)")
    SOURCE_NAME = Text("送る側の名前", "source name")
    TARGET = Text("受ける側（id）", "target (id)")
    TARGET_NAME = Text("受ける側の名前", "target name")
    SERVICE = Text("サービス", "service")
    OWNER = Text("届け出た部署", "owner")
    UNTIL = Text("いつまで", "until")
    REASON = Text("理由", "reason")
    ENDS = Text("やめる", "ends")


SHEET = Text("必要な通信", "needs")
MOST_ROWS = 20_000
_YES = frozenset({"はい", "yes", "○", "◯", "やめる", "1", "true"})
_LONGEST = 300


class NeedChange(Enum):
    """What a row does to the needs in force."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "unchanged"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class NeedRow:
    """One row as read: its number in the sheet, the need, and what it does. `before` is the need it changes or ends."""

    row: int
    flow: DeclaredFlow
    change: NeedChange
    before: DeclaredFlow | None = None


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row was left out, and how to mend it."""

    row: int
    message: Text


@dataclass(frozen=True, slots=True)
class NeedsReading:
    """A table as read. `left` are needs in force that no row names: they stay."""

    rows: tuple[NeedRow, ...]
    problems: tuple[RowProblem, ...]
    left: tuple[DeclaredFlow, ...] = ()

    def applied(self) -> tuple[DeclaredFlow, ...]:
        """Return the needs after the table was taken over: those left, then those of the table that do not end."""
        return (*self.left, *(row.flow for row in self.rows if row.change is not NeedChange.ENDED))


def write_needs(network: Network, language: Language) -> bytes:
    """Return the declared needs of `network` as .xlsx."""
    names = _names(network)
    rows = [
        [
            flow.source,
            names.get(flow.source, ""),
            flow.target,
            names.get(flow.target, ""),
            ", ".join(services_text(flow.service)),
            flow.owner,
            flow.until,
            flow.reason,
            "",
        ]
        for flow in network.flows
    ]
    heads = [column.value.within(language) for column in Column]
    return write_table(title=SHEET.within(language), heads=heads, rows=rows)


def _names(network: Network) -> dict[str, str]:
    return {node.id: node.name for node in network.nodes} | {line.id: line.name for line in network.lines}


def read_needs(raw: bytes, network: Network) -> NeedsReading:
    """Return what a table says about the needs of `network`. Rows with faults are left out and told.

    Raises:
        UnreadableWorkbook: it is no workbook that can be read safely.
    """
    grids = list(read_grids(open_package(raw)))
    cells = next((grid.rows for grid in grids if _columns(grid.rows[:1])), None)
    if cells is None:
        return NeedsReading((), (RowProblem(1, _NO_HEADINGS),), network.flows)
    return _Reading(network, _columns(cells[:1])).read(cells)


def _columns(rows: Sequence[Sequence[Any]]) -> dict[Column, int]:
    """Return where each column stands; {} unless source, target and service are there."""
    found: dict[Column, int] = {}
    for position, head in enumerate(rows[0] if rows else ()):
        text = str(head).strip().lower()
        column = next((one for one in Column if text in (one.value.ja.lower(), one.value.en.lower())), None)
        if column is not None:
            found.setdefault(column, position)
    return found if {Column.SOURCE, Column.TARGET, Column.SERVICE} <= set(found) else {}


class _RowUnreadable(Exception):
    def __init__(self, message: Text) -> None:
        super().__init__(message.en)
        self.message = message


class _Reading:
    """One pass over the rows of a table."""

    def __init__(self, network: Network, columns: Mapping[Column, int]) -> None:
        self.network, self.columns = network, columns
        self.targets = {node.id for node in network.nodes}
        lines = {line.id for line in network.lines}
        self.sources = self.targets | lines | {flow.source for flow in network.flows}
        self.in_force = {_key(flow): flow for flow in network.flows}

    def read(self, cells: Sequence[Sequence[Any]]) -> NeedsReading:
        rows: dict[tuple[str, str, Ranges], NeedRow] = {}
        problems = []
        for number, row in enumerate(cells[1 : MOST_ROWS + 1], 2):
            if not any(str(cell).strip() for cell in row):
                continue
            try:
                found = self._row(number, row)
            except _RowUnreadable as fault:
                problems.append(RowProblem(number, fault.message))
                continue
            key = _key(found.flow)
            if key in rows:
                problems.append(RowProblem(number, _TWICE.filled(row=rows[key].row)))
            else:
                rows[key] = found
        left = tuple(flow for key, flow in self.in_force.items() if key not in rows)
        return NeedsReading(tuple(rows.values()), tuple(problems), left)

    def _row(self, number: int, row: Sequence[Any]) -> NeedRow:
        source, target = self._text(row, Column.SOURCE), self._text(row, Column.TARGET)
        if source not in self.sources:
            raise _RowUnreadable(_NO_SUCH.filled(column=Column.SOURCE.value, name=source[:60]))
        if target not in self.targets:
            raise _RowUnreadable(_NO_SUCH.filled(column=Column.TARGET.value, name=target[:60]))
        flow = DeclaredFlow(
            source,
            target,
            self._services(row),
            self._text(row, Column.OWNER),
            self._until(row),
            self._text(row, Column.REASON),
        )
        before = self.in_force.get(_key(flow))
        if self._text(row, Column.ENDS).lower() in _YES:
            if before is None:
                raise _RowUnreadable(_NOTHING_TO_END)
            return NeedRow(number, flow, NeedChange.ENDED, before)
        if before is None:
            return NeedRow(number, flow, NeedChange.NEW)
        return NeedRow(number, flow, NeedChange.SAME if flow == before else NeedChange.CHANGED, before)

    def _services(self, row: Sequence[Any]) -> Ranges:
        text = self._text(row, Column.SERVICE)
        try:
            services = parse_services(part.strip() for part in text.replace("、", ",").split(",") if part.strip())
        except NotAService:
            services = Ranges()
        if not services:
            raise _RowUnreadable(_NO_SERVICE.filled(text=text[:60]))
        return services

    def _until(self, row: Sequence[Any]) -> date | None:
        position = self.columns.get(Column.UNTIL)
        value = row[position] if position is not None and position < len(row) else ""
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        text = str(value).strip().replace("/", "-")
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise _RowUnreadable(_NO_DAY.filled(text=text[:40])) from None

    def _text(self, row: Sequence[Any], column: Column) -> str:
        position = self.columns.get(column)
        value = row[position] if position is not None and position < len(row) else ""
        return "".join(_printable(str(value))).strip()[:_LONGEST]


def _printable(text: str) -> Iterator[str]:
    return (character if character.isprintable() else " " for character in text)


def _key(flow: DeclaredFlow) -> tuple[str, str, Ranges]:
    return flow.source, flow.target, flow.service


_NO_HEADINGS = Text(
    "1行目に見出し「送る側（id）」「受ける側（id）」「サービス」がありません。「Excelで受け取る」で受け取った表に書いて送ってください。",
    "The first row lacks the headings “source (id)”, “target (id)” and “service”. Please fill in the table that “Download as Excel” gives.",
)
_NO_SUCH = Text(
    "「{column}」の「{name}」は、地図にありません。地図に書いてある id を入れてください。",
    "“{name}” in the column “{column}” is not in the map. Please write an id that the map has.",
)
_NO_SERVICE = Text(
    "「サービス」の「{text}」を読めません。tcp/443 や udp/500 のように書き、複数あるときは「,」で区切ってください。",
    "The service “{text}” cannot be read. Write tcp/443 or udp/500, several with commas between them.",
)
_NO_DAY = Text(
    "「いつまで」の「{text}」を日付として読めません。2027-03-31 のように書くか、空にしてください。",
    "“{text}” in the column “until” is no day. Write 2027-03-31, or leave it blank.",
)
_TWICE = Text(
    "{row}行目と同じ組とサービスです。一つの行にまとめてください。",
    "The same pair and service as in row {row}. Please make it one row.",
)
_NOTHING_TO_END = Text(
    "「やめる」とありますが、この通信は届け出られていません。組とサービスが地図と同じかを確かめてください。",
    "The row ends a need that is not declared. Please check pair and service against the map.",
)
