"""Edges of one page: straight along the row where both boxes stand there, else by a lane in the gap between columns."""

from collections.abc import Hashable
from dataclasses import dataclass
from itertools import pairwise

from sekisho.domain.drawing.metrics import text_width
from sekisho.domain.drawing.parts import NOTHING, Box, BoxKind, Edge, Mark
from sekisho.domain.overview.entries import Section
from sekisho.domain.overview.lanes import Channel
from sekisho.domain.overview.placing import Placed
from sekisho.domain.overview.rows import Row
from sekisho.domain.overview.sheet import Columns
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri

Point = tuple[float, float]
LABEL_SIZE = 7.0
LABEL_WIDTH = 42.0
"""What the gap before the medical network has room for."""


@dataclass(slots=True)
class _Link:
    """Two boxes that follow each other on the way of some rows. `row` is where its edge runs."""

    source: Box
    target: Box
    source_column: int
    target_column: int
    rows: list[int]
    row: int = 0
    leaves_by_lane: bool = False
    arrives_by_lane: bool = False


def route(placed: Placed, columns: Columns) -> tuple[Edge, ...]:
    """Return the edges of the page: those of the rows, then those from the medical network to the systems."""
    channels = _channels(columns)
    links = _links(placed)
    for link in links:
        _choose_row(link)
        _claim(link, placed, channels)
    for channel in channels:
        channel.settle()
    return (*(_edge(link, placed, channels, columns) for link in links), *_system_edges(placed))


def _channels(columns: Columns) -> list[Channel]:
    places = [columns.party, columns.network, columns.line, columns.terminator, *columns.devices, columns.stop]
    return [Channel(x + width, places[index + 1][0]) for index, (x, width) in enumerate(places[:-1])]


def _links(placed: Placed) -> list[_Link]:
    """Return one link per pair of boxes, with all rows that go that way."""
    links: dict[tuple[str, str], _Link] = {}
    for index, path in enumerate(placed.paths):
        columns = sorted(path)
        for left, right in pairwise(columns):
            source, target = path[left], path[right]
            link = links.setdefault((source.id, target.id), _Link(source, target, left, right, []))
            link.rows.append(index)
    return list(links.values())


def _spans(box: Box, row: int) -> bool:
    return box.kind is BoxKind.BUS or box.row_span[0] <= row <= box.row_span[1]


