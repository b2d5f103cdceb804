"""Bands of blocks on pages: blocks flow like words, from left to right and from top to bottom, on one grid.

Where something goes follows from what stands before it alone, so that a change moves nothing above it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TypeAlias

from sekisho.domain.drawing.metrics import LINE_HEIGHT
from sekisho.domain.drawing.parts import Area, Box, Edge, Heading, Label, Panel
from sekisho.domain.drawing.words import join
from sekisho.domain.sheets.bands import BAND_NAMES, Band
from sekisho.domain.sheets.frame import BODY_BOTTOM, BODY_TOP, LEFT, WIDTH, Body
from sekisho.domain.text import Text

_PADDING, _GAP = 5.0, 6.0
_INSET = 4.0
_BAND_HEAD, _BLOCK_HEAD = 13.0, 12.0
_BAND_GAP = 5.0
_EDGE = 10.0
CONTINUED = Text("（続き）", "(continued)")


@dataclass(frozen=True, slots=True)
class Grid:
    """How large everything is. `columns` cells stand side by side; sizes are in points."""

    columns: int
    widths: tuple[int, ...]
    """In how many columns a block of few segments may be; it takes the least that holds them."""
    cell: float
    line: float
    device: float
    heading: float
    detail: float

    @property
    def unit(self) -> float:
        """Return the distance of two columns."""
        return (WIDTH - 2 * _PADDING + _GAP) / self.columns

    @property
    def cell_width(self) -> float:
        """Return the width of a cell, the same everywhere."""
        return self.unit - _GAP - 2 * _INSET


GRIDS = (
    Grid(6, (1, 2, 3, 4, 6), 72, 42, 52, 10, 8.8),
    Grid(8, (1, 2, 4, 6, 8), 60, 36, 44, 8.8, 7.8),
    Grid(8, (1, 2, 4, 5, 6, 8), 48, 29, 36, 8.0, 7.0),
)
"""From roomy to compact. A drawing takes the first that brings it onto one page, else the last."""

Cell: TypeAlias = Callable[[Area, Grid], Box]


@dataclass(frozen=True, slots=True)
class Block:
    """Cells with a name, on a ground of their own."""

    band: Band
    id: str
    name: Text
    cells: tuple[Cell, ...]
    extra_lines: int = 0
    """How many lines of text its cells hold more than others."""

    def cell_height(self, grid: Grid) -> float:
        """Return the height of its cells."""
        return grid.cell + self.extra_lines * grid.detail * LINE_HEIGHT

    def columns(self, grid: Grid) -> int:
        """Return how many columns it takes."""
        return next((width for width in grid.widths if width >= len(self.cells)), grid.columns)

    def height(self, grid: Grid) -> float:
        """Return its height, head included."""
        rows = -(-len(self.cells) // self.columns(grid))
        return _BLOCK_HEAD + rows * (self.cell_height(grid) + _GAP) - _GAP + _INSET


@dataclass(frozen=True, slots=True)
class Ending:
    """A device with the lines that end on it, above it. `edge` makes the edge between the two."""

    band: Band
    lines: tuple[Cell, ...]
    device: Cell
    edge: Callable[[Box, Box], Edge]

    def columns(self, grid: Grid) -> int:
        """Return how many columns it takes."""
        return min(grid.columns, len(self.lines))

    def height(self, grid: Grid) -> float:
        """Return its height."""
        rows = -(-len(self.lines) // self.columns(grid))
        return rows * (grid.line + _GAP) - _GAP + _EDGE + grid.device


Brick: TypeAlias = Block | Ending


@dataclass(slots=True)
class _Sheet:
    boxes: list[Box] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)


class Flow:
    """Pages in the making."""

    def __init__(self, grid: Grid, name: str) -> None:
        self._grid, self._name = grid, name
        self._sheets = [_Sheet()]
        self._y = BODY_TOP
        self._column = 0
        self._shelf = 0.0
        self._band: tuple[Band, float, bool] | None = None

    def pages(self, bricks: Sequence[Brick]) -> tuple[Body, ...]:
        """Return the pages of `bricks`, which are in the order of their bands."""
        for band, members in groupby(bricks, key=lambda brick: brick.band):
            self._open(band, continued=False)
            for brick in members:
                self._add(brick)
            self._close()
        return tuple(Body(tuple(sheet.boxes), tuple(sheet.edges), tuple(sheet.panels)) for sheet in self._sheets)

    def _open(self, band: Band, *, continued: bool) -> None:
        least = _BAND_HEAD + _BLOCK_HEAD + self._grid.cell + _INSET + _PADDING
        if self._y > BODY_TOP and self._y + least > BODY_BOTTOM:
            self._new_page()
        self._band = (band, self._y, continued)
        self._y += _BAND_HEAD
        self._column, self._shelf = 0, 0.0

    def _close(self) -> None:
        """End the shelf and the band, and draw the band's ground."""
        if self._band is None:
            return
        band, top, continued = self._band
        bottom = self._y + self._shelf + _PADDING
        name = join(BAND_NAMES[band], CONTINUED, by="") if continued else BAND_NAMES[band]
        area = Area(LEFT, top, WIDTH, bottom - top)
        heading = Heading(Area(LEFT + _PADDING, top + 2, WIDTH - 2 * _PADDING, 11), Label(name, 9, bold=True))
        number = len(self._sheets)
        self._sheets[-1].panels.append(Panel(f"{self._name}-band-{number}-{band.name.lower()}", area, heading, name))
        self._y, self._band = bottom + _BAND_GAP, None

    def _new_page(self) -> None:
        self._sheets.append(_Sheet())
        self._y = BODY_TOP

    def _continue(self) -> None:
        """Go on with the same band on the next page."""
        band = self._band[0] if self._band else Band.OUTSIDE
        self._close()
        self._new_page()
        self._open(band, continued=True)

    def _next_shelf(self) -> None:
        self._y += self._shelf + (_GAP if self._shelf else 0.0)
        self._column, self._shelf = 0, 0.0

    def _room(self) -> float:
        return BODY_BOTTOM - _PADDING - self._y

    def _add(self, brick: Brick) -> None:
        if self._column + brick.columns(self._grid) > self._grid.columns:
            self._next_shelf()
        if brick.height(self._grid) > self._room():
            if isinstance(brick, Block) and len(brick.cells) > self._grid.columns:
                self._add_in_parts(brick)
                return
            self._continue()
        self._place(brick)

    def _add_in_parts(self, block: Block) -> None:
        """Add a block that is higher than what is left of the page, as many rows at a time as fit."""
        if self._column:
            self._next_shelf()
        cells, part = list(block.cells), 0
        while cells:
            rows = int((self._room() - _BLOCK_HEAD - _INSET + _GAP) // (block.cell_height(self._grid) + _GAP))
            if rows < 1:
                self._continue()
                continue
            name = join(block.name, CONTINUED, by="") if part else block.name
            taken = cells[: rows * self._grid.columns]
            self._place(
                Block(block.band, f"{block.id}-{part}" if part else block.id, name, tuple(taken), block.extra_lines)
            )
            cells, part = cells[len(taken) :], part + 1
            if cells:
                self._continue()

    def _place(self, brick: Brick) -> None:
        x = LEFT + _PADDING + self._column * self._grid.unit
        if isinstance(brick, Block):
            self._place_block(brick, x)
        else:
            self._place_ending(brick, x)
        self._column += brick.columns(self._grid)
        self._shelf = max(self._shelf, brick.height(self._grid))

    def _areas(self, x: float, y: float, count: int, columns: int, height: float) -> Iterator[Area]:
        for index in range(count):
            row, column = divmod(index, columns)
            yield Area(x + _INSET + column * self._grid.unit, y + row * (height + _GAP), self._grid.cell_width, height)

    def _place_block(self, block: Block, x: float) -> None:
        columns = block.columns(self._grid)
        area = Area(x, self._y, columns * self._grid.unit - _GAP, block.height(self._grid))
        heading = Heading(Area(x + _INSET, self._y + 2, area.width - 2 * _INSET, 10), Label(block.name, 8, bold=True))
        sheet = self._sheets[-1]
        sheet.panels.append(Panel(block.id, area, heading, block.name, level=1))
        areas = self._areas(x, self._y + _BLOCK_HEAD, len(block.cells), columns, block.cell_height(self._grid))
        sheet.boxes.extend(cell(place, self._grid) for cell, place in zip(block.cells, areas, strict=True))

    def _place_ending(self, ending: Ending, x: float) -> None:
        columns = ending.columns(self._grid)
        areas = list(self._areas(x, self._y, len(ending.lines), columns, self._grid.line))
        lines = [line(area, self._grid) for line, area in zip(ending.lines, areas, strict=True)]
        width = (columns - 1) * self._grid.unit + self._grid.cell_width
        device = ending.device(Area(x + _INSET, areas[-1].bottom + _EDGE, width, self._grid.device), self._grid)
        sheet = self._sheets[-1]
        sheet.boxes.extend((*lines, device))
        lowest = areas[-1].y
        sheet.edges.extend(ending.edge(line, device) for line in lines if line.area.y == lowest)
