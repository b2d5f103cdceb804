"""The page "what the internet sees" as a tagged PDF (PDF/UA-1): one A4 page, whatever is on it.

The same view gives the same bytes on every machine; its own time is the only date in it.
"""

import json
from dataclasses import replace
from datetime import date, datetime
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdf

from sekisho.adapters.documents.glyphs import substituted
from sekisho.adapters.documents.pdf import typeset
from sekisho.domain.diagnosis.findings import Severity
from sekisho.domain.diagnosis.outside import Deed, Door, OutsideView, SeenLine, Sight
from sekisho.domain.reporting.wording import brief
from sekisho.domain.text import Text

_TEMPLATE = files("sekisho.adapters.documents") / "templates" / "outside_view.typ"
_KINDS = {
    Severity.URGENT: "danger",
    Severity.SOON: "danger",
    Severity.PLANNED: "care",
    Severity.UNKNOWN: "unknown",
    Severity.NOTE: "quiet",
}


def outside_pdf(view: OutsideView, language: str = "ja") -> bytes:
    """Return `view` as one page.

    Raises:
        DocumentFailed: the typesetting failed.
    """
    for most_lines, most_doors in _TRIES:
        made = _typeset(_trimmed(view, most_lines, most_doors), language)
        if len(pypdf.PdfReader(BytesIO(made)).pages) == 1:
            break
    return made


_TRIES = ((14, 8), (12, 4), (10, 2), (8, 2), (6, 1), (4, 1), (2, 1), (1, 1))
"""How many lines and doors are tried; what is left out is counted. Names as long as they may be still fit with the last."""


def _trimmed(view: OutsideView, most_lines: int, most_doors: int) -> OutsideView:
    lines = tuple(
        replace(
            line,
            doors=line.doors[:most_doors],
            more_doors=line.more_doors + max(0, len(line.doors) - most_doors),
        )
        for line in view.lines[:most_lines]
    )
    return replace(view, lines=lines, more_lines=view.more_lines + max(0, len(view.lines) - most_lines))


def _typeset(view: OutsideView, language: str) -> bytes:
    return typeset(
        Path(str(_TEMPLATE)),
        {"data": json.dumps(substituted(_data(view, language), set()), ensure_ascii=False)},
        format="pdf",
        pdf_standards="ua-1",
        timestamp=int(view.made_at.timestamp()),
    )


def _data(view: OutsideView, language: str) -> dict[str, Any]:
    at = view.made_at
    return {
        "language": "en" if language.startswith("en") else "ja",
        "date": [at.year, at.month, at.day, at.hour, at.minute, at.second],
        "hospital": brief(view.hospital, 36),
        "made": _MADE.filled(at=_moment(at, language)).within(language),
        "answer": view.answer.within(language),
        "sight": view.sight.value,
        "words": {name: text.within(language) for name, text in _WORDS.items()},
        "counts": [
            {"sight": sight.value, "shape": sight.shape, "word": sight.word.within(language), "n": str(count)}
            for sight, count in view.counts
            if count or sight not in {Sight.NOT_MEANT}
        ],
        "lines": [_line(line, language) for line in view.lines],
        "more_lines": _MORE_LINES.filled(n=view.more_lines).within(language) if view.more_lines else "",
        "deeds": [_deed(deed, language) for deed in view.deeds],
        "more_deeds": _MORE_DEEDS.filled(n=view.more_deeds).within(language) if view.more_deeds else "",
    }


def _line(line: SeenLine, language: str) -> dict[str, Any]:
    doors = [_door(door, language) for door in line.doors]
    if line.more_doors:
        more = _MORE_DOORS.filled(n=line.more_doors).within(language)
        doors.append({"kind": "quiet", "shape": "", "text": more})
    return {
        "name": brief(line.name, 24),
        "purpose": brief(line.purpose, 34),
        "address": brief(line.address, 40),
        "sight": line.sight.value,
        "shape": line.sight.shape,
        "word": line.sight.word.within(language),
        "doors": doors,
        "why": brief(line.why.within(language), 80) if line.why else "",
        "seen": _day(line.seen_on, language) if line.seen_on else _NEVER.within(language),
    }


def _door(door: Door, language: str) -> dict[str, str]:
    severity, room = door.severity, 11 if language == "ja" else 16
    return {
        "kind": _KINDS[severity] if severity else "quiet",
        "shape": severity.shape if severity else "○",
        "text": f"{door.name} {brief(door.service.within(language), room)}".strip(),
    }


def _deed(deed: Deed, language: str) -> dict[str, str]:
    return {
        "kind": _KINDS[deed.severity],
        "shape": deed.severity.shape,
        "word": deed.severity.word.within(language),
        "title": brief(deed.title.within(language), 70 if language == "ja" else 110),
        "where": brief(deed.where, 60),
        "action": brief(deed.action.within(language), 110 if language == "ja" else 200),
        "who": brief(deed.who.within(language), 60),
    }


def _day(day: date, language: str) -> str:
    return day.isoformat() if language.startswith("en") else f"{day.year}年{day.month}月{day.day}日"


def _moment(at: datetime, language: str) -> str:
    return f"{_day(at.date(), language)} {at:%H:%M}"


_MADE = Text("作成：{at}", "Made: {at}")
_NEVER = Text("まだ調べていない", "never looked at")
_MORE_DOORS = Text("ほか{n}か所", "{n} more")
_MORE_LINES = Text(
    "ほかに回線が{n}本あります。画面の一覧をご覧ください。", "There are {n} more lines. See the list on the screen."
)
_MORE_DEEDS = Text("ほかに{n}件あります。画面の一覧をご覧ください。", "There are {n} more. See the list on the screen.")
_WORDS = {
    "title": Text("インターネットから見えるもの", "What the internet sees"),
    "first": Text("まずすること", "First of all"),
    "nothing": Text("いま、急いですることはありません。", "There is nothing to be done at once."),
    "lines": Text("回線ごとに見えるもの", "What is seen of each line"),
    "line": Text("回線", "Line"),
    "sight": Text("見え方", "What is seen"),
    "doors": Text("応答した入口", "Doors that answer"),
    "seen": Text("調べた日", "Looked at on"),
    "no_doors": Text("応答した入口はない", "no door answers"),
    "unit": Text("本", ""),
    "foot": Text(
        "入口（ポート）は建物のドアのようなものです。「分からない」は安全という意味ではありません。",
        "A door (port) is like the door of a house. “Not known” does not mean safe.",
    ),
}
