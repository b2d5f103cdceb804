"""How each kind of box and edge looks, the same in every format.

Colours are those of the Digital Agency's design tokens. None of them carries meaning alone: the shape, the kind of
line and a word say the same, so that a black and white print loses nothing.
"""

from dataclasses import dataclass

from sekisho.domain.drawing.parts import Box, BoxKind, Edge, Mark, Panel

FONT = "BIZ UDPGothic"
INK = "#1a1a1a"
PAPER = "#ffffff"
RULE = "#666666"

BLUE = "#0017c1"
BLUE_DARK = "#00118f"
BLUE_PALE = "#e8f1fe"
LIGHT_BLUE_PALE = "#dcf0ff"
ORANGE = "#ac3e00"
ORANGE_PALE = "#ffeee2"
CYAN = "#006f83"
CYAN_PALE = "#e9f7f9"
GREEN = "#115a36"
GREEN_PALE = "#e6f5ec"
ORANGE_DARK = "#7a2b00"
YELLOW = "#6e5600"
YELLOW_PALE = "#fbf5e0"
GREY = "#666666"
GREY_DARK = "#4d4d4d"
GREY_PALE = "#f2f2f2"

DASHED = (5.0, 3.0)
DOTTED = (1.6, 2.4)
DASH_DOT = (9.0, 3.0, 2.0, 3.0)


@dataclass(frozen=True, slots=True)
class Look:
    """Fill, outline and shape of a box. `shape` is "box", "round", "hexagon", "octagon" or "drum"."""

    fill: str
    stroke: str
    width: float = 1.0
    dashes: tuple[float, ...] = ()
    shape: str = "box"
    corner: float = 2.0
    is_double: bool = False
    has_bar: bool = False
    is_stacked: bool = False
    ink: str = INK


@dataclass(frozen=True, slots=True)
class Stroke:
    """How an edge is drawn."""

    colour: str
    width: float
    dashes: tuple[float, ...] = ()


_NETWORKS = {
    Mark.INTERNET: Look(LIGHT_BLUE_PALE, BLUE_DARK, 2.0, shape="round", corner=16),
    Mark.MOBILE: Look(CYAN_PALE, CYAN, 1.6, DASH_DOT, shape="round", corner=16),
    Mark.CLOSED: Look(GREEN_PALE, GREEN, 1.2, is_double=True),
    Mark.UNLISTED: Look(ORANGE_PALE, ORANGE, 1.8, DASHED, shape="octagon"),
    Mark.UNKNOWN: Look(YELLOW_PALE, YELLOW, 1.6, DASHED),
    Mark.OUT_OF_SCOPE: Look(GREY_PALE, GREY, 1.0, DOTTED),
}


def look_of(box: Box) -> Look:
    """Return how `box` looks."""
    return _PLAIN[box.kind] if box.kind in _PLAIN else _PAINTERS[box.kind](box)


def _network(box: Box) -> Look:
    return next((look for mark, look in _NETWORKS.items() if mark in box.marks), _NETWORKS[Mark.UNKNOWN])


def _dashes(box: Box) -> tuple[float, ...]:
    if Mark.OUT_OF_SCOPE in box.marks:
        return DOTTED
    return DASHED if Mark.UNKNOWN in box.marks else ()


def _party(box: Box) -> Look:
    unknown = Mark.UNKNOWN in box.marks
    if Mark.VENDOR in box.marks:
        return Look(ORANGE_PALE, ORANGE, 1.4, DASHED if unknown else (), shape="hexagon")
    if unknown:
        return Look(YELLOW_PALE, YELLOW, 1.2, DASHED)
    return Look(PAPER, GREY_DARK, 0.9)


def _line(box: Box) -> Look:
    marks = box.marks
    mobile = Mark.MOBILE in marks
    fill, stroke = PAPER, BLUE
    if Mark.OUT_OF_SCOPE in marks:
        fill, stroke = GREY_PALE, GREY
    elif Mark.UNLISTED in marks or Mark.VENDOR in marks:
        fill, stroke = ORANGE_PALE, ORANGE
    elif Mark.UNKNOWN in marks:
        fill, stroke = YELLOW_PALE, YELLOW
    return Look(
        fill,
        stroke,
        1.2,
        _dashes(box),
        shape="round" if mobile else "box",
        corner=14.0 if mobile else 2.0,
        is_double=Mark.VENDOR in marks,
        is_stacked=Mark.BUNDLE in marks,
    )


def _thing(box: Box) -> Look:
    marks = box.marks
    if Mark.UNLISTED in marks:
        return Look(ORANGE_PALE, ORANGE, 1.8, (), shape="octagon", is_stacked=Mark.BUNDLE in marks)
    if Mark.REFERENCE in marks:
        return Look(PAPER, GREY, 0.8, DASH_DOT, corner=0.0, has_bar=Mark.SHARED in marks)
    unknown = Mark.UNKNOWN in marks
    terminator = box.kind is BoxKind.TERMINATOR
    return Look(
        YELLOW_PALE if unknown else PAPER if terminator else BLUE_PALE,
        YELLOW if unknown else GREY_DARK if terminator else BLUE_DARK,
        1.2 if unknown else 1.0,
        DASHED if unknown else (),
        corner=0.5 if terminator else 5.0,
        is_double=Mark.FILTERED in marks,
        has_bar=Mark.SHARED in marks,
        is_stacked=Mark.BUNDLE in marks,
    )


