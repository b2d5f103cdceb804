"""A report in one language as plain lists and strings: what every template and every format is made from.

Sections get their numbers here, texts are chosen, marks become words; a template never sees a Python object.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sekisho.domain.reporting.document import (
    Block,
    Callout,
    Cell,
    Column,
    LevelChart,
    Mark,
    Paragraph,
    Picture,
    Point,
    Points,
    Records,
    Section,
    Subheading,
    SurveyReport,
    Table,
)
from sekisho.domain.reporting.frozen import report_hash
from sekisho.domain.reporting.names import DRAFT, EDITION
from sekisho.domain.text import Text

Plain = dict[str, Any]

SHAPES = {Mark.BAD: "×", Mark.CAUTION: "▲", Mark.UNKNOWN: "？", Mark.GOOD: "○", Mark.OUT_OF_SCOPE: "－"}

_ANNEX = Text("付録{letter}　", "Annex {letter}  ")
_WORDS: dict[str, Text] = {
    "contents": Text("目次", "Contents"),
    "unanswered": Text("未記入：", "Not filled in: "),
    "surveyed": Text("現地調査日", "Surveyed on"),
    "assessed": Text("判定日時", "Assessed at"),
    "issued": Text("発行", "Issued"),
    "code": Text("施設コード", "Facility code"),
    "edition": Text("版", "Edition"),
    "hash": Text("内容の指紋（SHA-256）", "Content fingerprint (SHA-256)"),
    "rules": Text("規則の版", "Rule versions"),
    "not_surveyed": Text("未実施", "Not yet"),
    "page": Text("ページ", "Page"),
    "colophon": Text("この報告書の同一性", "Identity of this report"),
    "colophon_text": Text(
        "同じ内容から作った報告書は、下の指紋が同じになります。1文字でも違えば、指紋が変わります。",
        "Reports made from the same content have the same fingerprint; any change gives another one.",
    ),
    "substituted": Text(
        "次の文字は、この文書の書体にないため「〓」と印刷しました：{characters}。正しい文字は画面と Word・Excel 版で確認できます。",
        "The document's font lacks these characters, printed as 〓: {characters}. See them on screen or in the Word and Excel files.",
    ),
    "separator": Text("、", ", "),
}
_DAYS = ("月", "火", "水", "木", "金", "土", "日")


def plain(report: SurveyReport, language: str) -> Plain:
    """Return `report` in `language` ("ja" or "en") as dicts, lists, strings and numbers."""
    numbers = _numbers(report.sections, language)
    return {
        "language": "en" if language.startswith("en") else "ja",
        "words": {key: text.within(language) for key, text in _WORDS.items()},
        "code": report.code,
        "title": report.title.within(language),
        "hospital": report.hospital.within(language),
        "surveyed_on": day(report.surveyed_on, language)
        if report.surveyed_on
        else _WORDS["not_surveyed"].within(language),
        "assessed_at": moment(report.assessed_at, language),
        "edition": (EDITION.filled(number=report.issue.number) if report.issue else DRAFT).within(language),
        "issued_at": moment(report.issue.issued_at, language) if report.issue else "",
        "issued_by": report.issue.issued_by if report.issue else "",
        "hash": report_hash(report),
        "rules": [[rule.name.within(language), rule.version] for rule in report.rules],
        "sections": [
            _section(section, number, language) for section, number in zip(report.sections, numbers, strict=True)
        ],
    }


def day(on: Any, language: str) -> str:
    """Return 2026年11月21日（土）, in English 21 November 2026."""
    if language.startswith("en"):
        return f"{on.day} {on:%B} {on.year}"
    return f"{on.year}年{on.month}月{on.day}日（{_DAYS[on.weekday()]}）"


def moment(at: datetime, language: str) -> str:
    """Return a day with hours and minutes."""
    return f"{day(at, language)} {at:%H:%M}"


def _numbers(sections: tuple[Section, ...], language: str) -> list[str]:
    """Return "" for page one, "1." for sections and "付録A" for annexes."""
    numbers, count, annexes = [], 0, 0
    for section in sections:
        if section.is_annex:
            numbers.append(_ANNEX.filled(letter=chr(ord("A") + annexes)).within(language))
            annexes += 1
        elif section.id == "summary":
            numbers.append("")
        else:
            count += 1
            numbers.append(f"{count}. ")
    return numbers


def _section(section: Section, number: str, language: str) -> Plain:
    return {
        "id": section.id,
        "heading": number + section.heading.within(language),
        "is_annex": section.is_annex,
        "blocks": [
            _block(block, language) | {"level": 3 if _has_subheading(section.blocks[:position]) else 2}
            for position, block in enumerate(section.blocks)
        ],
    }


def _has_subheading(blocks: tuple[Block, ...]) -> bool:
    """Return True when a heading of level 2 stands above, so that the next one down is level 3."""
    return any(isinstance(block, Subheading) for block in blocks)


def _block(block: Block, language: str) -> Plain:
    match block:
        case Paragraph():
            return {"kind": "paragraph", "text": block.text.within(language)}
        case Subheading():
            return {"kind": "subheading", "text": block.text.within(language)}
        case Points():
            items = [_point(item, language) for item in block.items]
            return {"kind": "points", "heading": block.heading.within(language), "items": items}
        case Callout():
            return {
                "kind": "callout",
                "title": block.title.within(language),
                "text": block.body.within(language),
                **_mark(block.mark),
            }
        case Table():
            return _table(block, language)
        case Records():
            return _records(block, language)
        case LevelChart() | Picture():
            return {
                "kind": "picture",
                "name": block.name,
                "caption": block.caption.within(language),
                "alternative": block.alternative.within(language),
                "missing": block.missing.within(language) if isinstance(block, Picture) else "",
                "is_sheet": isinstance(block, Picture),
            }


def _point(point: Point, language: str) -> Plain:
    """Give an unmarked point a bullet, unless it brings its own number."""
    text = point.text.within(language)
    bullet = "" if text[:1].isdigit() else "・"
    return {"text": text, "bullet": SHAPES[point.mark] if point.mark else bullet, **_mark(point.mark)}


def _table(table: Table, language: str) -> Plain:
    return {
        "kind": "table",
        "id": table.id,
        "caption": table.caption.within(language),
        "columns": [{"heading": column.heading.within(language), "width": column.width} for column in table.columns],
        "rows": [
            [_cell(cell, column, language) for cell, column in zip(row, table.columns, strict=True)]
            for row in table.rows
        ],
        "empty": table.empty.within(language),
        "note": table.note.within(language),
    }


def _cell(cell: Cell, column: Column, language: str) -> Plain:
    """Split off the line that stands out: the first of a marked cell, or of a column that has leads."""
    text = cell.text.within(language)
    if not (cell.mark or column.has_lead):
        return {"lead": "", "text": text, **_mark(cell.mark)}
    lead, _, rest = text.partition("\n")
    return {"lead": lead, "text": rest, **_mark(cell.mark)}


def _records(records: Records, language: str) -> Plain:
    return {
        "kind": "records",
        "id": records.id,
        "caption": records.caption.within(language),
        "key_heading": records.key_heading.within(language),
        "empty": records.empty.within(language),
        "records": [
            {
                "number": record.number,
                "key": record.key.within(language),
                "title": record.title.within(language),
                "fields": [[f.label.within(language), f.text.within(language)] for f in record.fields if f.is_answered],
                "unanswered": _WORDS["separator"]
                .within(language)
                .join(f.label.within(language) for f in record.fields if not f.is_answered),
            }
            for record in records.records
        ],
    }


def _mark(mark: Mark | None) -> Mapping[str, str]:
    return {"mark": mark.value, "shape": SHAPES[mark]} if mark else {"mark": "", "shape": ""}
