"""Boxes with their places on one page."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace
from itertools import groupby

from sekisho.domain.drawing.metrics import text_width
from sekisho.domain.drawing.parts import NOTHING, Area, Badge, Box, BoxKind, Label, Mark, drum_lip
from sekisho.domain.drawing.words import join
from sekisho.domain.overview.entries import Section
from sekisho.domain.overview.inside import SystemSpec
from sekisho.domain.overview.rows import Cell, Row
from sekisho.domain.overview.sheet import (
    BODY_BOTTOM,
    BODY_TOP,
    CHIP_HEIGHT,
    CHIP_WIDTH,
    LINE_BOX_PADDING,
    Columns,
    Density,
    chips_per_row,
    row_places,
)
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri

PADDING = 4.0
SYSTEM_GAP = 5.0
LEAST_SYSTEM_HEIGHT = 20.0
LISTING_SIZE = 7.5
LEAST_BUS_HEIGHT = 320.0
"""So that the name of the medical network can be read on it."""
CRITICAL_TAG = Text("最重要", "Critical")

NETWORKS: dict[Section, tuple[Text, Text, frozenset[Mark]]] = {
    Section.INTERNET: (
        Text("インターネット", "Internet"),
        Text("だれでも届く網", "Open to anyone"),
        frozenset({Mark.INTERNET}),
    ),
    Section.MOBILE: (
        Text("モバイル網", "Mobile network"),
        Text("携帯電話の電波", "By radio"),
        frozenset({Mark.MOBILE}),
    ),
    Section.CLOSED: (
        Text("閉域網", "Closed network"),
        Text("契約者だけの網", "Members only"),
        frozenset({Mark.CLOSED}),
    ),
    Section.UNSTATED: (
        Text("網の種類？不明", "Network ? unknown"),
        Text("確かめてください", "To be found out"),
        frozenset({Mark.UNKNOWN}),
    ),
    Section.UNLISTED: (
        Text("台帳にない装置", "In no list"),
        Text("現地で発見・用途不明", "Found on site, use unknown"),
        frozenset({Mark.UNLISTED, Mark.UNKNOWN}),
    ),
    Section.OUT_OF_SCOPE: (
        Text("対象外の回線", "Out of scope"),
        Text("電子カルテにつながらない", "Not linked to the EHR"),
        frozenset({Mark.OUT_OF_SCOPE}),
    ),
}


@dataclass(slots=True)
class Placed:
    """The boxes of one page and, for every row, the boxes its path runs through from left to right by column."""

    number: int
    rows: list[Row]
    places: list[tuple[float, float]]
    boxes: list[Box] = field(default_factory=list)
    paths: list[dict[int, Box]] = field(default_factory=list)
    systems: list[Box] = field(default_factory=list)
    bus: Box | None = None

    def middle(self, row: int) -> float:
        """Return the y at which the edges of `row` run."""
        top, bottom = self.places[row]
        return (top + bottom) / 2


def place_page(
    number: int,
    rows: list[Row],
    density: Density,
    columns: Columns,
    systems: tuple[SystemSpec, ...],
    first_pages: dict[Hashable, int],
) -> Placed:
    """Return the boxes of page `number`.

    `first_pages` remembers on which page each terminator and device was drawn; here it is read and added to.
    """
    placed = Placed(number, rows, row_places(rows, density, columns), paths=[{} for _ in rows])
    painter = _Painter(placed, density, columns, first_pages)
    painter.parties()
    painter.networks()
    painter.lines()
    painter.things(3, columns.terminator, [(index, row.terminator) for index, row in enumerate(rows)])
    for layer, column in enumerate(columns.devices):
        cells = [(index, cell) for index, row in enumerate(rows) for at, cell in row.devices if at == layer]
        painter.things(4 + layer, column, cells)
    painter.inside(systems)
    return placed


class _Painter:
    """Adds boxes column by column to one page."""

    def __init__(self, placed: Placed, density: Density, columns: Columns, first_pages: dict[Hashable, int]) -> None:
        self.placed = placed
        self.density = density
        self.columns = columns
        self.first_pages = first_pages
        self.end_column = 4 + len(columns.devices)

    def parties(self) -> None:
        """Add one box per run of neighbouring rows with the same other end."""
        cells = [(index, row.party) for index, row in enumerate(self.placed.rows)]
        for _, run in groupby(cells, key=lambda item: item[1].key):
            members = list(run)
            cell = replace(members[0][1], id=self._on_page(members[0][1].id))
            self._add(0, self._box(cell, self.columns.party, members[0][0], members[-1][0]), members)

    def networks(self) -> None:
        """Add one box per section."""
        for section, group in groupby(enumerate(self.placed.rows), key=lambda item: item[1].section):
            members = list(group)
            heading, detail, marks = NETWORKS[section]
            cell = Cell(
                key=section,
                id=self._on_page(f"network-{section.name.lower().replace('_', '-')}"),
                kind=BoxKind.NETWORK,
                heading=heading,
                details=(detail,),
                title=join(heading, detail, by=Text("：", ": ")),
                marks=marks,
            )
            box = self._box(cell, self.columns.network, members[0][0], members[-1][0])
            self._add(1, box, [(index, cell) for index, _ in members])

    def lines(self) -> None:
        """Add one box per row, with the numbers of its lines."""
        for index, row in enumerate(self.placed.rows):
            box = self._box(row.line, self.columns.line, index, index)
            box = self._with_chips(box, row) if row.is_bundle else self._with_number(box, row)
            self._add(2, box, [(index, row.line)])

    def things(self, column: int, place: tuple[float, float], cells: list[tuple[int, Cell]]) -> None:
        """Add terminators or devices: one box per thing, where most of its rows stand together."""
        by_key: dict[Hashable, list[tuple[int, Cell]]] = {}
        for index, cell in cells:
            by_key.setdefault(cell.key, []).append((index, cell))
        for key, members in by_key.items():
            first, last = _main_run([index for index, _ in members])
            cell = self._reference(key, members[0][1])
            self._add(column, self._box(cell, place, first, last), members)

    def inside(self, systems: tuple[SystemSpec, ...]) -> None:
        """Add the medical network, the systems, and the stop in front of lines that do not lead there."""
        shown = self._systems(systems)
        last_row = self.placed.places[-1][1] if self.placed.places else BODY_TOP + 160
        bottom = max(last_row, shown[-1].area.bottom if shown else 0.0, BODY_TOP + LEAST_BUS_HEIGHT)
        x, width = self.columns.bus
        area = Area(x, BODY_TOP, width, bottom - BODY_TOP)
        name = Text("電子カルテのネットワーク（病院の内側）", "EHR network (inside the hospital)")
        heading = Label(name, max(self.density.heading, 9.0), bold=True, max_lines=1)
        bus = Box(self._on_page("network-ehr"), BoxKind.BUS, area, area, (heading,), name)
        ends = [(index, row) for index, row in enumerate(self.placed.rows) if row.reach is Tri.NO]
        if ends:
            self._add_stop(ends[0][0], ends[-1][0])
        for index, row in enumerate(self.placed.rows):
            if row.reach is not Tri.NO:
                self.placed.paths[index][self.end_column] = bus
        self.placed.boxes.extend((bus, *shown))
        self.placed.bus, self.placed.systems = bus, shown

    def _add_stop(self, first: int, last: int) -> None:
        x, width = self.columns.stop
        top, bottom = self.placed.places[first][0], self.placed.places[last][1]
        name = Text("対象外", "Ends")
        area = Area(x, top, width, bottom - top)
        title = Text(
            "ここで終わり、電子カルテのネットワークにはつながりません（対象外）",
            "Ends here: does not lead into the EHR network (out of scope)",
        )
        stop = Box(
            self._on_page("stop"),
            BoxKind.STOP,
            area,
            Area(x + 1, top, width - 2, bottom - top),
            (Label(name, 7.0, bold=True, max_lines=2),),
            title,
            frozenset({Mark.OUT_OF_SCOPE}),
            row_span=(first, last),
        )
        self.placed.boxes.append(stop)
        for index in range(first, last + 1):
            self.placed.paths[index][self.end_column] = stop

    def _systems(self, systems: tuple[SystemSpec, ...]) -> list[Box]:
        if not systems:
            return []
        shown = _fitting(systems, int((BODY_BOTTOM - BODY_TOP + SYSTEM_GAP) // (LEAST_SYSTEM_HEIGHT + SYSTEM_GAP)))
        pitch = min((BODY_BOTTOM - BODY_TOP + SYSTEM_GAP) / len(shown), self.density.pitch + 6)
        height = pitch - SYSTEM_GAP
        return [self._system_box(spec, BODY_TOP + index * pitch, height) for index, spec in enumerate(shown)]

    def _system_box(self, spec: SystemSpec, y: float, height: float) -> Box:
        x, width = self.columns.systems
        sizes = (min(self.density.heading, height * 0.36), min(self.density.detail, height * 0.32))
        heading = Label(spec.heading, max(7.0, sizes[0]), bold=True, max_lines=2 if height > 40 else 1)
        detail = Label(spec.detail, max(7.0, sizes[1]), max_lines=2 if height > 50 else 1)
        area = Area(x, y, width, height)
        lip = 2 * drum_lip(height) if spec.kind is BoxKind.BACKUP else 0.0
        return Box(
            self._on_page(spec.id),
            spec.kind,
            area,
            Area(x + 6, y + lip, width - 11, height - lip),
            (heading, detail) if spec.detail.ja else (heading,),
            spec.title,
            spec.marks,
            tag=CRITICAL_TAG if Mark.CRITICAL in spec.marks else NOTHING,
            record=spec.record,
        )

    def _on_page(self, identity: str) -> str:
        return identity if self.placed.number == 1 else f"{identity}-p{self.placed.number}"

    def _reference(self, key: Hashable, cell: Cell) -> Cell:
        """Return `cell`, or a pointer to the page on which the same thing was drawn before."""
        page = self.first_pages.setdefault(key, self.placed.number)
        if page == self.placed.number:
            return cell
        pointer = Text(f"→ {page}ページの装置と同じ", f"→ same as on page {page}")
        return replace(
            cell,
            id=f"{cell.id}-p{self.placed.number}",
            details=(pointer,),
            title=join(cell.title, pointer, by=Text("、", ", ")),
            marks=cell.marks | {Mark.REFERENCE},
            listing=False,
        )

    def _add(self, column: int, box: Box, members: Iterable[tuple[int, Cell]]) -> None:
        self.placed.boxes.append(box)
        for index, _ in members:
            self.placed.paths[index][column] = box

    def _box(self, cell: Cell, place: tuple[float, float], first: int, last: int) -> Box:
        top, bottom = self.placed.places[first][0], self.placed.places[last][1]
        area = Area(place[0], top, place[1], bottom - top)
        is_round = cell.kind is BoxKind.LINE and Mark.MOBILE in cell.marks
        padding = PADDING + (4 if cell.kind is BoxKind.PARTY else 5 if is_round else 0)
        inner = Area(area.x + padding, top, area.width - 2 * padding, area.height)
        labels = self._labels(cell, area.height)
        return Box(
            cell.id,
            cell.kind,
            area,
            inner,
            labels,
            cell.title,
            cell.marks,
            cell.tag,
            cell.record,
            row_span=(first, last),
        )

    def _labels(self, cell: Cell, height: float) -> tuple[Label, ...]:
        """Return the labels of `cell`, with as many lines as its height has room for."""
        sizes = self.density
        room = int((height - 0.6 - sizes.heading * 1.2) // (sizes.detail * 1.2))
        heading_lines = self._heading_lines(cell, height)
        room -= heading_lines - 1
        labels = [Label(cell.heading, sizes.heading, bold=True, max_lines=heading_lines)]
        for index, detail in enumerate(cell.details):
            left = len(cell.details) - index - 1
            lines = 1 if cell.listing else max(1, min(40, room - left))
            if room > 0:
                size = min(sizes.detail, LISTING_SIZE) if cell.listing else sizes.detail
                labels.append(Label(detail, size, max_lines=lines))
                room -= 1 if cell.listing or cell.kind is BoxKind.LINE else lines
        return tuple(labels)

    def _heading_lines(self, cell: Cell, height: float) -> int:
        """Return 2 where a long name is likely and the details leave room for it."""
        if cell.listing:
            return 1
        is_roomy = self.density.pitch > 50 or (cell.kind is not BoxKind.LINE and height > self.density.pitch)
        is_name = cell.kind in (BoxKind.PARTY, BoxKind.DEVICE, BoxKind.NETWORK) and len(cell.details) <= 1
        return 2 if is_roomy or is_name else 1

    def _with_number(self, box: Box, row: Row) -> Box:
        if not row.numbers:
            return box
        entry = row.entries[0]
        size = self.density.heading * 1.2
        number = str(entry.number)
        width = min(max(size * 1.7, text_width(number, size) + 8), box.area.width / 2)
        height = size * 1.7
        area = Area(box.area.x + 5, box.area.y + (box.area.height - height) / 2, width, height)
        badge = Badge(entry.id, entry.number, area, entry.id, box.title)
        left = area.right + 5
        inner = Area(left, box.area.y, box.area.right - 5 - left, box.area.height)
        return replace(box, text_area=inner, badges=(badge,))

    def _with_chips(self, box: Box, row: Row) -> Box:
        per_row = chips_per_row(self.columns)
        chip_rows = -(-len(row.entries) // per_row)
        chips_height = chip_rows * (CHIP_HEIGHT + 2) + 3
        top = box.area.bottom - chips_height
        badges = tuple(
            Badge(
                entry.id,
                entry.number,
                Area(
                    box.area.x + LINE_BOX_PADDING + (index % per_row) * CHIP_WIDTH,
                    top + (index // per_row) * (CHIP_HEIGHT + 2),
                    CHIP_WIDTH - 2,
                    CHIP_HEIGHT,
                ),
                entry.id,
                Text(f"回線{entry.number}", f"Line {entry.number}") if entry.line else NOTHING,
            )
            for index, entry in enumerate(row.entries)
        )
        inner = replace(box.text_area, y=box.area.y + 1, height=box.area.height - chips_height - 1)
        return replace(box, text_area=inner, badges=badges)


def _main_run(indexes: list[int]) -> tuple[int, int]:
    """Return first and last of the longest run of neighbouring rows; the upper one when several are as long."""
    best = run = (indexes[0], indexes[0])
    for index in indexes[1:]:
        run = (run[0], index) if index == run[1] + 1 else (index, index)
        if run[1] - run[0] > best[1] - best[0]:
            best = run
    return best


def _fitting(systems: tuple[SystemSpec, ...], most: int) -> tuple[SystemSpec, ...]:
    """Return `systems`, or when they are more than `most`, the most telling of them and one box for the rest.

    Those that lines lead to stay first of all, then those that care depends on; the order does not change.
    """
    if len(systems) <= most:
        return systems
    ranked = sorted(systems, key=lambda spec: (not spec.numbers, Mark.CRITICAL not in spec.marks))
    kept = {spec.id for spec in ranked[: most - 1]}
    rest = tuple(spec for spec in systems if spec.id not in kept)
    return (*(spec for spec in systems if spec.id in kept), _folded(rest))


def _folded(systems: tuple[SystemSpec, ...]) -> SystemSpec:
    """Return one box for the systems that the column has no room for; its title names them all."""
    names = join(*(spec.heading for spec in systems), by=Text("、", ", "))
    return SystemSpec(
        id="systems-more",
        kind=BoxKind.SYSTEM,
        heading=Text(f"ほか{len(systems)}システム", f"{len(systems)} more systems"),
        detail=names,
        about=NOTHING,
        title=names,
        numbers=frozenset(),
        marks=frozenset({Mark.BUNDLE}),
        record="",
    )
