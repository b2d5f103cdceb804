"""Where each piece of text stands inside its box, in one language."""

from dataclasses import dataclass

from sekisho.domain.drawing.metrics import LINE_HEIGHT, shorten, text_width, wrap
from sekisho.domain.drawing.parts import Area, Box, BoxKind, Heading, Label

TAG_SIZE_RATIO = 0.86
ASCENT = 0.86
"""From the top of a line of text to its base line, in font sizes."""
CENTRED = frozenset({BoxKind.NETWORK, BoxKind.STOP, BoxKind.CELL})
"""Boxes with their words in the middle; those of all others begin at the left."""
LEAST_SIZE = 7.0
"""Nothing is set smaller than this, in points on A3."""


@dataclass(frozen=True, slots=True)
class PlacedText:
    """One line of text. `x`, `y` are where its base line begins, has its middle or ends, as `anchor` says."""

    text: str
    x: float
    y: float
    size: float
    bold: bool = False
    anchor: str = "start"
    upright: bool = True
    """False when the text runs from bottom to top."""

    @property
    def area(self) -> Area:
        """Return the rectangle that the text fills at most."""
        width, top = text_width(self.text, self.size), self.size * ASCENT
        before = {"start": 0.0, "middle": width / 2, "end": width}[self.anchor]
        if self.upright:
            return Area(self.x - before, self.y - top, width, self.size)
        return Area(self.x - top, self.y - (width - before), self.size, width)


@dataclass(frozen=True, slots=True)
class Tag:
    """A small word on ground of its own at the right side of a box, beside its first words; below, for systems."""

    area: Area
    text: PlacedText


def tag_of(box: Box, language: str) -> Tag | None:
    """Return the tag of `box` with its place, None when it has none."""
    words = box.tag.within(language)
    if not words or not box.labels:
        return None
    size = max(LEAST_SIZE, box.labels[0].size * TAG_SIZE_RATIO)
    words = shorten(words, box.text_area.width * 0.6, size)
    width, height = text_width(words, size) + 6, size * 1.25
    above = zip(box.labels[: _tag_row(box)], _broken(box, language), strict=False)
    y = _text_top(box, language) + sum(label.size * LINE_HEIGHT * len(lines) for label, lines in above)
    area = Area(box.text_area.right - width, y + 0.3, width, height)
    return Tag(area, PlacedText(words, area.x + 3, area.y + size * 0.98, size, bold=True))


def typeset(box: Box, language: str) -> tuple[PlacedText, ...]:
    """Return the lines of the labels of `box`, from the top, together in the middle of its text area."""
    if box.kind is BoxKind.BUS:
        return _upwards(box, language)
    y = _text_top(box, language)
    placed: list[PlacedText] = []
    for label, lines in zip(box.labels, _broken(box, language), strict=True):
        for line in lines:
            x, anchor = _start(box)
            placed.append(PlacedText(line, x, y + label.size * ASCENT * 1.04, label.size, label.bold, anchor))
            y += label.size * LINE_HEIGHT
    return tuple(placed)


def typeset_heading(heading: Heading, language: str) -> tuple[PlacedText, ...]:
    """Return the lines of a text outside the boxes, from the top of its area."""
    if not heading.upright:
        return _heading_upwards(heading, language)
    area, label = heading.area, heading.label
    x = {"start": area.x, "middle": area.x + area.width / 2, "end": area.right}[heading.anchor]
    lines = wrap(label.text.within(language), area.width, label.size, label.max_lines)
    return tuple(
        PlacedText(
            line, x, area.y + label.size * (ASCENT + index * LINE_HEIGHT), label.size, label.bold, heading.anchor
        )
        for index, line in enumerate(lines)
    )


def _heading_upwards(heading: Heading, language: str) -> tuple[PlacedText, ...]:
    """Return the lines of a text that runs upwards, the first one leftmost, together in the middle of the width."""
    area, label = heading.area, heading.label
    lines = wrap(label.text.within(language), area.height, label.size, label.max_lines)
    left = area.x + max(0.0, (area.width - len(lines) * label.size * LINE_HEIGHT) / 2)
    y = {"start": area.bottom, "middle": area.y + area.height / 2, "end": area.y}[heading.anchor]
    return tuple(
        PlacedText(
            line, left + label.size * (ASCENT + index * LINE_HEIGHT), y, label.size, label.bold, heading.anchor, False
        )
        for index, line in enumerate(lines)
    )


def _start(box: Box) -> tuple[float, str]:
    if box.kind in CENTRED:
        return box.text_area.x + box.text_area.width / 2, "middle"
    return box.text_area.x, "start"


def _broken(box: Box, language: str) -> list[tuple[str, ...]]:
    """Return the lines of every label; labels share the height, so that those below give way."""
    width, room = box.text_area.width, box.text_area.height
    broken: list[tuple[str, ...]] = []
    for index, label in enumerate(box.labels):
        fitting = int(room / (label.size * LINE_HEIGHT) + 0.08)
        lines = min(label.max_lines, fitting)
        here = width - _tag_room(box, language) if index == _tag_row(box) else width
        found = wrap(label.text.within(language), here, label.size, lines)
        room -= len(found) * label.size * LINE_HEIGHT
        broken.append(found)
    return broken


def _tag_row(box: Box) -> int:
    """Return beside which label the tag stands: names of systems need their whole line."""
    is_low = box.kind in (BoxKind.SYSTEM, BoxKind.BACKUP) and box.text_area.height >= 2 * LEAST_SIZE * LINE_HEIGHT
    return len(box.labels) - 1 if is_low else 0


def _tag_room(box: Box, language: str) -> float:
    words = box.tag.within(language)
    if not words:
        return 0.0
    size = max(LEAST_SIZE, box.labels[0].size * TAG_SIZE_RATIO)
    return text_width(shorten(words, box.text_area.width * 0.6, size), size) + 10


def _text_top(box: Box, language: str) -> float:
    broken = _broken(box, language)
    total = sum(label.size * LINE_HEIGHT * len(lines) for label, lines in zip(box.labels, broken, strict=True))
    return box.text_area.y + max(0.0, (box.text_area.height - total) / 2)


def _upwards(box: Box, language: str) -> tuple[PlacedText, ...]:
    """Return the name of the medical network, running upwards; repeated where the bar is long, as on a map."""
    label: Label = box.labels[0]
    words = shorten(label.text.within(language), box.area.height - 8, label.size)
    times = max(1, int(box.area.height // max(260.0, text_width(words, label.size) * 1.6)))
    x = box.area.x + box.area.width / 2 + label.size * 0.36
    return tuple(
        PlacedText(
            words, x, box.area.y + box.area.height * (index + 0.5) / times, label.size, label.bold, "middle", False
        )
        for index in range(times)
        if words
    )
