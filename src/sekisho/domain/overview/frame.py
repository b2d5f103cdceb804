"""What stands around the picture: page title, column headings, legend and title block."""

from sekisho.domain.drawing.metrics import text_width
from sekisho.domain.drawing.parts import (
    NOTHING,
    PAGE_WIDTH,
    Area,
    Box,
    BoxKind,
    Edge,
    Heading,
    Label,
    LegendItem,
    Mark,
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
from sekisho.domain.overview.sheet import Columns
from sekisho.domain.text import Text

TITLE = Text("外部接続の俯瞰図", "Overview of external connections")


def page_headings(
    hospital: Text, summary: Text, part: Text, columns: Columns, stamp: Stamp, lines: int, page: tuple[int, int]
) -> tuple[Heading, ...]:
    """Return the texts around the picture of page `page` = (number, of how many). `part` says what the page shows."""
    return (
        *_title(hospital, summary, part),
        *_column_headings(columns),
        *block_headings(_entries(hospital, stamp, lines, page)),
    )


def _title(hospital: Text, summary: Text, part: Text) -> tuple[Heading, ...]:
    width = PAGE_WIDTH - 2 * MARGIN
    name = join(TITLE, hospital, by=Text("　", ": "))
    return (
        Heading(Area(MARGIN, 14, width - 110, 24), Label(name, 19, bold=True)),
        Heading(Area(PAGE_WIDTH - MARGIN - 110, 20, 110, 16), Label(part, 11, bold=True), "end"),
        Heading(Area(MARGIN, 38, width, 13), Label(summary, 9.5)),
    )


def _column_headings(columns: Columns) -> tuple[Heading, ...]:
    last = columns.devices[-1]
    devices = (columns.devices[0][0], last[0] + last[1] - columns.devices[0][0])
    inner = (columns.bus[0] - 30, columns.bus[1] + 42)
    entries = (
        (columns.party, Text("外の相手", "Other end")),
        (columns.network, Text("通信網", "Network")),
        (columns.line, Text("回線（番号・種別・用途）", "Line (number, kind, purpose)")),
        (columns.terminator, Text("回線終端装置（設置場所）", "Terminator (place)")),
        (devices, Text("ルータ・UTMなど", "Routers, UTM")),
        (inner, Text("病院の内側", "Inside")),
        (columns.systems, Text("つながるシステム", "Systems reached")),
    )
    return tuple(Heading(Area(x, 55, width, 12), Label(text, 9, bold=True), "middle") for (x, width), text in entries)


def _entries(hospital: Text, stamp: Stamp, lines: int, page: tuple[int, int]) -> tuple[Entry, ...]:
    version = same(f"Sekisho {stamp.version}") if stamp.version else Text("Sekisho", "Sekisho")
    return (
        Entry(0, 0, 1, Text("医療機関", "Hospital"), hospital),
        Entry(1, 0, 0.5, Text("作成日", "Drawn on"), day_text(stamp.drawn_on)),
        Entry(1, 0.5, 0.5, Text("情報の日付", "Data of"), day_text(stamp.data_on)),
        Entry(2, 0, 0.5, Text("回線数", "Lines"), Text(f"{lines}本", str(lines))),
        Entry(2, 0.5, 0.5, Text("ページ", "Page"), same(f"{page[0]} / {page[1]}")),
        Entry(3, 0, 1, Text("作成", "Made by"), version),
    )


def block_frames() -> tuple[Area, ...]:
    """Return the rules of the title block."""
    return block_rules(_entries(NOTHING, Stamp(), 0, (1, 1)))


_LEGEND: tuple[tuple[BoxKind, frozenset[Mark], bool, Text], ...] = (
    (BoxKind.LINE, frozenset(), True, Text("病院が契約した回線", "Hospital's line")),
    (
        BoxKind.LINE,
        frozenset({Mark.VENDOR}),
        True,
        Text("ベンダが契約した回線（二重枠・太線）", "Vendor's line (double frame)"),
    ),
    (BoxKind.LINE, frozenset({Mark.MOBILE}), True, Text("モバイル回線（丸い枠・一点鎖線）", "Mobile line (round)")),
    (
        BoxKind.LINE,
        frozenset({Mark.UNKNOWN}),
        True,
        Text("不明・未記入がある（破線と？）", "Something unknown (dashed, ?)"),
    ),
    (
        BoxKind.LINE,
        frozenset({Mark.OUT_OF_SCOPE}),
        True,
        Text("対象外：電子カルテにつながらない（点線）", "Out of scope (dotted)"),
    ),
    (
        BoxKind.TERMINATOR,
        frozenset({Mark.UNLISTED}),
        False,
        Text("台帳にない終端装置（斜めの角・用途不明）", "Terminator in no list (cut corners)"),
    ),
    (
        BoxKind.DEVICE,
        frozenset({Mark.SHARED}),
        False,
        Text("複数の回線で共用する装置（左に太い帯）", "Shared device (thick left bar)"),
    ),
    (
        BoxKind.LINE,
        frozenset({Mark.BUNDLE}),
        False,
        Text("同じ形の回線のまとめ（重ね枠）", "Bundle of alike lines (stacked)"),
    ),
    (
        BoxKind.DEVICE,
        frozenset({Mark.REFERENCE}),
        False,
        Text("別のページに描いた装置（→ページ）", "Drawn on another page"),
    ),
    (BoxKind.BACKUP, frozenset(), False, Text("バックアップ", "Backup")),
    (
        BoxKind.SYSTEM,
        frozenset({Mark.CRITICAL}),
        False,
        Text("止まると診療が止まる（最重要・太枠）", "Care stops without it (thick frame)"),
    ),
    (BoxKind.STOP, frozenset({Mark.OUT_OF_SCOPE}), False, Text("ここで終わる（対象外）", "Ends here (out of scope)")),
)
_LEGEND_COLUMNS = 4
_LEGEND_PITCH = 17.5


def legend(page: int) -> tuple[LegendItem, ...]:
    """Return the legend of page `page`: every shape that a drawing may hold, the same on every page."""
    width = (PAGE_WIDTH - 2 * MARGIN - BLOCK_WIDTH - 14) / _LEGEND_COLUMNS
    items: list[LegendItem] = []
    for index, (kind, marks, with_edge, meaning) in enumerate(_LEGEND):
        x = MARGIN + (index % _LEGEND_COLUMNS) * width
        y = LEGEND_TOP + (index // _LEGEND_COLUMNS) * _LEGEND_PITCH
        items.append(_legend_item(f"legend-{page}-{index}", kind, marks, with_edge, meaning, Area(x, y, width, 15)))
    return tuple(items)


def _legend_item(
    identity: str, kind: BoxKind, marks: frozenset[Mark], with_edge: bool, meaning: Text, area: Area
) -> LegendItem:
    sample_area = Area(area.x, area.y + 0.5, 27, 14)
    sample = Box(identity, kind, sample_area, sample_area, (), meaning, marks)
    y = area.y + 7.5
    edge = (
        Edge(f"{identity}-edge", identity, "", ((sample_area.right, y), (sample_area.right + 20, y)), marks=marks)
        if with_edge
        else None
    )
    left = sample_area.right + (24 if with_edge else 5)
    text = Heading(Area(left, area.y + 0.5, area.right - left - 4, 15), Label(meaning, 7.6, max_lines=2))
    single = text_width(meaning.ja, 7.6) <= text.area.width
    shift = 3.6 if single else 0.0
    return LegendItem(sample, edge, Heading(Area(left, text.area.y + shift, text.area.width, 15), text.label))
