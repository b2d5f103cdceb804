"""How a workbook of ours looks: one accent colour, three shades that say how much a cell is asked for, thin rules."""

from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side

from sekisho.domain.workbook.schema import Need

FACE = "BIZ UDPゴシック"
ACCENT, INK, GREY, LINE = "0017C1", "1A1A1A", "626264", "B4B4B5"

TITLE = Font(name=FACE, size=16, bold=True, color=INK)
SUBTITLE = Font(name=FACE, size=10, color=GREY)
NOTE = Font(name=FACE, size=10, color=INK)
BAND = Font(name=FACE, size=10, bold=True, color="FFFFFF")
HEADING = Font(name=FACE, size=10, bold=True, color=INK)
SMALL = Font(name=FACE, size=8, color=GREY)
BODY = Font(name=FACE, size=11, color=INK)
EXAMPLE = Font(name=FACE, size=10, italic=True, color=GREY)
MARKS = {
    Need.REQUIRED: Font(name=FACE, size=9, bold=True, color="B3001B"),
    Need.CONDITIONAL: Font(name=FACE, size=9, bold=True, color="8A4B00"),
}
MARK = Font(name=FACE, size=9, color=GREY)
LINK = Font(name=FACE, size=10, underline="single", color=ACCENT)


def _fill(colour: str) -> PatternFill:
    return PatternFill("solid", start_color=colour, end_color=colour)


NO_FILL = PatternFill()
BAND_FILL = _fill(ACCENT)
HEADING_FILL = _fill("E8F1FE")
GUIDE_FILL = _fill("F8F8FB")
EXAMPLE_FILL = _fill("F1F1F4")
FIELD_FILLS = {Need.REQUIRED: _fill("FFF8DB"), Need.CONDITIONAL: _fill("FFFDF2"), Need.OFFICE: _fill("E6E6E6")}
ERROR_FILL = _fill("FFD9D9")
WARNING_FILL = _fill("FFE7B8")
NOT_NEEDED_FILL = _fill("D9D9D9")
STILL_NEEDED_FILL = _fill("FFDF7A")

_HAIR = Side(style="thin", color=LINE)
_EDGE = Side(style="medium", color=ACCENT)
BOX = Border(left=_HAIR, right=_HAIR, top=_HAIR, bottom=_HAIR)
BOX_AFTER_HEAD = Border(left=_HAIR, right=_HAIR, top=_EDGE, bottom=_HAIR)

WRAPPED = Alignment(horizontal="left", vertical="center", wrap_text=True, indent=1)
TOP = Alignment(horizontal="left", vertical="top", wrap_text=True, indent=1)
CENTRED = Alignment(horizontal="center", vertical="center", wrap_text=True)
LEFT = Alignment(horizontal="left", vertical="center")
FIGURE = Alignment(horizontal="left", vertical="center", indent=1)
RIGHT = Alignment(horizontal="right", vertical="center")
UNLOCKED = Protection(locked=False)
