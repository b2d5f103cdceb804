"""The report as a tagged PDF (PDF/UA-1), typeset by Typst with the bundled font only.

The same report, pictures and issue time give the same bytes on every machine: system fonts are ignored, and the only
date is that of the issue.
"""

import ctypes
import json
from collections.abc import Mapping
from datetime import UTC
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst

from sekisho.adapters.documents.fitting import is_short, lead_em, unbreakable_em
from sekisho.adapters.documents.glyphs import substituted
from sekisho.adapters.documents.measuring import column_widths, lines_needed, longest_word_em, with_breaks
from sekisho.adapters.documents.plain import Plain, plain
from sekisho.adapters.drawings.charts import draw_level_chart
from sekisho.domain.reporting.document import LevelChart, SurveyReport
from sekisho.domain.text import Text

_HERE = files("sekisho.adapters.documents")
_POINTS_PER_MM = 72 / 25.4
TABLE_MM = 174.0
"""Width of an A4 page between its margins."""
_CELL_PADDING_MM = 2.4
_FONT_MM = 8 / _POINTS_PER_MM
LINE_EM = 42.0
"""What surely fits on a line of running text, in its largest size."""
LONG_LINES = 45
"""A row higher than this is cut at the page end after all: it might not fit on any page."""


_REMEMBERED_RUNS = 10


class DocumentFailed(Exception):
    """A document could not be made. `message` tells the user; the cause is chained."""

    def __init__(self, message: Text) -> None:
        super().__init__(message.en)
        self.message = message


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(_HERE / "fonts")])


def render_pdf(report: SurveyReport, pictures: Mapping[str, str], *, language: str = "ja") -> bytes:
    """Return the report as PDF. `pictures` maps a picture's name ("overview") to its SVG.

    Further sheets of one picture are named "overview-2", "overview-3" ...

    Raises:
        DocumentFailed: a picture is no SVG, or the typesetting failed.
    """
    _hand_back()  # what other documents left: a report of 217 pages takes 350 MB while it is laid out
    return typeset(
        Path(str(_HERE / "templates" / "survey_report.typ")),
        {"data": json.dumps(_data(report, pictures, language), ensure_ascii=False)},
        format="pdf",
        pdf_standards="ua-1",
        timestamp=int(report.dated_at.timestamp()),
    )


def typeset(source: Path | bytes, inputs: Mapping[str, str], **options: Any) -> bytes:
    """Return what Typst makes of `source`.

    Raises:
        DocumentFailed: Typst refused.
    """
    try:
        made = typst.compile(source, font_paths=_fonts(), ignore_system_fonts=True, sys_inputs=dict(inputs), **options)
    except (typst.TypstError, RuntimeError, ValueError) as error:
        raise DocumentFailed(_FAILED.filled(why=str(error)[:300])) from error
    return bytes(made)


_FAILED = Text(
    "PDF を作れませんでした（{why}）。添えた図が壊れていないか確かめ、もう一度お試しください。",
    "The PDF could not be made ({why}). Check that the pictures are whole and try again.",
)


def chart_pictures(report: SurveyReport, language: str) -> dict[str, str]:
    """Return the SVG of every chart that the report itself describes."""
    charts = [block for section in report.sections for block in section.blocks if isinstance(block, LevelChart)]
    return {chart.name: draw_level_chart(chart, language) for chart in charts}


def svg_to_png(svg: str, *, ppi: int = 192) -> bytes:
    """Return a drawing as PNG, for formats that take no SVG.

    Raises:
        DocumentFailed: not an SVG.
    """
    page = b'#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.svg), format: "svg")'
    try:
        return typeset(page, {"svg": svg}, format="png", ppi=float(ppi))
    finally:
        _forget()


def _forget() -> None:
    """Have Typst give back the memory of a drawing.

    It remembers every part for its next ten runs, to be quick when a document changes a little: 30 MB of pixels for
    each A3 drawing. No drawing is made twice, so empty runs (8 ms in all) make it forget.
    """
    for _ in range(_REMEMBERED_RUNS + 1):
        typst.compile(b"", font_paths=_fonts(), ignore_system_fonts=True, format="svg")
    _hand_back()


