#!/usr/bin/env python3
"""Build the built-in DOCX template of the survey report: styles, running head, page numbers, places for the sections.

The secretariat opens the result in Word, changes styles, words and order, and hands it in as its own template. The
report's words come in where `{{ ... }}` stands; a whole section's content where `{{p body.connections }}` stands.
"""

import io
import sys
import zipfile
from pathlib import Path

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

TARGET = Path(__file__).resolve().parent.parent / "src/sekisho/adapters/documents/templates/survey_report.docx"
ACCENT = RGBColor(0x0B, 0x4F, 0x6C)
GREY = RGBColor(0x55, 0x62, 0x6B)
HAIRLINE = "C3CCD2"
MARKS = {
    "bad": ("A8201A", "FDF1F0"),
    "caution": ("8A4B00", "FDF5EA"),
    "unknown": ("4B3F8F", "F3F2FA"),
    "good": ("1C6B3A", "EFF7F1"),
    "out_of_scope": ("55626B", "F4F6F7"),
}
LATIN, EAST_ASIAN = "BIZ UDPGothic", "BIZ UDPゴシック"


def set_font(style, size: float, *, bold: bool = False, colour: RGBColor | None = None) -> None:
    """Give a style its font in both scripts; headings lose their theme font."""
    style.font.name = LATIN
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in [name for name in fonts.attrib if "Theme" in name]:
        del fonts.attrib[name]
    for script, font in (("w:ascii", LATIN), ("w:hAnsi", LATIN), ("w:cs", LATIN), ("w:eastAsia", EAST_ASIAN)):
        fonts.set(qn(script), font)
    style.font.size, style.font.bold, style.font.italic = Pt(size), bold, False
    if colour is not None:
        style.font.color.rgb = colour


def space(style, before: float, after: float, *, keep: bool = False) -> None:
    """Set distances in points, and whether the paragraph stays with the next."""
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    style.paragraph_format.keep_with_next = keep
    style.paragraph_format.line_spacing = 1.25


def border(style, side: str, size: int, colour: str, gap: int = 4) -> None:
    """Draw one border of a paragraph style; `size` in eighths of a point."""
    properties = style.element.get_or_add_pPr()
    borders = properties.find(qn("w:pBdr"))
    if borders is None:
        borders = OxmlElement("w:pBdr")
        # The schema wants borders before shading, tabs and spacing.
        later = [properties.find(qn(f"w:{name}")) for name in ("shd", "tabs", "spacing", "ind", "jc", "outlineLvl")]
        following = next((element for element in later if element is not None), None)
        properties.append(borders) if following is None else following.addprevious(borders)
    element = OxmlElement(f"w:{side}")
    for name, value in (("val", "single"), ("sz", str(size)), ("space", str(gap)), ("color", colour)):
        element.set(qn(f"w:{name}"), value)
    borders.append(element)


def paragraph_styles(document) -> None:
    """Define every paragraph style that the report uses."""
    styles = document.styles
    set_font(styles["Normal"], 9.5)
    space(styles["Normal"], 0, 6)
    for name, size, before, after in (
        ("Title", 19, 0, 4),
        ("Heading 1", 15, 20, 8),
        ("Heading 2", 11, 14, 6),
        ("Heading 3", 9.5, 10, 4),
    ):
        set_font(styles[name], size, bold=True, colour=ACCENT)
        space(styles[name], before, after, keep=True)
    for borders in styles["Title"].element.iter(qn("w:pBdr")):
        borders.getparent().remove(borders)
        break
    border(styles["Title"], "top", 24, "0B4F6C", 6)
    border(styles["Heading 1"], "bottom", 10, "0B4F6C", 2)
    styles["Heading 3"].font.color.rgb = RGBColor(0x1C, 0x24, 0x28)
    for name, base, size in (
        ("Sekisho Hospital", "Normal", 13),
        ("Sekisho Facts", "Normal", 8),
        ("Sekisho Question", "Normal", 11),
        ("Sekisho Point", "Normal", 10.5),
        ("Sekisho Cell", "Normal", 8),
        ("Sekisho Cell Head", "Normal", 7.5),
        ("Sekisho Note", "Normal", 8),
        ("Sekisho Picture", "Normal", 8),
    ):
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = styles[base]
        set_font(style, size, bold=name in {"Sekisho Hospital", "Sekisho Question", "Sekisho Cell Head"})
        space(style, 0, 0 if "Cell" in name else 4)
    space(styles["Sekisho Question"], 12, 4, keep=True)
    styles["Sekisho Question"].font.color.rgb = ACCENT
    styles["Sekisho Cell Head"].font.color.rgb = ACCENT
    for name in ("Sekisho Facts", "Sekisho Note"):
        styles[name].font.color.rgb = GREY
    styles["Sekisho Point"].paragraph_format.left_indent = Mm(6)
    styles["Sekisho Point"].paragraph_format.first_line_indent = Mm(-6)
    styles["Sekisho Point"].paragraph_format.tab_stops.add_tab_stop(Mm(6))


