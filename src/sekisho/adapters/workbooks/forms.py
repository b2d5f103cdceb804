"""Reads a form sheet（基本情報）: a label beside or above each value, and the contacts as blocks or as a small table."""

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from sekisho.adapters.workbooks.grids import Grid, cell_name
from sekisho.adapters.workbooks.messages import Findings
from sekisho.domain.values import dataclass
from sekisho.domain.workbook.cleaning import matching_key
from sekisho.domain.workbook.headings import HeadingIndex, Match
from sekisho.domain.workbook.normalise import Raw, raw_text, reader_of
from sekisho.domain.workbook.rows import ReadPart, ReadRow, ReadSheet, ReadValue
from sekisho.domain.workbook.schema import Edition, Sheet

_MOST_ROWS, _MOST_COLUMNS = 400, 60
_NEED_WORDS = frozenset(
    map(matching_key, ("必須", "任意", "必須項目", "推奨", "事務局", "条件により必須", "必須*", "○", "◎", "required", "optional", "recommended", "office"))
) | {""}  # fmt: skip

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Label:
    """A label of the form: the cell it stands in, where its merged cell ends, and what it asks."""

    row: int
    column: int
    last_row: int
    last_column: int
    match: Match


class FormReader:
    """Reads one kind of form sheet. Reusable for many workbooks."""

    def __init__(self, edition: Edition, sheet: Sheet) -> None:
        self.sheet = sheet
        self.index = HeadingIndex(edition, sheet)
        self._edition = edition
        self._position = lru_cache(maxsize=4096)(lambda text: self.index.position(matching_key(text)))
        self._columns = {column.key: column for column in (*sheet.columns, *sheet.group)}
        self._readers = {key: reader_of(column, edition) for key, column in self._columns.items()}
        self._helps = frozenset(text for column in self._columns.values() for text in (column.help.ja, column.help.en))

    def score(self, grid: Grid) -> int:
        """Return how many of the form's labels stand on `grid`."""
        return len({label.match.key for label in self._labels(grid, list(self._titles(grid)))})

    def read(self, grid: Grid, findings: Findings) -> ReadSheet:
        """Return the form's one record, its groups as parts."""
        values: dict[str, ReadValue] = {}
        cells: dict[str, str] = {}
        raw: dict[str, str] = {}
        parts: dict[int, tuple[dict[str, ReadValue], dict[str, str], dict[str, str]]] = {}
        headings: dict[str, str] = {}
        for label, place in self._placed(grid):
            key, position = label.match.key, label.match.position
            target = (values, cells, raw) if position is None else parts.setdefault(position, ({}, {}, {}))
            if key in target[1]:
                continue
            headings.setdefault(key, cell_name(label.row, label.column))
            self._answer(grid, place, key, target, findings)
        record = ReadRow(1, None, values, cells, raw, tuple(ReadPart(p, *parts[p]) for p in sorted(parts)))
        return ReadSheet(self.sheet.key, grid.title, (record,), headings, grid.pictures)

    def _answer(
        self,
        grid: Grid,
        place: Place,
        key: str,
        target: tuple[dict[str, ReadValue], dict[str, str], dict[str, str]],
        findings: Findings,
    ) -> None:
        values, cells, raw = target
        cells[key] = cell = cell_name(*place)
        value = grid.value(*place)
        reading = self._readers[key](value)
        values[key] = reading.answer
        if cell in grid.facts.errors:
            raw[key] = grid.facts.errors[cell]
            findings.add("excel-error", cell, value=grid.facts.errors[cell], column=key)
        elif cell in grid.facts.uncomputed:
            raw[key] = "="
            findings.add("formula-not-computed", cell, column=key)
        elif reading.answer is not None or reading.notes:
            raw[key] = raw_text(value)
            findings.add_notes(reading, cell, raw[key], key, None)

    # ---- where labels and their values stand ----

    def _labels(self, grid: Grid, titles: list[tuple[int, int, int]]) -> list[_Label]:
        """Return the labels in reading order, each contact's with its position."""
        spans = {(top, left): (bottom, right) for top, left, bottom, right in grid.merged}
        found: list[_Label] = []
        for row, cells in enumerate(grid.rows[:_MOST_ROWS]):
            for column, cell in enumerate(cells[:_MOST_COLUMNS]):
                if not isinstance(cell, str) or not cell or len(cell) > 80:
                    continue
                if match := self.index.match(cell):
                    bottom, right = spans.get((row, column), (row, column))
                    found.append(_Label(row, column, bottom, right, match))
        return self._with_positions(titles, found)

    def _with_positions(self, titles: list[tuple[int, int, int]], labels: list[_Label]) -> list[_Label]:
        """Give each label of the group its repetition: by the title before it, else by how often it has stood."""
        counts: Counter[str] = Counter()
        placed = []
        for label in labels:
            if not label.match.by_order:
                placed.append(label)
                continue
            counts[label.match.key] += 1
            position = self._title_before(titles, label) or counts[label.match.key]
            match = Match(label.match.key, position)
            placed.append(_Label(label.row, label.column, label.last_row, label.last_column, match))
        return placed

    def _titles(self, grid: Grid) -> Iterator[tuple[int, int, int]]:
        """Yield (row, column, position) of each 担当者n."""
        for row, cells in enumerate(grid.rows[:_MOST_ROWS]):
            for column, cell in enumerate(cells[:_MOST_COLUMNS]):
                if isinstance(cell, str) and 0 < len(cell) <= 40:
                    position = self._position(cell)
                    if position:
                        yield row, column, position

    def _title_before(self, titles: list[tuple[int, int, int]], label: _Label) -> int | None:
        """Return the position whose title stands nearest above or left of the label."""
        before = [t for t in titles if t[0] <= label.row and t[1] <= label.column]
        return max(before)[2] if before else None

    def _placed(self, grid: Grid) -> Iterator[tuple[_Label, Place]]:
        """Yield each label with the cell of its value; a small table's heading with one value per titled row."""
        titles = list(self._titles(grid))
        labels = self._labels(grid, titles)
        taken = {(label.row, label.column) for label in labels}
        offset = self._usual_offset(grid, labels, taken)
        table_rows = {row for row, count in Counter(label.row for label in labels).items() if count >= 3}
        for label in labels:
            if label.row in table_rows and (rows := self._titled_rows(titles, label)):
                for row, position in rows:
                    yield (
                        _Label(
                            label.row, label.column, label.last_row, label.last_column, Match(label.match.key, position)
                        ),
                        (row, label.column),
                    )
            else:
                yield label, self._value_place(grid, label, taken, offset)

    def _titled_rows(self, titles: list[tuple[int, int, int]], label: _Label) -> list[tuple[int, int]]:
        """Return (row, position) of the rows below a heading that begin with 担当者n."""
        if label.match.position is None:
            return []
        return [(row, position) for row, column, position in titles if row > label.last_row and column < label.column]

    def _usual_offset(self, grid: Grid, labels: list[_Label], taken: set[Place]) -> int:
        """Return how far right of its label a value stands in most rows: there may be a column of 必須 marks between."""
        counts: Counter[int] = Counter()
        for label in labels:
            for offset in range(1, 4):
                place = (label.last_row, label.last_column + offset)
                text = grid.value(label.row, place[1])
                if (label.row, place[1]) in taken:
                    break
                if text not in ("", None) and not self._is_print(text):
                    counts[offset] += 1
                    break
        return counts.most_common(1)[0][0] if counts else 1

    def _is_print(self, text: Raw) -> bool:
        """True for what the form itself prints beside a label: its help, a mark of need."""
        return isinstance(text, str) and (text in self._helps or matching_key(text) in _NEED_WORDS)

    def _value_place(self, grid: Grid, label: _Label, taken: set[Place], offset: int) -> Place:
        """Return the cell of a label's value: right of it, or below it where labels stand side by side."""
        right = [(label.row, label.last_column + step) for step in (offset, 1, 2, 3)]
        for place in right:
            if place in taken:
                break
            value = grid.value(*place)
            if value not in ("", None) and not self._is_print(value):
                return place
        below = (label.last_row + 1, label.column)
        beside_is_label = (label.row, label.last_column + 1) in taken
        value = grid.value(*below)
        if below in taken or self._is_print(value):
            return right[0]
        if beside_is_label or (self._stands_alone(grid, label) and value not in ("", None)):
            return below
        return right[0]

    def _stands_alone(self, grid: Grid, label: _Label) -> bool:
        """True when nothing at all is right of the label: its value may stand below it."""
        cells = grid.rows[label.row][label.last_column + 1 :]
        return all(cell in ("", None) for cell in cells)
