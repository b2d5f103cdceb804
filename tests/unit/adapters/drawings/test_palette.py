"""Contrast, and differences that survive a black and white print."""

from itertools import combinations

import pytest

from sekisho.adapters.drawings.palette import INK, PAPER, Look, Stroke, look_of, stroke_of
from sekisho.domain.drawing.parts import NOTHING, Area, Box, BoxKind, Edge, Mark

PLACE = Area(0, 0, 100, 30)
LINE_KINDS = (
    frozenset[Mark](),
    frozenset({Mark.VENDOR}),
    frozenset({Mark.MOBILE}),
    frozenset({Mark.UNKNOWN}),
    frozenset({Mark.OUT_OF_SCOPE}),
)
NETWORK_KINDS = tuple(
    frozenset({mark}) for mark in (Mark.INTERNET, Mark.MOBILE, Mark.CLOSED, Mark.UNKNOWN, Mark.OUT_OF_SCOPE)
)


def boxed(kind: BoxKind, marks: frozenset[Mark]) -> Box:
    return Box("x", kind, PLACE, PLACE, (), NOTHING, marks)


def every_look() -> list[Look]:
    marks = [frozenset[Mark](), *(frozenset({mark}) for mark in Mark)]
    marks += [frozenset(pair) for pair in combinations(Mark, 2)]
    return [look_of(boxed(kind, some)) for kind in BoxKind for some in marks]


def luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def without_colour(look: Look) -> tuple[object, ...]:
    return (look.shape, look.corner, look.dashes, look.is_double, look.has_bar, look.is_stacked, look.width >= 2)


def test_words_stand_out_from_their_box() -> None:
    assert min(contrast(look.ink, look.fill) for look in every_look()) >= 7


def test_outlines_stand_out_from_paper_and_fill() -> None:
    assert min(contrast(look.stroke, PAPER) for look in every_look()) >= 4.5
    assert min(contrast(look.stroke, look.fill) for look in every_look() if look.ink == INK) >= 4.5


def test_white_numbers_stand_out_from_their_badge() -> None:
    lines = [look_of(boxed(BoxKind.LINE, marks)) for marks in LINE_KINDS]
    assert min(contrast(PAPER, look.stroke) for look in lines) >= 4.5


@pytest.mark.parametrize("kind", [BoxKind.LINE, BoxKind.NETWORK])
def test_kinds_differ_in_shape_and_not_only_in_colour(kind: BoxKind) -> None:
    kinds = LINE_KINDS if kind is BoxKind.LINE else NETWORK_KINDS
    shapes = [without_colour(look_of(boxed(kind, marks))) for marks in kinds]
    assert len(set(shapes)) == len(shapes)


def test_edges_differ_in_line_and_not_only_in_colour() -> None:
    strokes: list[Stroke] = [stroke_of(Edge("e", "a", "b", (), marks=marks)) for marks in LINE_KINDS]
    assert len({(stroke.width >= 2, stroke.dashes) for stroke in strokes}) == len(strokes)
    assert min(contrast(stroke.colour, PAPER) for stroke in strokes) >= 4.5


def test_vendor_shows_on_every_other_kind_of_line() -> None:
    for marks in LINE_KINDS:
        if Mark.VENDOR not in marks:
            plain, vendor = look_of(boxed(BoxKind.LINE, marks)), look_of(boxed(BoxKind.LINE, marks | {Mark.VENDOR}))
            assert without_colour(plain) != without_colour(vendor)


def test_unlisted_terminator_has_a_shape_of_its_own() -> None:
    unlisted = look_of(boxed(BoxKind.TERMINATOR, frozenset({Mark.UNLISTED, Mark.UNKNOWN})))
    listed = look_of(boxed(BoxKind.TERMINATOR, frozenset({Mark.UNKNOWN})))
    assert unlisted.shape != listed.shape