def _choose_row(link: _Link) -> None:
    """Choose the row where the edge runs, best one where both boxes stand, and the middle one of those."""
    wishes = (
        [row for row in link.rows if _spans(link.source, row) and _spans(link.target, row)],
        [row for row in link.rows if _spans(link.source, row)],
        [row for row in link.rows if _spans(link.target, row)],
        link.rows,
    )
    rows = next(rows for rows in wishes if rows)
    link.row = rows[len(rows) // 2]
    link.leaves_by_lane = not _spans(link.source, link.row)
    link.arrives_by_lane = not _spans(link.target, link.row)


def _anchor(box: Box, placed: Placed) -> float:
    """Return the y at which edges from other rows come to a box: that of the middle row it covers."""
    return placed.middle((box.row_span[0] + box.row_span[1]) // 2)


def _trunks(link: _Link) -> tuple[Hashable, Hashable]:
    """Return the keys of the lanes behind the source and before the target."""
    if link.leaves_by_lane and link.arrives_by_lane and link.source_column + 1 == link.target_column:
        direct = ("direct", link.source.id, link.target.id)
        return direct, direct
    return ("out", link.source.id), ("in", link.target.id)


def _claim(link: _Link, placed: Placed, channels: list[Channel]) -> None:
    y, (leaving, arriving) = placed.middle(link.row), _trunks(link)
    if leaving == arriving:
        channels[link.source_column].claim(leaving, _anchor(link.source, placed), _anchor(link.target, placed))
        return
    if link.leaves_by_lane:
        channels[link.source_column].claim(leaving, _anchor(link.source, placed), y)
    if link.arrives_by_lane:
        channels[link.target_column - 1].claim(arriving, y, _anchor(link.target, placed))


def _path(link: _Link, placed: Placed, channels: list[Channel]) -> tuple[list[Point], list[Point]]:
    """Return the corners of the edge and the places where it joins others."""
    y, (leaving, arriving) = placed.middle(link.row), _trunks(link)
    start, end = link.source.area.right, link.target.area.x
    from_y = _anchor(link.source, placed) if link.leaves_by_lane else y
    to_y = _anchor(link.target, placed) if link.arrives_by_lane else y
    if leaving == arriving:
        x = channels[link.source_column].x(leaving)
        return [(start, from_y), (x, from_y), (x, to_y), (end, to_y)], [(x, from_y), (x, to_y)]
    points: list[Point] = [(start, from_y)]
    joins: list[Point] = []
    if link.leaves_by_lane:
        x = channels[link.source_column].x(leaving)
        points += [(x, from_y), (x, y)]
        joins.append((x, from_y))
    if link.arrives_by_lane:
        x = channels[link.target_column - 1].x(arriving)
        points += [(x, y), (x, to_y)]
        joins.append((x, to_y))
    return [*points, (end, to_y)], joins


def _edge(link: _Link, placed: Placed, channels: list[Channel], columns: Columns) -> Edge:
    points, joins = _path(link, placed, channels)
    rows = [placed.rows[index] for index in link.rows]
    label = _label(rows) if link.target.kind is BoxKind.BUS else NOTHING
    return Edge(
        id=f"edge-{link.source.id}-{link.target.id}",
        source=link.source.id,
        target=link.target.id,
        points=tuple(points),
        lines=tuple(entry.id for row in rows for entry in row.entries),
        marks=_edge_marks(link, rows),
        joins=tuple(joins),
        label=label,
        label_at=(columns.stop[0] + columns.stop[1] / 2, points[-1][1] - 3),
    )


def _edge_marks(link: _Link, rows: list[Row]) -> frozenset[Mark]:
    """Return what holds of all lines on the edge; an unknown thing at either end makes the way there unknown."""
    marks = {mark for mark in (Mark.VENDOR, Mark.MOBILE, Mark.OUT_OF_SCOPE) if all(mark in row.marks for row in rows)}
    things = (BoxKind.NETWORK, BoxKind.TERMINATOR, BoxKind.DEVICE)
    ends_unknown = any(box.kind in things and Mark.UNKNOWN in box.marks for box in (link.source, link.target))
    reach_unknown = link.target.kind is BoxKind.BUS and all(row.reach is Tri.UNKNOWN for row in rows)
    unstated = all(row.section in (Section.UNSTATED, Section.UNLISTED) for row in rows)
    if ends_unknown or reach_unknown or unstated:
        marks.add(Mark.UNKNOWN)
    return frozenset(marks)


def _label(rows: list[Row]) -> Text:
    """Return the numbers of the lines that come in here, with "?" behind those of which that is not certain."""
    numbers = sorted(((number, row.reach) for row in rows for number in row.numbers), key=lambda pair: pair[0])
    doubt = any(row.reach is Tri.UNKNOWN for row in rows)
    shown = "・".join(f"{number}{'?' if reach is Tri.UNKNOWN else ''}" for number, reach in numbers[:4])
    if not numbers:
        return Text("？", "?") if doubt else NOTHING
    if len(numbers) < 4 and text_width(shown, LABEL_SIZE) <= LABEL_WIDTH:
        return Text(shown, shown)
    return Text(f"{len(numbers)}本{'？' if doubt else ''}", f"{len(numbers)}{' ?' if doubt else ''}")


def _system_edges(placed: Placed) -> tuple[Edge, ...]:
    bus = placed.bus
    if bus is None:
        return ()
    edges = []
    for box in placed.systems:
        y = box.area.y + box.area.height / 2
        points = ((bus.area.right, y), (box.area.x, y))
        marks = box.marks & {Mark.UNKNOWN}
        edges.append(Edge(f"edge-{bus.id}-{box.id}", bus.id, box.id, points, marks=marks))
    return tuple(edges)
