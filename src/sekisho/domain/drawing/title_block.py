"""The title block in the lower right corner of every sheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sekisho.domain.drawing.parts import PAGE_WIDTH, Area, Heading, Label
from sekisho.domain.text import Text

MARGIN = 24.0
LEGEND_TOP = 773.0
BLOCK_WIDTH = 284.0
_ROW_HEIGHT = 13.2
_DASH = Text("―", "-")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the block: the `row` it stands in, its left side and width as shares of the block, name, value."""

    row: int
    left: float
    share: float
    name: Text
    value: Text


def day_text(value: date | None) -> Text:
    """Return a day as people write it, a dash for None."""
    return Text(f"{value.year}年{value.month}月{value.day}日", value.isoformat()) if value else _DASH


def block_headings(entries: Sequence[Entry]) -> tuple[Heading, ...]:
    """Return the names and values of the block."""
    left = PAGE_WIDTH - MARGIN - BLOCK_WIDTH
    headings: list[Heading] = []
    for entry in entries:
        x, width = left + entry.left * BLOCK_WIDTH, entry.share * BLOCK_WIDTH
        y = LEGEND_TOP + entry.row * _ROW_HEIGHT + 2.8
        headings.append(Heading(Area(x + 5, y, 44, 10), Label(entry.name, 7.2)))
        headings.append(Heading(Area(x + 52, y - 0.6, width - 56, 11), Label(entry.value, 8.2, bold=True)))
    return tuple(headings)


def block_rules(entries: Sequence[Entry]) -> tuple[Area, ...]:
    """Return the thin rules around the entries."""
    left = PAGE_WIDTH - MARGIN - BLOCK_WIDTH
    return tuple(
        Area(
            left + entry.left * BLOCK_WIDTH,
            LEGEND_TOP + entry.row * _ROW_HEIGHT,
            entry.share * BLOCK_WIDTH,
            _ROW_HEIGHT,
        )
        for entry in entries
    )
