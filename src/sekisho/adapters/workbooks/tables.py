"""Reads the records of a table sheet: lines with their devices, terminals."""

from collections.abc import Callable, Iterator
from functools import lru_cache

from sekisho.adapters.workbooks.grids import Grid, cell_name
from sekisho.adapters.workbooks.messages import Findings
from sekisho.adapters.workbooks.sheet_xml import column_letters
from sekisho.adapters.workbooks.table_layout import Field, HeaderFinder, TableLayout, record_number
from sekisho.domain.values import dataclass, replace
from sekisho.domain.workbook.cleaning import matching_key, plain
from sekisho.domain.workbook.normalise import Raw, raw_text, reader_of
from sekisho.domain.workbook.readings import NOTHING, Reading
from sekisho.domain.workbook.rows import ReadPart, ReadRow, ReadSheet, ReadValue
from sekisho.domain.workbook.schema import Column, Edition, Kind, Sheet

MOST_RECORDS = 3_000
_NEED_WORDS = frozenset(
    map(matching_key, ("必須", "任意", "条件により必須", "条件付き必須", "推奨", "required", "optional"))
)
_GUIDE_LABELS = frozenset(
    map(
        matching_key,
        (
            "必須/任意",
            "説明",
            "書き方",
            "記入方法",
            "入力方法",
            "選択肢",
            "項目",
            "注意",
            "注意事項",
            "help",
            "how to fill",
        ),
    )
)
_CHOICES = frozenset({Kind.CHOICE, Kind.OPEN_CHOICE})
_TELLING_KINDS = frozenset({Kind.GLOBAL_ADDRESS, Kind.FQDN})
_TELLING_KEYS = frozenset({"circuit_id", "circuit_number"})


@dataclass(frozen=True, slots=True)
class _Told:
    """What a cell of one column says: its reading, its text as it stands, and whether it is the printed example still."""

    reading: Reading
    text: str
    is_example: bool


class _Block:
    """The columns of one repetition（装置②）, or of the record itself, prepared so that a row is read in few steps."""

    def __init__(self, position: int | None, fields: list[Field], tellers: dict[str, Callable[[Raw], _Told]]) -> None:
        self.position = position
        self.letters = [(item.column.key, column_letters(item.index)) for item in fields]
        self.tellers = [(item.index, item.column.key, tellers[item.column.key]) for item in fields]
        self.unanswered: dict[str, ReadValue] = dict.fromkeys(key for key, _ in self.letters)


class _Record:
    """A row while it is being read. A person may use several rows for one line: the first has the label."""

    def __init__(
        self,
        number: int | None,
        row_id: str | None,
        label_cell: str,
        values: dict[str, ReadValue],
        cells: dict[str, str],
        raw: dict[str, str],
    ) -> None:
        self.number, self.row_id, self.label_cell = number, row_id, label_cell
        self.values, self.cells, self.raw = values, cells, raw
        self.parts: dict[int, ReadPart] = {}

    def row(self) -> ReadRow:
        parts = tuple(self.parts[position] for position in sorted(self.parts))
        return ReadRow(self.number, self.row_id, self.values, self.cells, self.raw, parts, self.label_cell)


class TableReader:
    """Reads one kind of table sheet. Reusable for many workbooks: it keeps what it has learned about the headings."""

    def __init__(self, edition: Edition, sheet: Sheet) -> None:
        self.sheet = sheet
        self.finder = HeaderFinder(edition, sheet)
        self.tellers = {c.key: _teller_of(c, edition) for c in (*sheet.columns, *sheet.group)}
        self._helps = frozenset(text for c in (*sheet.columns, *sheet.group) for text in (c.help.ja, c.help.en))

    def read(self, grid: Grid, layout: TableLayout, findings: Findings) -> ReadSheet:
        """Return the records of `grid`, and put into `findings` what has to be said about how they were read."""
        return _Reading(self, grid, layout, findings).sheet()

    def is_guide(self, cells: list[Raw]) -> bool:
        """True for a row that tells how to fill in and answers nothing itself."""
        texts = [cell for cell in cells if isinstance(cell, str) and cell]
        said = sum(text in self._helps or text[:1] == "※" or matching_key(text) in _NEED_WORDS for text in texts)
        return bool(texts) and said * 2 >= len(texts)


