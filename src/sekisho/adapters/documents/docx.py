"""The report as an editable DOCX, from the built-in template or the secretariat's own."""

import io
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC
from functools import cache
from importlib.resources import files
from typing import Any

from docx import Document
from docx.document import Document as DocumentType
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docx.shared import Mm
from docx.text.paragraph import Paragraph

from sekisho.adapters.documents.docx_blocks import BODY_MARKER, NAMESPACE, PICTURE_MARKER, blocks_xml
from sekisho.adapters.documents.docx_template import TemplateRefused, check_template, fill, fill_apart
from sekisho.adapters.documents.packing import repacked
from sekisho.adapters.documents.pdf import chart_pictures, document_facts, rules_line, svg_to_png
from sekisho.adapters.documents.plain import Plain, plain
from sekisho.domain.reporting.document import SurveyReport

A3_MM = (420, 297)
_SHEET_MARGIN_MM = 14
_CHART_MM = 174


@cache
def built_in_template() -> bytes:
    """Return the template that the secretariat starts from."""
    return files("sekisho.adapters.documents").joinpath("templates/survey_report.docx").read_bytes()


def render_docx(
    report: SurveyReport,
    template: bytes | None = None,
    *,
    pictures: Mapping[str, str] | None = None,
    language: str = "ja",
) -> bytes:
    """Return the report as DOCX, from the secretariat's `template` or the built-in one.

    `pictures` as in `render_pdf`. Tables carry their head onto every page and no row is cut in two.

    Raises:
        TemplateRefused: the template cannot be used; says what and where.
    """
    body = plain(report, language)
    filled = (
        fill(built_in_template(), template_context(body))
        if template is None
        else fill_apart(template, template_context(body))
    )
    document = Document(io.BytesIO(filled))
    drawings = chart_pictures(report, language) | dict(sorted((pictures or {}).items()))
    _place_sections(document, body, drawings)
    _place_pictures(document, body, drawings)
    _describe(document, report, language)
    stream = io.BytesIO()
    document.save(stream)
    return repacked(stream.getvalue(), report.dated_at)


def check_report_template(template: bytes, report: SurveyReport) -> None:
    """Try `template` on `report`, so that the secretariat learns of a mistake when it hands the template in.

    Raises:
        TemplateRefused: the template cannot be used.
    """
    check_template(template)
    render_docx(report, template)


def template_context(body: Plain) -> dict[str, Any]:
    """Return everything a template may name: strings, and lists and dicts of strings."""
    tables = [block for section in body["sections"] for block in section["blocks"] if block["kind"] == "table"]
    return {
        "title": body["title"],
        "hospital": body["hospital"],
        "code": body["code"],
        "edition": body["edition"],
        "issued_at": body["issued_at"],
        "issued_by": body["issued_by"],
        "surveyed_on": body["surveyed_on"],
        "assessed_at": body["assessed_at"],
        "hash": body["hash"],
        "hash_start": body["hash"][:16],
        "rules_line": rules_line(body),
        "facts_line": "　".join(f"{label} {value}" for label, value in document_facts(body)),
        "words": body["words"],
        "sections": [{"id": section["id"], "heading": section["heading"]} for section in body["sections"]],
        "body": [section["id"] for section in body["sections"]],
        "tables": {table["id"]: _table_context(table) for table in tables},
    }


def _table_context(table: Plain) -> dict[str, Any]:
    return {
        "columns": [column["heading"] for column in table["columns"]],
        "rows": [
            [" ".join(part for part in (cell["lead"], cell["text"]) if part) for cell in row] for row in table["rows"]
        ],
        "empty": table["empty"],
    }


def _place_sections(document: DocumentType, body: Plain, drawings: Mapping[str, str]) -> None:
    """Put the content of each section where the template says."""
    sections = {BODY_MARKER + section["id"]: section for section in body["sections"]}
    for name, paragraph in _marked(document, BODY_MARKER):
        section = sections[name]
        blocks = [block | {"unanswered_word": body["words"]["unanswered"]} for block in section["blocks"]]
        content = parse_xml(f'<w:body xmlns:w="{NAMESPACE}">{blocks_xml(blocks, frozenset(drawings))}</w:body>')
        for element in list(content):
            paragraph.addprevious(element)
        paragraph.getparent().remove(paragraph)


