"""Small charts as plain SVG: the same text for the same numbers, readable in black and white.

Shapes, words and numbers say everything; colour and hatching only help. Lengths are in SVG user units of a picture
660 wide.
"""

from xml.sax.saxutils import escape

from sekisho.domain.reporting.document import LevelChart, Mark, Share
from sekisho.domain.text import Text

FONT = "BIZ UDPGothic"
WIDTH = 660
HEIGHT = 150

_ACCENT = "#0b4f6c"
_INK = "#1c2428"
_GREY = "#55626b"
_COLOURS = {
    Mark.BAD: "#a8201a",
    Mark.CAUTION: "#c46a00",
    Mark.UNKNOWN: "#6a5fb0",
    Mark.GOOD: "#2f8a54",
    Mark.OUT_OF_SCOPE: "#b4bec4",
}
_SHAPES = {Mark.BAD: "×", Mark.CAUTION: "▲", Mark.UNKNOWN: "？", Mark.GOOD: "○", Mark.OUT_OF_SCOPE: "－"}
_LEVEL = Text("レベル ", "Level ")
_TOP = Text("3段階のうち", "out of 3")
_LINES = Text("回線{n}{unit}の状態", "State of {n} {unit}")
_NONE = Text("回線が登録されていません", "No line is registered")
_POSSIBLE = Text("不明がすべて良ければ", "if every unknown is well")


def draw_level_chart(chart: LevelChart, language: str = "ja") -> str:
    """Return the steps of the level and, beside them, the lines by state, as SVG."""
    body = [*_steps(chart, language), *_bar(chart, language)]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" font-family="{FONT}, sans-serif"><title>{escape(chart.alternative.within(language))}</title>'
    )
    return head + _patterns() + "".join(body) + "</svg>"


def _patterns() -> str:
    """Return hatchings, so that the parts of the bar differ without colour."""
    hatches = {
        Mark.CAUTION: '<path d="M0 6L6 0" stroke="#fff" stroke-width="1.6"/>',
        Mark.UNKNOWN: '<circle cx="3" cy="3" r="1.1" fill="#fff"/>',
        Mark.OUT_OF_SCOPE: '<path d="M0 3H6" stroke="#fff" stroke-width="1.2"/>',
    }
    return (
        "<defs>"
        + "".join(
            f'<pattern id="hatch-{mark.value}" width="6" height="6" patternUnits="userSpaceOnUse">'
            f'<rect width="6" height="6" fill="{_COLOURS[mark]}"/>{hatch}</pattern>'
            for mark, hatch in hatches.items()
        )
        + "</defs>"
    )


def _fill(mark: Mark) -> str:
    return _COLOURS[mark] if mark in {Mark.BAD, Mark.GOOD} else f"url(#hatch-{mark.value})"


def _steps(chart: LevelChart, language: str) -> list[str]:
    """Return three steps, those reached filled, those that unknown answers could still reach dashed."""
    drawn = []
    for step in (1, 2, 3):
        x, height = 8 + (step - 1) * 62, 30 + step * 22
        y = 132 - height
        if step <= chart.level:
            style, ink = f'fill="{_ACCENT}"', "#ffffff"
        elif step <= chart.best_possible:
            style, ink = f'fill="#ffffff" stroke="{_ACCENT}" stroke-width="1.5" stroke-dasharray="4 3"', _ACCENT
        else:
            style, ink = f'fill="#ffffff" stroke="{_COLOURS[Mark.OUT_OF_SCOPE]}" stroke-width="1.2"', _GREY
        drawn.append(f'<rect x="{x}" y="{y}" width="56" height="{height}" {style}/>')
        drawn.append(_text(x + 28, y + 24, str(step), 20, ink, anchor="middle", bold=True))
    drawn.append(_text(8, 26, f"{_LEVEL.within(language)}{chart.level}", 20, _ACCENT, bold=True))
    if chart.best_possible > chart.level:
        drawn.append(_text(8, 148, f"{_POSSIBLE.within(language)} {chart.best_possible}", 10, _GREY))
    return drawn


def _bar(chart: LevelChart, language: str) -> list[str]:
    left, width, total = 230, 420, sum(share.count for share in chart.shares)
    if total == 0:
        return [_text(left, 70, _NONE.within(language), 14, _GREY)]
    title = _LINES.filled(n=total, unit=chart.unit).within(language)
    drawn = [_text(left, 26, title, 14, _ACCENT, bold=True)]
    x = float(left)
    for share in chart.shares:
        part = width * share.count / total
        drawn.append(
            f'<rect x="{x:.2f}" y="38" width="{max(part - 2, 1):.2f}" height="30" fill="{_fill(share.mark)}"/>'
        )
        x += part
    return drawn + [piece for row, share in enumerate(chart.shares) for piece in _legend(row, share, chart, language)]


def _legend(row: int, share: Share, chart: LevelChart, language: str) -> list[str]:
    x, y = 230 + (row % 2) * 212, 98 + (row // 2) * 28
    unit = chart.unit.within(language)
    label = f"{_SHAPES[share.mark]} {share.label.within(language)}"
    count = f"{share.count}{unit}" if language.startswith("ja") else f"{share.count} {unit}"
    return [
        f'<rect x="{x}" y="{y - 12}" width="14" height="14" fill="{_fill(share.mark)}"/>',
        _text(x + 22, y, label, 13, _INK),
        _text(x + 196, y, count, 13, _INK, anchor="end", bold=True),
    ]


def _text(x: float, y: float, said: str, size: int, fill: str, *, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" fill="{fill}" text-anchor="{anchor}"{weight}>{escape(said)}</text>'
    )
