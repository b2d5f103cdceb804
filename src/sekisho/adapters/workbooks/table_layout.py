"""Finds the header of a table sheet: which of its columns holds which question, wherever people have moved them."""

import re
from collections.abc import Sequence
from functools import lru_cache

from sekisho.adapters.workbooks.grids import Grid
from sekisho.domain.values import dataclass
from sekisho.domain.workbook.cleaning import folded, matching_key
from sekisho.domain.workbook.headings import HeadingIndex, Match
from sekisho.domain.workbook.schema import Column, Edition, Sheet
from sekisho.domain.workbook.stamp import ROW_ID_HEADING

_SEARCHED_ROWS = 60
_LEAST_HEADINGS = 3
_LABEL_COLUMNS, _LABEL_ROWS = 8, 40
"""How far from the table's corner the column of labels is looked for."""
_LABEL = re.compile(
    r"(?:回線|端末|pc|line|no|nо|№|#|項番|番号)?\s*[.:]?\s*(\d{1,5})\s*(?:回線目|本目|台目|番|\.)?", re.IGNORECASE
)
_ROW_ID_KEY = matching_key(ROW_ID_HEADING)


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the sheet that answers one question. `index` from 0; `position` is the repetition of a group's."""

    index: int
    column: Column
    position: int | None = None


@dataclass(frozen=True, slots=True)
class TableLayout:
    """Where things stand on a table sheet. Indexes from 0; `stray` are columns whose heading means nothing to us."""

    header_row: int
    fields: tuple[Field, ...]
    label_index: int | None
    id_index: int | None
    stray: tuple[int, ...]


class HeaderFinder:
    """Finds the header of one kind of sheet. Reusable for many workbooks."""

    def __init__(self, edition: Edition, sheet: Sheet) -> None:
        self._sheet = sheet
        self._index = HeadingIndex(edition, sheet)
        self._columns = {column.key: column for column in (*sheet.columns, *sheet.group)}
        self._printed = frozenset(column.heading.ja for column in self._columns.values())
        self._examples = frozenset(map(matching_key, edition.example_words))

    def layout(self, grid: Grid) -> TableLayout | None:
        """Return where the questions stand, None when the sheet has no such header."""
        covered = grid.covered()
        best: tuple[int, int, list[Match | None]] | None = None
        for row in self._candidates(grid):
            matches, own = self._matches(grid, row, covered)
            found = sum(match is not None for match in matches)
            if own and found >= _LEAST_HEADINGS and (best is None or (found, own) > best[:2]):
                best = (found, own, matches)
                header = row
        return self._layout(grid, header, best[2]) if best else None

    def score(self, grid: Grid) -> int:
        """Return how many of this sheet's headings stand in one row: tells sheets apart whose names say nothing."""
        layout = self.layout(grid)
        return len({field.column.key for field in layout.fields}) if layout else 0

    def _candidates(self, grid: Grid) -> Sequence[int]:
        """Return the rows that may be headers; where one prints our headings as they are, only it and a second one below."""
        rows = range(min(_SEARCHED_ROWS, len(grid.rows)))
        for row in rows:
            if sum(cell in self._printed for cell in grid.rows[row] if type(cell) is str) * 2 > len(self._printed):
                return range(row, min(row + 2, len(grid.rows)))
        return rows

    def _matches(
        self, grid: Grid, row: int, covered: dict[tuple[int, int], tuple[int, int]]
    ) -> tuple[list[Match | None], int]:
        """Return what each column means if `row` were the header, and how many headings stand in that very row."""
        matches: list[Match | None] = []
        own = 0
        above = ""
        for index in range(len(grid.rows[row])):
            place = covered.get((row, index), (row, index))
            lower = _text(grid.value(*place))
            upper_place = covered.get((row - 1, index), (row - 1, index)) if row else (-1, -1)
            printed = _text(grid.value(*upper_place)) if upper_place != place else ""
            # A band that was not merged stands over its first column only and holds until the next one.
            above = printed or (above if self._is_band(above) else "")
            match = self._index.match(lower, above) if lower else None
            own += match is not None and place[0] == row
            matches.append(match or (self._index.match(printed) if printed and not lower else None))
        return matches, own

    def _is_band(self, text: str) -> bool:
        return bool(text) and self._index.position(matching_key(text)) is not None

    def _layout(self, grid: Grid, header: int, matches: list[Match | None]) -> TableLayout:
        fields, stray, seen = [], [], set()
        repetitions: dict[str, int] = {}
        label = self._label_index(grid, header, matches)
        id_index = None
        for index, match in enumerate(matches):
            heading = _text(grid.value(header, index))
            if match is None:
                if matching_key(heading) == _ROW_ID_KEY:
                    id_index = index
                elif heading and index != label:
                    stray.append(index)
                continue
            position = match.position
            if match.by_order:
                position = repetitions[match.key] = repetitions.get(match.key, 0) + 1
            if (match.key, position) in seen:
                stray.append(index)
                continue
            seen.add((match.key, position))
            fields.append(Field(index, self._columns[match.key], position))
        return TableLayout(header, tuple(fields), label, id_index, tuple(stray))

    def _label_index(self, grid: Grid, header: int, matches: list[Match | None]) -> int | None:
        """Return the column that numbers the records: the one, meaning nothing else, with the most labels below."""
        counts: dict[int, int] = {}
        free = [index for index in range(_LABEL_COLUMNS) if index >= len(matches) or matches[index] is None]
        for row in range(header + 1, min(header + _LABEL_ROWS, len(grid.rows))):
            for index in free:
                if self.is_label(grid.value(row, index)):
                    counts[index] = counts.get(index, 0) + 1
        return max(counts, key=lambda index: (counts[index], -index)) if counts else None

    def is_label(self, cell: object) -> bool:
        """True for what stands in front of a record: 回線3, No.1, 4, 記入例."""
        return record_number(cell) is not None or self.is_example_label(cell)

    def is_example_label(self, cell: object) -> bool:
        """True for the label of the printed example row."""
        key = matching_key(cell) if isinstance(cell, str) and cell else ""
        return bool(key) and (key in self._examples or key.rstrip("0123456789") in self._examples)


@lru_cache(maxsize=4096, typed=True)
def record_number(cell: object) -> int | None:
    """Return the number that a row's label says: 回線3, No.3, ③ and 3 are 3; None when it says none."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return int(cell) if 0 < cell < 100_000 and cell % 1 == 0 else None
    match = _LABEL.fullmatch(folded(cell)) if isinstance(cell, str) and cell else None
    return int(match.group(1)) if match else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
