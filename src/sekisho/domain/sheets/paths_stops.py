"""The lower part of the paths sheet: important systems that stand, and what stops the intruder before each."""

from collections.abc import Sequence
from dataclasses import dataclass

from sekisho.domain.drawing.parts import Area, Box, BoxKind, Heading, Label, Mark
from sekisho.domain.drawing.words import join
from sekisho.domain.network.model import Node
from sekisho.domain.sheets.frame import BODY_BOTTOM, LEFT, WIDTH
from sekisho.domain.sheets.paths_words import COMMA, node_name
from sekisho.domain.sheets.segment_cells import boxed
from sekisho.domain.text import Text

_ROW, _COLUMNS, _GAP, _HEAD = 44.0, 4, 7.0, 15.0
_LEAST_ROWS = 2
"""So many rows the tree leaves free at the foot of the page where it is long."""
_TITLE = Text(
    "止まる所：乗っ取られない重要なシステムと、その理由", "Where it stops: important systems that stand, and why"
)
_NONE = Text("乗っ取られない重要なシステムはありません。", "No important system stands.")

Stop = tuple[Node, Text]
"""A system that stands, and why."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Boxes and heading. `top` is where the tree must end."""

    top: float
    boxes: tuple[Box, ...]
    headings: tuple[Heading, ...]


def strip_of(name: str, stops: Sequence[Stop], tree_bottom: float) -> Strip:
    """Return what stands, below the tree where there is room for all, else at the foot of the page, cut short.

    `name` begins the ids.
    """
    pitch = _ROW + _GAP
    room = int((BODY_BOTTOM - tree_bottom - _HEAD + _GAP) // pitch)
    rows = min(max(1, -(-len(stops) // _COLUMNS)), max(_LEAST_ROWS, room))
    most = _COLUMNS * rows
    shown = stops if len(stops) <= most else stops[: most - 1]
    top = min(tree_bottom, BODY_BOTTOM - rows * pitch + _GAP - _HEAD)
    areas = [_area(at, top + _HEAD) for at in range(most)]
    boxes = [_stop(name, stop, area) for stop, area in zip(shown, areas, strict=False)]
    if len(shown) < len(stops):
        boxes.append(_more(name, stops[len(shown) :], areas[-1]))
    if not stops:
        labels = (Label(_NONE, 9, bold=True),)
        boxes.append(boxed(areas[0], f"{name}-stop-none", BoxKind.HOP, labels, _NONE, marks=frozenset({Mark.BAD})))
    heading = Heading(Area(LEFT, top, WIDTH, 12), Label(_TITLE, 9, bold=True))
    return Strip(top - _GAP, tuple(boxes), (heading,))


def _area(at: int, top: float) -> Area:
    width = (WIDTH - (_COLUMNS - 1) * _GAP) / _COLUMNS
    row, column = divmod(at, _COLUMNS)
    return Area(LEFT + column * (width + _GAP), top + row * (_ROW + _GAP), width, _ROW)


def _stop(name: str, stop: Stop, area: Area) -> Box:
    node, why = stop
    return boxed(
        area,
        f"{name}-stop-{node.id}",
        BoxKind.HOP,
        (Label(node_name(node), 8.8, bold=True), Label(why, 7.4, max_lines=2)),
        join(node_name(node), why, by=Text("：", ": ")),
        marks=frozenset({Mark.GOOD} | ({Mark.CRITICAL} if node.critical >= 3 else set())),
        record=f"node-{node.id}",
    )


def _more(name: str, stops: Sequence[Stop], area: Area) -> Box:
    heading = Text(f"ほか {len(stops)} のシステム", f"{len(stops)} more systems")
    names = join(*(node_name(node) for node, _ in stops), by=COMMA)
    return boxed(
        area,
        f"{name}-stop-more",
        BoxKind.HOP,
        (Label(heading, 8.8, bold=True), Label(names, 7.4, max_lines=2)),
        join(heading, names, by=Text("：", ": ")),
        marks=frozenset({Mark.GOOD, Mark.BUNDLE}),
    )
