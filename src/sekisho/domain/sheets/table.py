"""Tables of fields on pages: heads of rows at the left, heads of columns running upwards above, one box per field.

A table that one page does not hold is cut into tiles, row by row of tiles. Sizes go down in steps, so that one more row
or column moves nothing as long as the step holds.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sekisho.domain.drawing.parts import NOTHING, Area, Box, BoxKind, Heading, Label, Mark
from sekisho.domain.drawing.words import join
from sekisho.domain.sheets.frame import BODY_BOTTOM, BODY_TOP, LEFT, WIDTH, Body
from sekisho.domain.text import Text


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a row or column. `id` is unique among them; `detail` stands below the name of a row."""

    id: str
    name: Text
    detail: Text = NOTHING
    title: Text = NOTHING
    marks: frozenset[Mark] = frozenset()
    record: str = ""
    is_sub: bool = False
    """Belongs to the row above it: set in a little."""


@dataclass(frozen=True, slots=True)
class Field:
    """What one row says of one column: short words, one below the other, the first the largest."""

    words: tuple[Text, ...]
    title: Text
    marks: frozenset[Mark] = frozenset()
    record: str = ""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large a table is drawn, in points; `column` and `row` are distances, `letter` the size in fields."""

    head: float
    above: float
    column: float
    row: float
    letter: float
    name: float

    @property
    def columns(self) -> int:
        """Return how many columns a page holds."""
        return int((WIDTH - self.head + 0.01) // self.column)

    @property
    def rows(self) -> int:
        """Return how many rows a page holds."""
        return int((BODY_BOTTOM - BODY_TOP - self.above + 0.01) // self.row)


@dataclass(frozen=True, slots=True)
class Table:
    """A table and what it is called in ids."""

    name: str
    rows: Sequence[Head]
    columns: Sequence[Head]
    field: Callable[[Head, Head], Field]
    steps: Sequence[Sizes]

    @property
    def sizes(self) -> Sizes:
        """Return the first step that needs one page, else the last."""
        for step in self.steps:
            if len(self.rows) <= step.rows and len(self.columns) <= step.columns:
                return step
        return self.steps[-1]

    def bodies(self) -> list[Body]:
        """Return the pages. Tiles are of even size, so that none is left with a single row."""
        sizes = self.sizes
        row_parts, column_parts = _parts(self.rows, sizes.rows), _parts(self.columns, sizes.columns)
        several = len(row_parts) * len(column_parts) > 1
        return [
            self._page(sizes, rows, columns, _part_name(down, across, len(column_parts)) if several else NOTHING)
            for down, rows in enumerate(row_parts)
            for across, columns in enumerate(column_parts)
        ]

    def bottom(self, body_rows: int) -> float:
        """Return where a page with `body_rows` rows ends."""
        return BODY_TOP + self.sizes.above + body_rows * self.sizes.row

    def _page(self, sizes: Sizes, rows: Sequence[Head], columns: Sequence[Head], part: Text) -> Body:
        top = BODY_TOP + sizes.above
        boxes: list[Box] = []
        for at, row in enumerate(rows):
            y = top + at * sizes.row
            boxes.append(self._head(row, columns[0] if columns else None, sizes, y))
            for beside, column in enumerate(columns):
                x = LEFT + sizes.head + beside * sizes.column
                area = Area(x + 1, y + 1, sizes.column - 2, sizes.row - 2)
                boxes.append(self._field(row, column, area, sizes))
        headings = tuple(self._column_heads(columns, sizes))
        return Body(tuple(boxes), headings=headings, part=part)

    def _head(self, row: Head, first: Head | None, sizes: Sizes, y: float) -> Box:
        inset = 12.0 if row.is_sub else 0.0
        area = Area(LEFT + inset, y + 1, sizes.head - 3 - inset, sizes.row - 2)
        inner = Area(area.x + 5, area.y + 0.5, area.width - 9, area.height - 1)
        labels = [Label(row.name, sizes.name, bold=not row.is_sub)]
        if row.detail.ja and sizes.row >= 24:
            labels.append(Label(row.detail, 7))
        title = row.title if row.title.ja else join(row.name, row.detail, by=Text("：", ": "))
        # A row that goes on in the next tile has its head again there.
        identity = (
            f"{self.name}-head-{row.id}"
            if first is self.columns[0] or first is None
            else f"{self.name}-head-{row.id}-{first.id}"
        )
        return Box(identity, BoxKind.HEAD, area, inner, tuple(labels), title, row.marks, record=row.record)

    def _field(self, row: Head, column: Head, area: Area, sizes: Sizes) -> Box:
        field = self.field(row, column)
        inner = Area(area.x + 0.5, area.y, area.width - 1, area.height)
        labels = tuple(
            Label(word, sizes.letter if at == 0 else 7.0, bold=at == 0)
            for at, word in enumerate(field.words)
            if word.ja
        )
        identity = f"{self.name}-{row.id}-{column.id}"
        return Box(identity, BoxKind.CELL, area, inner, labels, field.title, field.marks, record=field.record)

    def _column_heads(self, columns: Sequence[Head], sizes: Sizes) -> Iterator[Heading]:
        lines = max(1, int(sizes.column // (sizes.name * 1.25)))
        for at, column in enumerate(columns):
            area = Area(LEFT + sizes.head + at * sizes.column, BODY_TOP, sizes.column, sizes.above - 3)
            yield Heading(area, Label(column.name, sizes.name, bold=True, max_lines=min(2, lines)), upright=False)


def _parts(heads: Sequence[Head], most: int) -> list[Sequence[Head]]:
    """Return `heads` in as few parts of at most `most` as possible; one empty part when there is none."""
    return [heads[start : start + most] for start in range(0, len(heads), most)] or [heads]


def _part_name(down: int, across: int, columns: int) -> Text:
    number = down * columns + across + 1
    return Text(
        f"（{number}枚め：縦{down + 1}・横{across + 1}）", f"(tile {number}: row {down + 1}, column {across + 1})"
    )
