"""The floor plans of the sample hospital, drawn: rooms as rectangles, doors towards the corridor, markers in the rooms.

Lengths are in drawing units of 5 cm. Markers are the numbers that a hospital writes on its plan for annex 2-1: a line
terminator as a rounded label, a PC as a square one, so that they differ in black and white too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 1200, 800
INK, WALL, FAINT, LINE_MARK, PC_MARK = "#1a1a1c", "#333333", "#767676", "#0017c1", "#ffffff"


@dataclass(frozen=True)
class Room:
    """One room. `door` is the side with the door: n, s, or "" for an open space. `marks` are 回線n and No.n."""

    name: str
    x: int
    y: int
    width: int
    height: int
    door: str = "s"
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Floor:
    """One floor. `key` names the files."""

    key: str
    title: str
    rooms: tuple[Room, ...]


def _row(y: int, height: int, door: str, *rooms: tuple[str, int, int] | tuple[str, int, int, str]) -> tuple[Room, ...]:
    return tuple(
        Room(name, x, y, width, height, "" if name.startswith("*") else door, tuple(marks[0].split()) if marks else ())
        for name, x, width, *marks in rooms
    )


FLOORS = (
    Floor(
        "1F",
        "本館 1階 平面図",
        (
            *_row(90, 190, "s",
                ("厨房", 20, 190), ("栄養課事務室", 210, 130, "回線4"), ("防災センター", 340, 120, "回線12"),
                ("MDF室", 460, 90), ("*EV・階段", 550, 100), ("CT室", 650, 110), ("CT操作室", 760, 110, "回線10"),
                ("MRI室", 870, 130), ("読影室", 1000, 180, "回線9 No.3"),
            ),
            *_row(340, 150, "n",
                ("医事課", 20, 220, "回線2 回線14 No.4"), ("総合受付", 240, 200), ("*外来待合", 440, 260),
                ("地域連携室", 700, 150, "回線8"), ("放射線受付", 850, 120), ("救急処置室", 970, 210),
            ),
            *_row(550, 150, "n",
                ("内科診察室1", 20, 110, "No.1"), ("内科診察室2", 130, 110), ("内科診察室3", 240, 110),
                ("外科診察室1", 350, 110), ("外科診察室2", 460, 110), ("*正面玄関", 570, 180), ("売店", 750, 110),
                ("薬局窓口", 860, 130), ("内視鏡室", 990, 190),
            ),
        ),
    ),
    Floor(
        "2F",
        "本館 2階 平面図",
        (
            *_row(90, 190, "s",
                ("サーバ室", 20, 220, "回線1 回線3 回線5 回線16 回線18"), ("医療情報課", 240, 160), ("健診事務室", 400, 150),
                ("*EV・階段", 550, 100), ("検体検査室", 650, 200, "回線6 回線7 No.2"), ("生理検査室", 850, 150, "回線17"),
                ("採血室", 1000, 180),
            ),
            *_row(340, 150, "n",
                ("薬剤部", 20, 250, "回線15 No.5"), ("看護部", 270, 170), ("医局", 440, 260), ("リハビリ室", 700, 260),
                ("図書室", 960, 220),
            ),
            *_row(550, 150, "n",
                ("手術室1", 20, 120), ("手術室2", 140, 120), ("手術室3", 260, 120), ("手術部スタッフ室", 380, 170, "回線13"),
                ("透析室", 550, 330, "回線11"), ("透析機械室", 880, 120), ("面談室", 1000, 180),
            ),
        ),
    ),
)  # fmt: skip


def floor_svg(floor: Floor) -> str:
    """Return the plan of one floor as a complete SVG file."""
    parts = [part for room in floor.rooms for part in _room(room)]
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
            ' font-family="BIZ UDPGothic, sans-serif" role="img">',
            f"<title>{escape(floor.title)}（青葉みなと総合病院・架空）</title>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
            f'<text x="20" y="46" font-size="26" font-weight="bold" fill="{INK}">{escape(floor.title)}</text>',
            f'<text x="20" y="72" font-size="15" fill="{FAINT}">青葉みなと総合病院（架空）　作成：医療情報課</text>',
            *_north(),
            *parts,
            f'<rect x="20" y="90" width="1160" height="610" fill="none" stroke="{WALL}" stroke-width="5"/>',
            *_legend(),
            "</svg>\n",
        )
    )


def _room(room: Room) -> Iterator[str]:
    is_open = not room.door
    style = f'fill="#f8f8fb" stroke="{FAINT}" stroke-dasharray="6 5"' if is_open else f'fill="#ffffff" stroke="{WALL}"'
    yield f'<rect x="{room.x}" y="{room.y}" width="{room.width}" height="{room.height}" {style} stroke-width="2"/>'
    middle = room.x + room.width / 2
    name = room.name.lstrip("*")
    size = min(17, int((room.width - 12) / max(len(name), 1)))
    yield _text(middle, _top(room) + 34, name, size, INK)
    if room.door:
        yield from _door(room)
    yield from _marks(room)


def _top(room: Room) -> int:
    """Return where the writing of a room begins: below the leaf of a door in the upper wall."""
    return room.y + (22 if room.door == "n" else 0)


def _door(room: Room) -> Iterator[str]:
    """Yield a gap in the wall and the leaf that closes it, a quarter of a circle as on builders' plans."""
    x, wall = room.x + room.width - 44, room.y + (room.height if room.door == "s" else 0)
    up = -1 if room.door == "s" else 1
    yield f'<line x1="{x}" y1="{wall}" x2="{x + 30}" y2="{wall}" stroke="#ffffff" stroke-width="4"/>'
    leaf = f"M {x} {wall} L {x} {wall + 30 * up} A 30 30 0 0 {1 if up < 0 else 0} {x + 30} {wall}"
    yield f'<path d="{leaf}" fill="none" stroke="{FAINT}" stroke-width="1.5"/>'