def _marked(document: DocumentType, prefix: str) -> list[tuple[str, Any]]:
    """Return the paragraphs that carry one of our bookmarks, in order."""
    found = []
    for bookmark in document.element.body.iter(qn("w:bookmarkStart")):
        name = bookmark.get(qn("w:name"), "")
        if name.startswith(prefix):
            found.append((name, bookmark.getparent()))
    return found


def _place_pictures(document: DocumentType, body: Plain, drawings: Mapping[str, str]) -> None:
    blocks = {b["name"]: b for section in body["sections"] for b in section["blocks"] if b["kind"] == "picture"}
    for name, element in _marked(document, PICTURE_MARKER):
        block = blocks[name.removeprefix(PICTURE_MARKER)]
        element.remove(element.find(qn("w:bookmarkStart")))
        element.remove(element.find(qn("w:bookmarkEnd")))
        if block["is_sheet"]:
            sheets = [key for key in drawings if key == block["name"] or key.startswith(block["name"] + "-")]
            _place_sheets(document, element, block, [drawings[key] for key in sheets])
        else:
            _draw(document, element, drawings[block["name"]], block["alternative"], width_mm=_CHART_MM)


def _place_sheets(document: DocumentType, element: Any, block: Plain, drawn: list[str]) -> None:
    """Put each drawing on an A3 sheet: the section before ends here, the section of the sheet ends behind it."""
    portrait = document.element.body.sectPr
    element.get_or_add_pPr().append(deepcopy(portrait))
    last = element
    for svg in drawn:
        holder = parse_xml(f'<w:p xmlns:w="{NAMESPACE}"><w:pPr><w:pStyle w:val="SekishoPicture"/></w:pPr></w:p>')
        last.addnext(holder)
        _draw(
            document,
            holder,
            svg,
            block["alternative"],
            width_mm=A3_MM[0] - 2 * _SHEET_MARGIN_MM,
            height_mm=A3_MM[1] - 60,
        )
        holder.get_or_add_pPr().append(_sheet(portrait))
        last = holder


def _sheet(section: Any) -> Any:
    properties = deepcopy(section)
    size = properties.find(qn("w:pgSz"))
    size.set(qn("w:w"), str(Mm(A3_MM[0]).twips))
    size.set(qn("w:h"), str(Mm(A3_MM[1]).twips))
    size.set(qn("w:orient"), "landscape")
    margin = properties.find(qn("w:pgMar"))
    for side in ("left", "right"):
        margin.set(qn(f"w:{side}"), str(Mm(_SHEET_MARGIN_MM).twips))
    for title_page in properties.findall(qn("w:titlePg")):
        properties.remove(title_page)
    return properties


def _draw(
    document: DocumentType, element: Any, svg: str, said: str, *, width_mm: float, height_mm: float = 200
) -> None:
    """Put a drawing into a paragraph, as large as fits, with its text equal."""
    picture = Paragraph(element, document._body).add_run().add_picture(io.BytesIO(svg_to_png(svg)))
    scale = min(Mm(width_mm) / picture.width, Mm(height_mm) / picture.height)
    picture.width, picture.height = round(picture.width * scale), round(picture.height * scale)
    picture._inline.docPr.set("descr", said)


def _describe(document: DocumentType, report: SurveyReport, language: str) -> None:
    properties = document.core_properties
    at = report.dated_at.astimezone(UTC).replace(tzinfo=None)
    properties.title = f"{report.title.within(language)} {report.hospital.within(language)}"[:255]
    properties.author = properties.last_modified_by = "Sekisho"
    properties.comments, properties.keywords = "", report.code[:255]
    properties.language = "en" if language.startswith("en") else "ja-JP"
    properties.created = properties.modified = at
    properties.revision = 1


__all__ = ["TemplateRefused", "built_in_template", "check_report_template", "render_docx", "template_context"]