def _system(box: Box) -> Look:
    unknown = Mark.UNKNOWN in box.marks
    return Look(
        YELLOW_PALE if unknown else BLUE_PALE if Mark.CRITICAL in box.marks else PAPER,
        YELLOW if unknown else BLUE_DARK,
        2.6 if Mark.CRITICAL in box.marks else 1.0,
        DASHED if unknown else (),
        shape="drum" if box.kind is BoxKind.BACKUP else "box",
        is_stacked=Mark.BUNDLE in box.marks,
    )


def _segment(box: Box) -> Look:
    marks = box.marks
    unknown, critical = Mark.UNKNOWN in marks, Mark.CRITICAL in marks
    return Look(
        YELLOW_PALE if unknown else BLUE_PALE if critical else PAPER,
        YELLOW if unknown else BLUE_DARK,
        2.4 if critical else 1.0,
        DASHED if unknown else (),
        corner=8.0 if Mark.ISOLATED in marks else 1.0,
        is_double=Mark.FILTERED in marks,
        is_stacked=Mark.BUNDLE in marks,
    )


def _hop(box: Box) -> Look:
    marks = box.marks
    width = 2.6 if Mark.CRITICAL in marks else 1.2
    stacked = Mark.BUNDLE in marks
    if Mark.REFERENCE in marks:
        return Look(PAPER, GREY, 0.8, DASH_DOT, corner=0.0)
    if Mark.UNKNOWN in marks:
        return Look(YELLOW_PALE, YELLOW, width, DASHED, is_stacked=stacked)
    if Mark.GOOD in marks:
        return Look(GREEN_PALE, GREEN, width, shape="round", corner=8, is_double=True, is_stacked=stacked)
    return Look(ORANGE_PALE, ORANGE, width, shape="octagon", is_stacked=stacked)


_CELLS = {
    Mark.UNKNOWN: Look(YELLOW_PALE, YELLOW, 1.2, (2.5, 1.8)),
    Mark.BAD: Look(ORANGE_DARK, ORANGE_DARK, 1.0, shape="octagon", ink=PAPER),
    Mark.EXCEPTION: Look(BLUE_PALE, BLUE_DARK, 1.2, shape="hexagon"),
    Mark.GOOD: Look(PAPER, GREY, 0.6, shape="round", corner=5),
}


def _cell(box: Box) -> Look:
    return next((look for mark, look in _CELLS.items() if mark in box.marks), Look(GREY_PALE, GREY, 0.5, DOTTED))


def _head(box: Box) -> Look:
    critical = Mark.CRITICAL in box.marks
    has_bar = Mark.BAD in box.marks
    return Look(BLUE_PALE if critical else PAPER, BLUE_DARK if critical else GREY_DARK, 0.8, has_bar=has_bar)


_PAINTERS = {
    BoxKind.NETWORK: _network,
    BoxKind.PARTY: _party,
    BoxKind.LINE: _line,
    BoxKind.TERMINATOR: _thing,
    BoxKind.DEVICE: _thing,
    BoxKind.SYSTEM: _system,
    BoxKind.BACKUP: _system,
    BoxKind.SEGMENT: _segment,
    BoxKind.HOP: _hop,
    BoxKind.CELL: _cell,
    BoxKind.HEAD: _head,
}
_PLAIN = {
    BoxKind.BUS: Look(BLUE, BLUE_DARK, 1.0, ink=PAPER),
    BoxKind.STOP: Look(PAPER, GREY_DARK, 1.6, shape="octagon"),
    BoxKind.NOTE: Look(YELLOW_PALE, YELLOW, 1.2, corner=6),
}


def stroke_of(edge: Edge) -> Stroke:
    """Return how `edge` is drawn: width says whose line it is, the kind of line the rest."""
    marks = edge.marks
    vendor = Mark.VENDOR in marks
    if Mark.OUT_OF_SCOPE in marks:
        return Stroke(GREY, 2.4 if vendor else 1.1, DOTTED)
    dashes = DASHED if Mark.UNKNOWN in marks else DASH_DOT if Mark.MOBILE in marks else ()
    if vendor:
        return Stroke(ORANGE, 2.6, dashes)
    if Mark.UNKNOWN in marks:
        return Stroke(YELLOW, 1.4, dashes)
    if Mark.BAD in marks:
        return Stroke(ORANGE, 1.6)
    return Stroke(CYAN if Mark.MOBILE in marks else BLUE, 1.3, dashes)


def ground_of(panel: Panel) -> tuple[str, str]:
    """Return fill and outline of a ground: bands are grey, the blocks on them white."""
    return (GREY_PALE, GREY) if panel.level == 0 else (PAPER, GREY)
