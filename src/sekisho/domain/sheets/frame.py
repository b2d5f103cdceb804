"""What stands around every sheet of a network: title, counts, legend, title block; and how pages become a drawing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sekisho.domain.drawing.metrics import text_width
from sekisho.domain.drawing.parts import (
    PAGE_WIDTH,
    Area,
    Box,
    BoxKind,
    Drawing,
    Edge,
    Heading,
    Label,
    LegendItem,
    Mark,
    Page,
    Panel,
    Stamp,
)
from sekisho.domain.drawing.title_block import (
    BLOCK_WIDTH,
    LEGEND_TOP,
    MARGIN,
    Entry,
    block_headings,
    block_rules,
    day_text,
)
from sekisho.domain.drawing.words import join, same
from sekisho.domain.sheets.snapshot import SHOWN_DIGITS
from sekisho.domain.text import Text

LEFT, RIGHT = MARGIN, PAGE_WIDTH - MARGIN
WIDTH = RIGHT - LEFT
BODY_TOP = 58.0
BODY_BOTTOM = 763.0
WHOLE = Text("（全体のまとめ）", "(summary)")
DETAILS = Text("（明細）", "(details)")


@dataclass(frozen=True, slots=True)
class Sample:
    """One entry of a legend: how something looks, the word or shape inside it, and what it means."""

    kind: BoxKind
    marks: frozenset[Mark]
    meaning: Text
    word: Text = Text("", "")  # noqa: RUF009 - a frozen value


@dataclass(frozen=True, slots=True)
class Body:
    """What one page shows between title and legend. `part` stands in its upper right corner."""

    boxes: tuple[Box, ...] = ()
    edges: tuple[Edge, ...] = ()
    panels: tuple[Panel, ...] = ()
    headings: tuple[Heading, ...] = ()
    part: Text = Text("", "")  # noqa: RUF009 - a frozen value


@dataclass(frozen=True, slots=True)
class Imprint:
    """What a sheet says of itself: name for ids, title, hospital, counts below the title, one count for the block."""

    name: str
    title: Text
    hospital: Text
    summary: Text
    stamp: Stamp
    count: tuple[Text, Text]
    legend: tuple[Sample, ...]


def framed(imprint: Imprint, bodies: Sequence[Body], sentences: Sequence[Text]) -> Drawing:
    """Return the drawing whose pages show `bodies`, in order, each with all that stands around it."""
    pages = tuple(
        Page(
            number=number,
            boxes=body.boxes,
            edges=body.edges,
            headings=(
                *_title(imprint, body.part),
                *body.headings,
                *block_headings(_entries(imprint, number, len(bodies))),
            ),
            legend=_legend(imprint, number),
            frames=block_rules(_entries(imprint, number, len(bodies))),
            panels=body.panels,
        )
        for number, body in enumerate(bodies, start=1)
    )
    return Drawing(
        title=join(imprint.title, imprint.hospital, by=Text("　", ": ")),
        summary=imprint.summary,
        pages=pages,
        sentences=tuple(sentences),
        stamp=imprint.stamp,
        name=imprint.name,
    )


def _title(imprint: Imprint, part: Text) -> tuple[Heading, ...]:
    name = join(imprint.title, imprint.hospital, by=Text("　", ": "))
    return (
        Heading(Area(LEFT, 12, WIDTH - 210, 24), Label(name, 18, bold=True)),
        Heading(Area(RIGHT - 200, 18, 200, 16), Label(part, 11, bold=True), "end"),
        Heading(Area(LEFT, 37, WIDTH, 13), Label(imprint.summary, 9.5)),
    )


def _entries(imprint: Imprint, page: int, pages: int) -> tuple[Entry, ...]:
    stamp = imprint.stamp
    version = same(f"Sekisho {stamp.version}") if stamp.version else Text("Sekisho", "Sekisho")
    snapshot = same(stamp.snapshot[:SHOWN_DIGITS] or "―")
    return (
        Entry(0, 0, 1, Text("医療機関", "Hospital"), imprint.hospital),
        Entry(1, 0, 0.5, Text("作成日", "Drawn on"), day_text(stamp.drawn_on)),
        Entry(1, 0.5, 0.5, Text("情報の日付", "Data of"), day_text(stamp.data_on)),
        Entry(2, 0, 0.5, *imprint.count),
        Entry(2, 0.5, 0.5, Text("ページ", "Page"), same(f"{page} / {pages}")),
        Entry(3, 0, 0.5, Text("照合番号", "Snapshot"), snapshot),
        Entry(3, 0.5, 0.5, Text("作成", "Made by"), version),
    )


_LEGEND_COLUMNS = 3
_LEGEND_PITCH = 17.5


def _legend(imprint: Imprint, page: int) -> tuple[LegendItem, ...]:
    width = (WIDTH - BLOCK_WIDTH - 14) / _LEGEND_COLUMNS
    items: list[LegendItem] = []
    for index, sample in enumerate(imprint.legend):
        x = LEFT + (index % _LEGEND_COLUMNS) * width
        y = LEGEND_TOP + (index // _LEGEND_COLUMNS) * _LEGEND_PITCH
        items.append(_legend_item(f"{imprint.name}-legend-{page}-{index}", sample, Area(x, y, width, 15)))
    return tuple(items)


def _legend_item(identity: str, sample: Sample, area: Area) -> LegendItem:
    place = Area(area.x, area.y + 0.5, 30, 14)
    labels = (Label(sample.word, 7.6, bold=True),) if sample.word.ja else ()
    box = Box(identity, sample.kind, place, place, labels, sample.meaning, sample.marks)
    room = Area(place.right + 6, area.y + 0.5, area.width - 36 - 6, 15)
    is_single = max(text_width(sample.meaning.ja, 7.6), text_width(sample.meaning.en, 7.6)) <= room.width
    label = Label(sample.meaning, 7.6, max_lines=1 if is_single else 2)
    shift = 3.6 if is_single else 0.0
    return LegendItem(box, None, Heading(replace(room, y=room.y + shift, height=room.height - shift), label))