def _marks(room: Room) -> Iterator[str]:
    per_row = max(1, (room.width - 16) // 76)
    for at, mark in enumerate(room.marks):
        x = room.x + 14 + (at % per_row) * 76
        y = _top(room) + 50 + (at // per_row) * 32
        yield from _mark(x, y, mark)


def _mark(x: int, y: int, mark: str) -> Iterator[str]:
    is_line = mark.startswith("回線")
    fill, ink, radius = (LINE_MARK, "#ffffff", 13) if is_line else (PC_MARK, INK, 0)
    yield (
        f'<rect x="{x}" y="{y}" width="70" height="26" rx="{radius}" fill="{fill}" stroke="{INK}" stroke-width="2"/>'
    )
    yield _text(x + 35, y + 19, mark, 15, ink, weight="bold")


def _text(x: float, y: float, text: str, size: int, ink: str, *, weight: str = "normal") -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" font-weight="{weight}" fill="{ink}" text-anchor="middle">'
        f"{escape(text)}</text>"
    )


def _north() -> Iterator[str]:
    yield f'<path d="M 1150 30 L 1162 66 L 1150 58 L 1138 66 Z" fill="{INK}"/>'
    yield _text(1150, 26, "N", 15, INK, weight="bold")


def _legend() -> Iterator[str]:
    yield from _mark(20, 730, "回線n")
    yield f'<text x="100" y="749" font-size="15" fill="{INK}">回線終端装置の場所（別紙2-1の回線番号）</text>'
    yield from _mark(470, 730, "No.n")
    yield f'<text x="550" y="749" font-size="15" fill="{INK}">調査端末の場所（別紙2-1の番号）</text>'
    yield f'<line x1="960" y1="744" x2="1160" y2="744" stroke="{INK}" stroke-width="3"/>'
    for x in (960, 1060, 1160):
        yield f'<line x1="{x}" y1="738" x2="{x}" y2="750" stroke="{INK}" stroke-width="2"/>'
    yield _text(1060, 772, "10 m", 14, INK)
