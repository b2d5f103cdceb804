"""The blocks of a report as WordprocessingML, in the styles of the template ("Sekisho Cell", "Sekisho caution" ...)."""

from collections.abc import Iterable
from xml.sax.saxutils import escape

from sekisho.adapters.documents.fitting import unbreakable_em
from sekisho.adapters.documents.measuring import column_widths, longest_word_em
from sekisho.adapters.documents.plain import Plain

NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
BODY_MARKER = "sekisho-body-"
PICTURE_MARKER = "sekisho-picture-"
TABLE_MM = 174.0
_TWIPS_PER_MM = 1440 / 25.4
_EM_MM = 8 * 25.4 / 72
_PADDING_MM = 2.2


def blocks_xml(blocks: Iterable[Plain], pictures: frozenset[str]) -> str:
    """Return `blocks` as paragraphs and tables. `pictures` are the names for which a drawing will be put in."""
    return "".join(_block(block, pictures) for block in blocks)


def marker_xml(name: str) -> str:
    """Return an empty paragraph that is found again by its bookmark; no text of a user can pose as one."""
    return (
        '<w:p><w:pPr><w:pStyle w:val="SekishoPicture"/></w:pPr>'
        f'<w:bookmarkStart w:id="0" w:name="{escape(name, {chr(34): "&quot;"})}"/><w:bookmarkEnd w:id="0"/></w:p>'
    )


def _block(block: Plain, pictures: frozenset[str]) -> str:
    match block["kind"]:
        case "paragraph":
            return _paragraph(_run(block["text"]), "Normal")
        case "subheading":
            return _paragraph(_run(block["text"]), "Heading2")
        case "points":
            return _points(block)
        case "callout":
            return _callout(block)
        case "table":
            return _table(block)
        case "records":
            return _records(block)
        case _:
            return _picture(block, pictures)


def _run(text: str, style: str = "") -> str:
    """Return one run; line ends become breaks. The text is data: it is escaped, and spaces are kept."""
    properties = f'<w:rPr><w:rStyle w:val="{style}"/></w:rPr>' if style else ""
    lines = '</w:t><w:br/><w:t xml:space="preserve">'.join(escape(line) for line in text.split("\n"))
    return f'<w:r>{properties}<w:t xml:space="preserve">{lines}</w:t></w:r>'


def _paragraph(runs: str, style: str, properties: str = "") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{properties}</w:pPr>{runs}</w:p>'


def _mark_style(mark: str) -> str:
    # Word makes a style's id of its name without the spaces.
    return f"Sekisho{mark}" if mark else ""


def _points(block: Plain) -> str:
    heading = _paragraph(_run(block["heading"]), "SekishoQuestion") if block["heading"] else ""
    return heading + "".join(
        _paragraph(
            _run(item["bullet"], _mark_style(item["mark"])) + "<w:r><w:tab/></w:r>" + _run(item["text"]),
            "SekishoPoint",
        )
        for item in block["items"]
    )


def _callout(block: Plain) -> str:
    style = f"SekishoCallout{block['mark']}"
    title = _paragraph(_run(f"{block['shape']} {block['title']}", _mark_style(block["mark"])), style, "<w:keepNext/>")
    text = _paragraph(_run(block["text"]), style) if block["text"] else ""
    return title + text + _paragraph("", "Normal")


def _empty(said: str) -> str:
    return _paragraph(_run(said), "SekishoCalloutout_of_scope") + _paragraph("", "Normal")


def _picture(block: Plain, pictures: frozenset[str]) -> str:
    if block["name"] in pictures:
        return marker_xml(PICTURE_MARKER + block["name"])
    return _empty(block["missing"]) if block["missing"] else ""


def _table(block: Plain) -> str:
    if not block["rows"]:
        return _empty(block["empty"])
    widths = _widths(block)
    head = "".join(
        _cell(_run(c["heading"]), w, "SekishoCellHead") for c, w in zip(block["columns"], widths, strict=True)
    )
    rows = "".join(
        _row("".join(_data_cell(cell, width) for cell, width in zip(row, widths, strict=True))) for row in block["rows"]
    )
    note = _paragraph(_run(block["note"]), "SekishoNote") if block["note"] else ""
    return _grid(widths, _row(head, is_head=True) + rows) + note


def _grid(widths: list[int], rows: str, *, has_head: bool = True) -> str:
    """Return a table of fixed layout. The empty paragraph behind keeps two tables from growing together."""
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return (
        '<w:tbl><w:tblPr><w:tblStyle w:val="SekishoTable"/>'
        f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        f'<w:tblLook w:val="{"0620" if has_head else "0600"}" w:firstRow="{int(has_head)}" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" '
        f'w:noHBand="1" w:noVBand="1"/></w:tblPr><w:tblGrid>{columns}</w:tblGrid>{rows}</w:tbl>'
    ) + _paragraph("", "SekishoCell")


def _row(cells: str, *, is_head: bool = False) -> str:
    head = "<w:tblHeader/>" if is_head else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>{cells}</w:tr>"


def _cell(runs: str, width: int, style: str = "SekishoCell") -> str:
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{_paragraph(runs, style)}</w:tc>'


def _data_cell(cell: Plain, width: int) -> str:
    if not cell["lead"]:
        return _cell(_run(cell["text"]), width)
    lead = f"{cell['shape']} {cell['lead']}" if cell["shape"] else cell["lead"]
    runs = _run(lead, _mark_style(cell["mark"]) or "SekishoLead")
    return _cell(runs + ("<w:r><w:br/></w:r>" + _run(cell["text"]) if cell["text"] else ""), width)


def _widths(block: Plain) -> list[int]:
    longest = [
        max([longest_word_em(column["heading"]), *(unbreakable_em(row[x]) for row in block["rows"])])
        for x, column in enumerate(block["columns"])
    ]
    hints = [column["width"] for column in block["columns"]]
    widths = column_widths(hints, longest, total=TABLE_MM, em=_EM_MM, padding=_PADDING_MM)
    return [round(width * _TWIPS_PER_MM) for width in widths]


def _records(block: Plain) -> str:
    if not block["records"]:
        return _empty(block["empty"])
    return "".join(_record(record, block) for record in block["records"])


def _record(record: Plain, block: Plain) -> str:
    widths = [round(mm * _TWIPS_PER_MM) for mm in (29, 58, 29, 58)]
    fields = record["fields"] + ([["", ""]] if len(record["fields"]) % 2 else [])
    rows = "".join(
        _row("".join(_cell(_run(text, style), width) for text, style, width in _pair(fields[i : i + 2], widths)))
        for i in range(0, len(fields), 2)
    )
    title = _paragraph(_run(record["title"]), f"Heading{block['level']}")
    unanswered = (
        _paragraph(_run(block["unanswered_word"] + record["unanswered"]), "SekishoNote") if record["unanswered"] else ""
    )
    return title + (_grid(widths, rows, has_head=False) if rows else "") + unanswered


def _pair(fields: list[list[str]], widths: list[int]) -> list[tuple[str, str, int]]:
    texts = [text for field in fields for text in field]
    return [(text, "SekishoLabel" if i % 2 == 0 else "", widths[i]) for i, text in enumerate(texts)]