def _hand_back() -> None:
    """Have the C library, where it is one that can, give freed memory back instead of keeping it scattered."""
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)


def _data(report: SurveyReport, pictures: Mapping[str, str], language: str) -> Plain:
    lacking: set[str] = set()
    body: Plain = substituted(plain(report, language), lacking)
    at = report.dated_at.astimezone(UTC)
    words = body["words"]
    for section in body["sections"]:
        section["starts_page"] = section["id"] in {"level", "further_measures", "line_values"}
        for block in section["blocks"]:
            _fit(block)
    characters = words["separator"].join(f"U+{ord(char):04X}" for char in sorted(lacking))
    return body | {
        "date": [at.year, at.month, at.day, at.hour, at.minute, at.second],
        "facts": [list(fact) for fact in document_facts(body)],
        "rules_line": rules_line(body),
        "pictures": chart_pictures(report, language) | dict(sorted(pictures.items())),
        "substituted": words["substituted"].replace("{characters}", characters) if lacking else "",
    }


def rules_line(body: Plain) -> str:
    """Return every set of rules with its version, in one line."""
    separator: str = body["words"]["separator"]
    return separator.join(f"{name} {version}" for name, version in body["rules"])


def document_facts(body: Plain) -> list[tuple[str, str]]:
    """Return what stands below the title: code, issue, days."""
    words = body["words"]
    issued = " ".join(part for part in (body["edition"], body["issued_at"], body["issued_by"]) if part)
    return [
        (words["code"], body["code"]),
        (words["issued"], issued),
        (words["surveyed"], body["surveyed_on"]),
        (words["assessed"], body["assessed_at"]),
    ]


def _fit(block: Plain) -> None:
    """Give tables their column widths, long words places to break, and high rows leave to be cut."""
    if block["kind"] == "table":
        _fit_table(block)
    elif block["kind"] == "points":
        for item in block["items"]:
            item["text"] = with_breaks(item["text"], LINE_EM)
    elif block["kind"] == "records":
        for record in block["records"]:
            record["fields"] = [[with_breaks(label, 9.0), with_breaks(text, 18.5)] for label, text in record["fields"]]
            record["is_long"] = sum(lines_needed(text, 18.5) for _, text in record["fields"]) > LONG_LINES
            record["title"] = with_breaks(record["title"], LINE_EM)
    elif block["kind"] in {"paragraph", "callout"}:
        block["text"] = with_breaks(block["text"], LINE_EM)


def _fit_table(table: Plain) -> None:
    longest = [
        max([longest_word_em(column["heading"]), *(unbreakable_em(row[x]) for row in table["rows"])])
        for x, column in enumerate(table["columns"])
    ]
    table["widths"] = column_widths(
        [column["width"] for column in table["columns"]],
        longest,
        total=TABLE_MM,
        em=_FONT_MM,
        padding=_CELL_PADDING_MM,
    )
    rooms = [(width - _CELL_PADDING_MM) / _FONT_MM for width in table["widths"]]
    table["rows"] = [_fit_row(row, rooms) for row in table["rows"]]


def _fit_row(row: list[Plain], rooms: list[float]) -> Plain:
    cells = [
        cell
        | {
            "text": with_breaks(cell["text"], room),
            "lead": with_breaks(cell["lead"], room),
            "is_short": is_short(cell) and lead_em(cell) <= room,
        }
        for cell, room in zip(row, rooms, strict=True)
    ]
    high = max(_lines(cell, room) for cell, room in zip(cells, rooms, strict=True))
    return {"cells": cells, "is_long": high > LONG_LINES}


def _lines(cell: Plain, room: float) -> int:
    return lines_needed(cell["text"], room) + (lines_needed(cell["lead"], room) if cell["lead"] else 0)
