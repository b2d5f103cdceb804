"""現地検出: the line terminators that were seen on site, two side by side as in the programme's report."""

from sekisho.domain.reporting.document import NOTHING, Cell, Column, Mark, Paragraph, Section, Table, same
from sekisho.domain.reporting.sections.case import ReportCase
from sekisho.domain.reporting.wording import brief, joined, spoken
from sekisho.domain.survey.observations import Sighting
from sekisho.domain.text import Text

HEADING = Text("現地検出", "Found on site")
_HALF = (
    Column(Text("No.", "No."), 7),
    Column(Text("検出された回線終端装置（写真）", "Line terminator (photo)"), 40),
    Column(Text("設置場所", "Place"), 45),
)
_NOT_YET = Text(
    "現地調査がまだ行われていないため、検出はありません。調査日を決め、回線終端装置（壁や床から来た回線がつながる小さな箱）のある部屋に"
    "入れるよう準備してください。",
    "No on-site survey has taken place yet. Fix a day, and prepare access to the rooms where lines arrive.",
)
_NONE_FOUND = Text(
    "現地調査（{on}）の検出は記録されていません。院内をすべて歩いて確かめたかどうかを、調査の記録で確認してください。",
    "Nothing was recorded as found in the survey of {on}. Check in its notes whether every room was walked.",
)
_INTRODUCTION = Text(
    "現地で見つかった回線終端装置です。「一覧になし」の装置は、用途と、電子カルテのネットワークにつながるかどうかを確かめ、"
    "管理する回線の一覧に加えてください。",
    "Line terminators seen on site. For those “on no list”, find out what they are for and whether they reach the EHR "
    "network, and add them to the list of lines that you manage.",
)


def sightings_section(case: ReportCase) -> Section:
    """Return the section with the table `sightings`, two sightings per row."""
    sightings = case.survey.sightings
    on = case.survey.surveyed_on
    empty = _NONE_FOUND.filled(on=on) if on else _NOT_YET
    rows = tuple(
        _half(sightings[i], case) + (_half(sightings[i + 1], case) if i + 1 < len(sightings) else (Cell(NOTHING),) * 3)
        for i in range(0, len(sightings), 2)
    )
    table = Table("sightings", HEADING, _HALF + _HALF, rows, empty)
    return Section("sightings", HEADING, ((Paragraph(_INTRODUCTION), table) if rows else (table,)))


def _half(sighting: Sighting, case: ReportCase) -> tuple[Cell, ...]:
    place = joined(
        [spoken(sighting.location or "-"), *([spoken(sighting.remarks)] if sighting.remarks else [])], "\n", "\n"
    )
    return (
        Cell(same(sighting.number), value=sighting.number),
        Cell(joined([case.wording.answer("terminator_kind", sighting.kind), *_photo(sighting)], "\n", "\n")),
        Cell(
            joined([_line(sighting, case), place], "\n", "\n"),
            Mark.CAUTION if sighting.line_number is None else None,
        ),
    )


def _photo(sighting: Sighting) -> list[Text]:
    if not sighting.photo:
        return []
    return [Text("写真 {name}", "Photo {name}").filled(name=brief(sighting.photo, 60))]


def _line(sighting: Sighting, case: ReportCase) -> Text:
    if sighting.line_number is None:
        return Text("一覧になし", "On no list")
    line = next((line for line in case.register.lines if line.number == sighting.line_number), None)
    if line is None:
        return Text("回線{n}（一覧にありません）", "Line {n} (not registered)").filled(n=sighting.line_number)
    return case.wording.line(line)
