"""The sheet: where columns and rows are, how dense the rows stand, and which rows go on which page."""

from dataclasses import dataclass

from sekisho.domain.drawing.parts import PAGE_WIDTH
from sekisho.domain.drawing.title_block import MARGIN
from sekisho.domain.overview.rows import Row

BODY_TOP = 70.0
BODY_BOTTOM = 763.0
SECTION_GAP = 6.0
CHIP_WIDTH, CHIP_HEIGHT = 21.0, 11.0
LINE_BOX_PADDING = 4.0


@dataclass(frozen=True, slots=True)
class Density:
    """How large rows and letters are. `pitch` is the height of a row with the gap below it; sizes are in points."""

    pitch: float
    gap: float
    heading: float
    detail: float


DENSITIES = (
    Density(pitch=92, gap=14, heading=12, detail=10.5),
    Density(pitch=54, gap=9, heading=10, detail=8.8),
    Density(pitch=36.5, gap=4.5, heading=8.4, detail=7.3),
    Density(pitch=33, gap=3, heading=8.0, detail=7.0),
)
"""From roomy to compact. A drawing takes the first that brings it onto one page, else `DENSE`."""
DENSE = DENSITIES[2]


@dataclass(frozen=True, slots=True)
class Columns:
    """Left side and width of each column. `gaps` hold the lanes in which edges change rows."""

    party: tuple[float, float]
    network: tuple[float, float]
    line: tuple[float, float]
    terminator: tuple[float, float]
    devices: tuple[tuple[float, float], ...]
    stop: tuple[float, float]
    bus: tuple[float, float]
    systems: tuple[float, float]


_DEVICE_WIDTHS = {1: 156.0, 2: 118.0, 3: 92.0}
_DEVICE_GAP = 22.0
_GAPS = (14.0, 16.0, 22.0, 24.0, 24.0, 10.0, 18.0)
"""After party, network, line, terminator, the last device, stop, bus."""
_FIXED = {"network": 76.0, "stop": 26.0, "bus": 30.0}
_SHARES = {"party": 0.19, "line": 0.35, "terminator": 0.26, "systems": 0.2}


def make_columns(layers: int) -> Columns:
    """Return the columns for drawings with `layers` device columns; they fill the page from margin to margin."""
    count = max(1, layers)
    device = _DEVICE_WIDTHS[count]
    devices_width = count * device + (count - 1) * _DEVICE_GAP
    room = PAGE_WIDTH - 2 * MARGIN - sum(_GAPS) - sum(_FIXED.values()) - devices_width
    widths = {name: share * room for name, share in _SHARES.items()} | _FIXED
    x = MARGIN
    places: dict[str, tuple[float, float]] = {}
    for name, gap in zip(("party", "network", "line", "terminator"), _GAPS, strict=False):
        places[name] = (x, widths[name])
        x += widths[name] + gap
    devices = tuple((x + index * (device + _DEVICE_GAP), device) for index in range(count))
    x += devices_width + _GAPS[4]
    for name, gap in zip(("stop", "bus", "systems"), (*_GAPS[5:], 0.0), strict=True):
        places[name] = (x, widths[name])
        x += widths[name] + gap
    return Columns(
        party=places["party"],
        network=places["network"],
        line=places["line"],
        terminator=places["terminator"],
        devices=devices,
        stop=places["stop"],
        bus=places["bus"],
        systems=places["systems"],
    )


def chips_per_row(columns: Columns) -> int:
    """Return how many line numbers stand side by side in the box of a bundle."""
    return int((columns.line[1] - 2 * LINE_BOX_PADDING) // CHIP_WIDTH)


def row_height(row: Row, density: Density, columns: Columns) -> float:
    """Return the height of `row` with the gap below it."""
    height = density.pitch
    if row.is_bundle:
        chip_rows = -(-len(row.entries) // chips_per_row(columns))
        text = (density.heading + 2 * density.detail) * 1.2
        height = max(height, text + chip_rows * (CHIP_HEIGHT + 2) + 8 + density.gap)
    if row.index_width:
        lines = 1 + int(row.index_width * density.detail * 1.08 // (columns.line[1] - 2 * LINE_BOX_PADDING))
        height = max(height, (density.heading + lines * density.detail) * 1.2 + 4 + density.gap)
    listed = max((len(cell.details) for _, cell in row.devices if cell.listing), default=0)
    if listed:
        needed = (density.heading + listed * density.detail) * 1.2 + 6 + density.gap
        height = max(height, min(needed, (BODY_BOTTOM - BODY_TOP) / 2))
    return height


def paginate(rows: tuple[Row, ...], density: Density, columns: Columns) -> list[list[Row]]:
    """Return the rows of each page; a new page starts where the next row would cross the lower end of the body."""
    pages: list[list[Row]] = [[]]
    y = BODY_TOP
    for row in rows:
        page = pages[-1]
        height = row_height(row, density, columns)
        gap = SECTION_GAP if page and page[-1].section is not row.section else 0.0
        if page and y + gap + height - density.gap > BODY_BOTTOM:
            pages.append([row])
            y = BODY_TOP + height
        else:
            page.append(row)
            y += gap + height
    return pages


def row_places(rows: list[Row], density: Density, columns: Columns) -> list[tuple[float, float]]:
    """Return the upper and lower side of each row's boxes on one page."""
    places: list[tuple[float, float]] = []
    y = BODY_TOP
    above: Row | None = None
    for row in rows:
        y += SECTION_GAP if above and above.section is not row.section else 0.0
        above = row
        height = row_height(row, density, columns)
        places.append((y, y + height - density.gap))
        y += height
    return places
