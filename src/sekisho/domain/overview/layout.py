"""Lay out the overview drawing（俯瞰図）: from the register to boxes and edges with coordinates.

The drawing reads from left to right: other end, network, line, terminator, routers, medical network, systems. Every line
has a row of its own; alike neighbours share one where the drawing would not fit onto a page otherwise. The order of rows
follows from each line alone, so a new line never changes the order of the others. See docs/decisions.
"""

from collections.abc import Hashable, Iterable
from dataclasses import replace

from sekisho.domain.drawing.parts import (
    NOTHING,
    Area,
    Box,
    BoxKind,
    Drawing,
    Label,
    Page,
    Stamp,
)
from sekisho.domain.overview.cover import cover_rows
from sekisho.domain.overview.description import sentence_of, summary_of
from sekisho.domain.overview.entries import Entry, read_entries
from sekisho.domain.overview.frame import TITLE, block_frames, legend, page_headings
from sekisho.domain.overview.inside import SystemSpec, find_systems, systems_of_lines
from sekisho.domain.overview.placing import place_page
from sekisho.domain.overview.routing import route
from sekisho.domain.overview.rows import Row, bundle_rows, find_sharing, make_rows
from sekisho.domain.overview.sharing import Chain, find_chains
from sekisho.domain.overview.sheet import BODY_TOP, DENSE, DENSITIES, Columns, Density, make_columns, paginate
from sekisho.domain.overview.systems import InsideSystem
from sekisho.domain.overview.wording import Labels, no_labels, said, silence
from sekisho.domain.register.records import Register
from sekisho.domain.survey.observations import Sighting
from sekisho.domain.text import Text

EMPTY = Text(
    "まだ回線が登録されていません。「回線・機器情報」シート（別紙2-1）を取り込むか、画面の「回線を追加」から最初の1本を登録すると、"
    "ここに図が描かれます。回線が1本もない場合は、部署・業者・部屋の確認（STEP 3〜6）が終わっているかを確かめてください。",
    "No line is registered yet. Take in the sheet of lines and devices (annex 2-1), or add the first line on the screen: the "
    "drawing then appears here. If there is truly no line, make sure that departments, vendors and rooms were all asked "
    "(steps 3 to 6).",
)


def lay_out(
    register: Register,
    systems: tuple[InsideSystem, ...] = (),
    sightings: Iterable[Sighting] = (),
    *,
    labels: Labels = no_labels,
    stamp: Stamp | None = None,
) -> Drawing:
    """Return the overview drawing of one hospital.

    `labels` gives option codes their words (`wording.labels_of(edition)`); `stamp` fills the title block. The same
    input gives the same drawing, coordinate by coordinate.
    """
    seen = tuple(sightings)
    entries = read_entries(register, seen, labels)
    chains = find_chains(entries)
    confirmed = frozenset(sighting.line_number for sighting in seen if sighting.line_number is not None)
    sentences = {entry.id: sentence_of(entry) for entry in entries}
    rows = make_rows(entries, chains, find_sharing(entries, chains, confirmed), sentences)
    columns = make_columns(1 + max((layer for row in rows for layer, _ in row.devices), default=0))
    density, pages = _fit(rows, chains, columns)
    sheets = _sheets(pages, density, columns, find_systems(systems, entries), entries)
    hospital = said(register.basics.name) or Text(
        f"医療機関名{silence(register.basics.name).ja}", f"Hospital name {silence(register.basics.name).en}"
    )
    ordered = sorted(entries, key=lambda entry: (entry.line is None, entry.number, entry.uid))
    summary = summary_of(entries)
    imprint = stamp or Stamp()
    return Drawing(
        title=Text(f"{TITLE.ja}　{hospital.ja}", f"{TITLE.en}: {hospital.en}"),
        summary=summary,
        pages=tuple(
            _framed(sheet, columns, hospital, summary, imprint, len(register.lines), len(sheets)) for sheet in sheets
        ),
        sentences=tuple(sentences[entry.id] for entry in ordered) or (EMPTY,),
        stamp=imprint,
        page_of_line=_page_of_line(sheets),
    )


def _fit(rows: tuple[Row, ...], chains: dict[str, Chain], columns: Columns) -> tuple[Density, list[list[Row]]]:
    """Return the roomiest density that needs one page; if none does, bundle alike lines and try again."""
    for candidate in (rows, bundle_rows(rows, chains)):
        for density in DENSITIES:
            pages = paginate(candidate, density, columns)
            if len(pages) == 1:
                return density, pages
    return DENSE, paginate(bundle_rows(rows, chains), DENSE, columns)


def _sheets(
    pages: list[list[Row]],
    density: Density,
    columns: Columns,
    systems: tuple[SystemSpec, ...],
    entries: tuple[Entry, ...],
) -> list[Page]:
    """Return the pages with boxes and edges; several ones get a cover that shows the whole at a glance."""
    first_pages: dict[Hashable, int] = {}
    if len(pages) == 1:
        return [_sheet(1, pages[0], density, columns, systems, first_pages)]
    cover, cover_density = _cover(pages, columns)
    sheets = [_sheet(1, list(cover), cover_density, columns, systems, {})]
    for number, rows in enumerate(pages, start=2):
        numbers = {number for row in rows for number in row.numbers}
        here = systems_of_lines(systems, numbers)
        sheets.append(_sheet(number, rows, density, columns, here, first_pages))
    return sheets


def _cover(pages: list[list[Row]], columns: Columns) -> tuple[tuple[Row, ...], Density]:
    """Return the rows of the cover and their density: with every line number where that fits, else cut short."""
    whole = cover_rows(pages, first_number=2)
    short = tuple(replace(row, index_width=0.0) for row in whole)
    for rows in (whole, short):
        for density in DENSITIES[1:]:
            if len(paginate(rows, density, columns)) == 1:
                return rows, density
    return short, DENSITIES[-1]


def _sheet(
    number: int,
    rows: list[Row],
    density: Density,
    columns: Columns,
    systems: tuple[SystemSpec, ...],
    first_pages: dict[Hashable, int],
) -> Page:
    placed = place_page(number, rows, density, columns, systems, first_pages)
    boxes = (*placed.boxes, *(() if rows else (_empty_note(columns),)))
    return Page(number, boxes, route(placed, columns))


def _empty_note(columns: Columns) -> Box:
    left = columns.party[0]
    area = Area(left, BODY_TOP, columns.bus[0] - 40 - left, 120)
    inner = Area(area.x + 16, area.y, area.width - 32, area.height)
    return Box("note-empty", BoxKind.NOTE, area, inner, (Label(EMPTY, 13, max_lines=6),), EMPTY)


def _framed(page: Page, columns: Columns, hospital: Text, summary: Text, stamp: Stamp, lines: int, count: int) -> Page:
    part = NOTHING
    if count > 1:
        part = Text("（全体のまとめ）", "(summary)") if page.number == 1 else Text("（明細）", "(details)")
    headings = page_headings(hospital, summary, part, columns, stamp, lines, (page.number, count))
    return Page(page.number, page.boxes, page.edges, headings, legend(page.number), block_frames())


def _page_of_line(sheets: list[Page]) -> tuple[tuple[str, int], ...]:
    found = [(badge.number, badge.id, sheet.number) for sheet in sheets for box in sheet.boxes for badge in box.badges]
    return tuple((identity, page) for _, identity, page in sorted(found))