def mark_styles(document) -> None:
    """Define a character style per mark, and the frame of a message of that mark."""
    for mark, (colour, ground) in MARKS.items():
        character = document.styles.add_style(f"Sekisho {mark}", WD_STYLE_TYPE.CHARACTER)
        character.font.bold, character.font.color.rgb = True, RGBColor.from_string(colour)
        frame = document.styles.add_style(f"Sekisho Callout {mark}", WD_STYLE_TYPE.PARAGRAPH)
        frame.base_style = document.styles["Normal"]
        set_font(frame, 9.5)
        space(frame, 0, 0)
        frame.paragraph_format.left_indent = frame.paragraph_format.right_indent = Mm(3)
        frame.paragraph_format.keep_together = True
        border(frame, "left", 24, colour, 8)
        shading = OxmlElement("w:shd")
        for name, value in (("val", "clear"), ("color", "auto"), ("fill", ground)):
            shading.set(qn(f"w:{name}"), value)
        frame.element.get_or_add_pPr().find(qn("w:pBdr")).addnext(shading)
    lead = document.styles.add_style("Sekisho Lead", WD_STYLE_TYPE.CHARACTER)
    lead.font.bold = True
    label = document.styles.add_style("Sekisho Label", WD_STYLE_TYPE.CHARACTER)
    label.font.color.rgb = GREY


def table_style(document) -> None:
    """Define the table style: thin rules, one accent below the head."""
    document.styles.element.append(
        parse_xml(
            f'<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="SekishoTable">'
            '<w:name w:val="Sekisho Table"/><w:basedOn w:val="TableNormal"/><w:uiPriority w:val="99"/>'
            "<w:tblPr><w:tblBorders>"
            f'<w:bottom w:val="single" w:sz="4" w:space="0" w:color="{HAIRLINE}"/>'
            f'<w:insideH w:val="single" w:sz="4" w:space="0" w:color="{HAIRLINE}"/>'
            '</w:tblBorders><w:tblCellMar><w:top w:w="50" w:type="dxa"/><w:left w:w="60" w:type="dxa"/>'
            '<w:bottom w:w="50" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr>'
            '<w:tblStylePr w:type="firstRow"><w:rPr><w:b/><w:color w:val="0B4F6C"/></w:rPr><w:tcPr><w:tcBorders>'
            '<w:bottom w:val="single" w:sz="8" w:space="0" w:color="0B4F6C"/></w:tcBorders><w:vAlign w:val="bottom"/>'
            "</w:tcPr></w:tblStylePr></w:style>"
        )
    )


def field(paragraph, code: str) -> None:
    """Append a field that Word computes, such as PAGE."""
    element = OxmlElement("w:fldSimple")
    element.set(qn("w:instr"), code)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    element.append(run)
    paragraph._p.append(element)


def running_lines(document) -> None:
    """Fill head and foot of the page: hospital and title above, fingerprint and page number below."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(18)
    section.top_margin, section.bottom_margin = Mm(24), Mm(21)
    section.different_first_page_header_footer = True
    for name in ("Header", "Footer"):
        set_font(document.styles[name], 7.5 if name == "Header" else 6.5, colour=GREY)
        tabs = document.styles[name].paragraph_format.tab_stops
        for _ in list(tabs):
            del tabs[0]
        tabs.add_tab_stop(Mm(174), 2)
    border(document.styles["Header"], "bottom", 4, HAIRLINE, 4)
    border(document.styles["Footer"], "top", 4, HAIRLINE, 4)
    section.header.paragraphs[0].text = "{{ hospital }}　{{ code }}\t{{ title }}　{{ edition }}"
    for footer in (section.footer, section.first_page_footer):
        paragraph = footer.paragraphs[0]
        paragraph.style = document.styles["Footer"]
        paragraph.text = "SHA-256 {{ hash_start }}…　{{ rules_line }}\t"
        field(paragraph, "PAGE")
        paragraph.add_run(" / ")
        field(paragraph, "NUMPAGES")


def body(document) -> None:
    """Place the report: title, facts, then every section in the order of the report."""
    document.add_paragraph("{{ title }}", style="Title")
    document.add_paragraph("{{ hospital }}", style="Sekisho Hospital")
    document.add_paragraph("{{ facts_line }}", style="Sekisho Facts")
    for line, style in (
        ("{%p for section in sections %}", "Normal"),
        ("{{ section.heading }}", "Heading 1"),
        ("{{p body[section.id] }}", "Normal"),
        ("{%p if loop.first %}", "Normal"),
        ("", "Page break"),
        ("{%p endif %}", "Normal"),
        ("{%p endfor %}", "Normal"),
        ("{{ words.colophon }}", "Heading 2"),
        ("{{ words.colophon_text }}", "Normal"),
        ("{{ words.hash }}：{{ hash }}", "Sekisho Note"),
        ("{{ words.rules }}：{{ rules_line }}", "Sekisho Note"),
    ):
        if style == "Page break":
            document.add_page_break()
        else:
            document.add_paragraph(line, style=style)


def main() -> int:
    """Write the template; return the exit status."""
    document = Document()
    for element in list(document.element.body)[:-1]:
        document.element.body.remove(element)
    paragraph_styles(document)
    mark_styles(document)
    table_style(document)
    running_lines(document)
    body(document)
    stream = io.BytesIO()
    document.save(stream)
    with zipfile.ZipFile(stream) as made, zipfile.ZipFile(TARGET, "w", zipfile.ZIP_DEFLATED) as kept:
        for name in made.namelist():
            # One fixed time in every entry: building again without a change gives the same file.
            kept.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), made.read(name), zipfile.ZIP_DEFLATED)
    print(TARGET)
    return 0


if __name__ == "__main__":
    sys.exit(main())