class _Reading:
    """One sheet being read."""

    def __init__(self, reader: TableReader, grid: Grid, layout: TableLayout, findings: Findings) -> None:
        self._reader, self._grid, self._layout, self._findings = reader, grid, layout, findings
        self._covered = grid.covered()
        self._covered_rows = frozenset(row for row, _ in self._covered)
        self._has_broken = bool(grid.facts.errors or grid.facts.uncomputed)
        fields: dict[int | None, list[Field]] = {None: []}
        for item in layout.fields:
            fields.setdefault(item.position, []).append(item)
        self._own, *self._parts = (_Block(position, items, reader.tellers) for position, items in fields.items())
        self._last_index = max((item.index for item in layout.fields), default=0)
        self._filled_from: set[tuple[int, int]] = set()
        self._hidden: list[int] = []

    def sheet(self) -> ReadSheet:
        records: list[_Record] = []
        for row in self._rows():
            if len(records) >= MOST_RECORDS:
                self._findings.add("too-many-rows", cell_name(row, 0), limit=MOST_RECORDS)
                break
            self._take(row, records)
        self._tell_about_columns()
        self._tell_about_hidden()
        columns: dict[str, str] = {}
        for item in self._layout.fields:
            columns.setdefault(item.column.key, cell_name(self._layout.header_row, item.index))
        rows = tuple(record.row() for record in records)
        return ReadSheet(self._reader.sheet.key, self._grid.title, rows, columns, self._grid.pictures)

    def _rows(self) -> Iterator[int]:
        """Yield the rows below the header in which anything is written, labels and row ids aside."""
        for row in range(self._layout.header_row + 1, len(self._grid.rows)):
            cells = self._grid.rows[row]
            if any(cell != "" and cell is not None for cell in cells):
                yield row

    def _take(self, row: int, records: list[_Record]) -> None:
        label_place = (row, self._layout.label_index) if self._layout.label_index is not None else None
        label = self._grid.value(*self._covered.get(label_place, label_place)) if label_place else None
        cells = self._cells(row)
        filled = [item for item in self._layout.fields if cells[item.index] != "" and cells[item.index] is not None]
        if not filled and self._row_id(row) is None:
            return
        number = record_number(label)
        if number is None and self._is_no_record(row, label, cells, filled):
            return
        if records and self._continues(row, label_place, number, filled):
            self._append_devices(row, cells, records[-1])
            return
        if filled and row in self._grid.facts.hidden_rows:
            self._hidden.append(row + 1)
        records.append(self._record(row, cells, number, cell_name(*label_place) if label_place else ""))

    def _cells(self, row: int) -> list[Raw]:
        """Return the values of a row, as far as the last question; what is merged downwards belongs to each row."""
        cells = self._grid.rows[row]
        if row in self._covered_rows:
            return [self._raw(row, index) for index in range(self._last_index + 1)]
        missing = self._last_index + 1 - len(cells)
        return [*cells, *[""] * missing] if missing > 0 else cells

    def _raw(self, row: int, index: int) -> Raw:
        place = self._covered.get((row, index))
        if place is None or place == (row, index):
            return self._grid.value(row, index)
        if place[1] != index or place[0] <= self._layout.header_row:
            return ""
        value = self._grid.value(*place)
        if value not in ("", None) and place not in self._filled_from:
            self._filled_from.add(place)
            self._findings.add("merged-cells-filled", cell_name(*place))
        return value

    def _row_id(self, row: int) -> str | None:
        if self._layout.id_index is None:
            return None
        value = self._grid.value(row, self._layout.id_index)
        return plain(value)[:100] or None if isinstance(value, str) else None

    def _is_no_record(self, row: int, label: Raw, cells: list[Raw], filled: list[Field]) -> bool:
        """True for the printed example and for rows that only tell how to fill in."""
        if self._reader.finder.is_example_label(label):
            self._check_example_row(row, cells, filled)
            return True
        if isinstance(label, str) and matching_key(label) in _GUIDE_LABELS | _NEED_WORDS:
            return True
        return self._reader.is_guide([cells[item.index] for item in filled])

    def _continues(
        self,
        row: int,
        label_place: tuple[int, int] | None,
        number: int | None,
        filled: list[Field],
    ) -> bool:
        """True when the row carries on the record above: its label is merged with it, or it has devices only."""
        if not filled or any(item.position is None for item in filled if self._stands_here(row, item.index)):
            return False
        merged = label_place in self._covered and self._covered[label_place][0] != row
        return merged or (number is None and label_place is not None and self._row_id(row) is None)

    def _stands_here(self, row: int, index: int) -> bool:
        return self._covered.get((row, index), (row, index))[0] == row

    def _append_devices(self, row: int, cells: list[Raw], record: _Record) -> None:
        self._findings.add(
            "device-row-joined", cell_name(row, self._layout.label_index or 0), number=record.number or ""
        )
        for block in self._parts:
            part = ReadPart(0, *self._answers(block, row, cells, record.number))
            if not part.is_blank:
                last = max((p for p, known in record.parts.items() if not known.is_blank), default=0)
                record.parts[last + 1] = replace(part, position=last + 1)

    def _record(self, row: int, cells: list[Raw], number: int | None, label_cell: str) -> _Record:
        record = _Record(number, self._row_id(row), label_cell, *self._answers(self._own, row, cells, number))
        for block in self._parts:
            position = block.position or 0
            record.parts[position] = ReadPart(position, *self._answers(block, row, cells, number))
        return record

    def _answers(
        self, block: _Block, row: int, cells: list[Raw], number: int | None
    ) -> tuple[dict[str, ReadValue], dict[str, str], dict[str, str]]:
        """Return the values, cell names and texts of a block in one row. The innermost loop of reading: kept flat."""
        line = str(row + 1)
        names = {key: letters + line for key, letters in block.letters}
        values = block.unanswered.copy()
        raw: dict[str, str] = {}
        for index, key, tell in block.tellers:
            value = cells[index]
            if value == "" or value is None:
                if self._has_broken:
                    self._tell_if_broken(names[key], key, number, raw)
                continue
            told = tell(value)
            values[key] = told.reading.answer
            if told.text:
                raw[key] = told.text
            if told.reading.notes:
                self._findings.add_notes(told.reading, names[key], told.text, key, number)
            if told.is_example:
                self._findings.add("example-value-left", names[key], value=told.text, column=key, row=number)
        return values, names, raw

    def _tell_if_broken(self, cell: str, key: str, number: int | None, raw: dict[str, str]) -> None:
        facts = self._grid.facts
        if cell in facts.errors:
            raw[key] = facts.errors[cell]
            self._findings.add("excel-error", cell, value=facts.errors[cell], column=key, row=number)
        elif cell in facts.uncomputed:
            raw[key] = "="
            self._findings.add("formula-not-computed", cell, column=key, row=number)

    def _check_example_row(self, row: int, cells: list[Raw], filled: list[Field]) -> None:
        """Say so when a person wrote their own answers into the printed example."""
        # Choices agree by chance; names, places and numbers do not.
        words = [item for item in filled if item.column.kind not in _CHOICES]
        own = sum(raw_text(cells[item.index]) != plain(item.column.example) for item in words)
        if own * 2 > len(words):
            self._findings.add("example-row-skipped", cell_name(row, self._layout.label_index or 0))

    def _tell_about_columns(self) -> None:
        first = self._layout.header_row + 1
        for index in self._layout.stray:
            if any(self._grid.value(row, index) not in ("", None) for row in range(first, len(self._grid.rows))):
                heading = raw_text(self._grid.value(self._layout.header_row, index))
                self._findings.add("column-not-read", cell_name(self._layout.header_row, index), value=heading)

    def _tell_about_hidden(self) -> None:
        if self._hidden:
            shown = "、".join(map(str, self._hidden[:5])) + ("…" if len(self._hidden) > 5 else "")
            self._findings.add("hidden-rows", cell_name(self._hidden[0] - 1, 0), rows=shown)
        hidden = [item for item in self._layout.fields if item.index in self._grid.facts.hidden_columns]
        if hidden:
            shown = "、".join(column_letters(item.index) for item in hidden[:5]) + ("…" if len(hidden) > 5 else "")
            self._findings.add("hidden-columns", cell_name(self._layout.header_row, hidden[0].index), columns=shown)


def _teller_of(column: Column, edition: Edition) -> Callable[[Raw], _Told]:
    """Return what tells of each cell of `column`, and remembers: the cells of a column repeat."""
    read = reader_of(column, edition)
    is_telling = column.kind in _TELLING_KINDS or column.key in _TELLING_KEYS
    example = read(column.example).answer if is_telling else None

    def tell(raw: Raw) -> _Told:
        reading = read(raw)
        if reading.answer is None and not reading.notes:
            return _NOTHING_TOLD
        return _Told(reading, raw_text(raw), example is not None and reading.answer == example)

    return lru_cache(maxsize=2048, typed=True)(tell)


_NOTHING_TOLD = _Told(NOTHING, "", False)
