"""Reads each exported report back and compares it with the report it was made from, before anyone is offered it.

Each check reads the finished file with a library that did not write it in that way, and asks for every value that the
report holds; the lines of the workbook must stand in the table of external connections exactly once.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

import pypdf
from docx import Document
from docx.oxml.ns import qn
from openpyxl import load_workbook

from sekisho.adapters.documents.glyphs import substituted
from sekisho.adapters.documents.pdf_text import page_texts
from sekisho.adapters.documents.plain import Plain, plain
from sekisho.adapters.documents.xlsx import MAX_CELL, sheets_of
from sekisho.domain.reporting.document import Cell, SurveyReport
from sekisho.domain.text import Text

LONG_CELL = 250
"""Characters from which a row or a record may be cut at a page end; then its texts are looked for in pieces."""

WINDOW = 20
"""A long text is looked for in pieces of this many characters, of which those at a page end are cut."""
PIECE_PER_CUT = 250
"""At most one cut is expected in so many characters: even a narrow column holds more on a page."""


class ExportDiffers(Exception):
    """An exported file does not say what the report says. `message` tells the user."""

    def __init__(self, message: Text) -> None:
        super().__init__(message.en)
        self.message = message


def verify_pdf(data: bytes, report: SurveyReport, *, language: str = "ja") -> None:
    """Check that the PDF is tagged, embeds its fonts and says everything that `report` says.

    Raises:
        ExportDiffers: it does not.
    """
    body: Plain = substituted(plain(report, language), set())
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        _check_structure(reader)
        flow = _flow(reader)
    except (pypdf.errors.PyPdfError, ValueError, KeyError, OSError) as error:
        raise ExportDiffers(_UNREADABLE.filled(format="PDF")) from error
    for section in body["sections"]:
        for wanted in _said(section):
            _require_in(wanted, flow, "PDF")
        for wanted in _long_texts(section):
            _require_in_pieces(wanted, flow, "PDF")
    for run in _runs(_table(body, "connections")):
        _require_once(run, flow, "PDF")
    _require_in(_squeezed(body["hash"]), flow, "PDF")


def _check_structure(reader: pypdf.PdfReader) -> None:
    root: Any = reader.root_object
    if not root.get("/MarkInfo", {}).get("/Marked") or "/StructTreeRoot" not in root or not reader.pages:
        raise ExportDiffers(_NOT_TAGGED)
    pages: Any = reader.pages
    for page in pages:
        for font in page["/Resources"].get_object().get("/Font", {}).values():
            for descendant in font.get_object().get("/DescendantFonts", [font]):
                descriptor = descendant.get_object().get("/FontDescriptor", {})
                if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor):
                    raise ExportDiffers(_FONT)


def _flow(reader: pypdf.PdfReader) -> str:
    """Return the text of all pages without spaces; running heads and repeated table heads are not part of it."""
    return _squeezed("".join(page_texts(reader)))


def verify_docx(data: bytes, report: SurveyReport, *, language: str = "ja", is_complete: bool = True) -> None:
    """Check that the DOCX says everything that `report` says.

    A template of the secretariat may leave sections out: then `is_complete` is False and only the table of external
    connections is asked for.

    Raises:
        ExportDiffers: it does not.
    """
    body = plain(report, language)
    try:
        document = Document(io.BytesIO(data))
        rows = [
            tuple(_cell_texts(row))
            for table in document.element.body.iter(qn("w:tbl"))
            for row in table.iter(qn("w:tr"))
        ]
        flow = "".join(_squeezed(text) for text in _texts(document.element.body))
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise ExportDiffers(_UNREADABLE.filled(format="DOCX")) from error
    for wanted in _table(body, "connections")["rows"]:
        if rows.count(tuple(_squeezed(_cell_text(cell)) for cell in wanted)) != 1:
            raise ExportDiffers(_NOT_ONCE.filled(format="DOCX", what=wanted[1]["text"]))
    if is_complete:
        for section in body["sections"]:
            for wanted in (*_said(section), *_long_texts(section)):
                _require_in(wanted, flow, "DOCX")


def _texts(element: object) -> Iterator[str]:
    for text in element.iter(qn("w:t")):  # type: ignore[attr-defined]
        yield text.text or ""


def _cell_texts(row: object) -> Iterator[str]:
    for cell in row.iter(qn("w:tc")):  # type: ignore[attr-defined]
        yield _squeezed("".join(_texts(cell)))


def verify_xlsx(data: bytes, report: SurveyReport, *, language: str = "ja") -> None:
    """Check that the XLSX holds every cell of every table, and nothing that would be computed.

    Raises:
        ExportDiffers: it does not.
    """
    try:
        workbook = load_workbook(io.BytesIO(data))
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise ExportDiffers(_UNREADABLE.filled(format="XLSX")) from error
    tables = list(sheets_of(report))
    if len(workbook.worksheets) != len(tables) + 1:
        raise ExportDiffers(_MISSING.filled(format="XLSX", what=f"{len(tables)} sheets"))
    for table, sheet in zip(tables, workbook.worksheets[1:], strict=True):
        rows = list(sheet.iter_rows(min_row=2))
        if any(cell.data_type == "f" for row in rows for cell in row):
            raise ExportDiffers(_COMPUTED.filled(what=sheet.title))
        if table.rows and len(rows) != len(table.rows):
            raise ExportDiffers(_MISSING.filled(format="XLSX", what=sheet.title))
        for wanted, row in zip(table.rows, rows, strict=False):
            for cell, found in zip(wanted, row, strict=True):
                if not _is_same(cell, found.value, language):
                    raise ExportDiffers(_MISSING.filled(format="XLSX", what=f"{sheet.title} {found.coordinate}"))


def _is_same(wanted: Cell, found: object, language: str) -> bool:
    if wanted.value is not None:
        return found == wanted.value
    text = wanted.text.within(language)
    return (found or "") == text or (len(text) > MAX_CELL and str(found)[:1000] == text[:1000])


def _said(section: Plain) -> Iterator[str]:
    """Yield everything that a section says, piece by piece, without spaces."""
    yield _squeezed(section["heading"])
    for block in section["blocks"]:
        yield from _block_texts(block)


def _block_texts(block: Plain) -> Iterable[str]:
    match block["kind"]:
        case "paragraph" | "subheading":
            return [_squeezed(block["text"])]
        case "points":
            return [_squeezed(block["heading"]), *(_squeezed(item["text"]) for item in block["items"])]
        case "callout":
            return [_squeezed(block["title"]), _squeezed(block["text"])]
        case "table":
            return _runs(block) if block["rows"] else [_squeezed(block["empty"])]
        case "records":
            return [text for record in block["records"] for text in _record_texts(record)] or [
                _squeezed(block["empty"])
            ]
        case _:
            return []


def _record_texts(record: Plain) -> list[str]:
    whole = (_squeezed("".join(field)) for field in record["fields"] if len(field[1]) < LONG_CELL)
    return [_squeezed(record["title"]), *whole, _squeezed(record["unanswered"])]


def _long_texts(section: Plain) -> Iterator[str]:
    """Yield the texts between whose pieces other text may stand, because their row was cut at a page end."""
    for block in section["blocks"]:
        if block["kind"] == "table":
            cells = (cell for row in block["rows"] if _may_be_cut(row) for cell in row)
            yield from (_squeezed(cell["lead"] + cell["text"]) for cell in cells)
        elif block["kind"] == "records":
            fields = (field for record in block["records"] for field in record["fields"])
            yield from (_squeezed(text) for _, text in fields if len(text) >= LONG_CELL)


def _runs(table: Plain) -> list[str]:
    """Return the text of each run of rows that surely stands unbroken in the document, in order."""
    runs = [""]
    for row in table["rows"]:
        if _may_be_cut(row):
            runs.append("")
        else:
            runs[-1] += "".join(_squeezed(_cell_text(cell)) for cell in row)
    return [run for run in runs if run]


def _may_be_cut(row: list[Plain]) -> bool:
    return max(len(_cell_text(cell)) for cell in row) >= LONG_CELL


def _cell_text(cell: Plain) -> str:
    return f"{cell['shape'] if cell['lead'] else ''}{cell['lead']}{cell['text']}"


def _table(body: Plain, table_id: str) -> Plain:
    blocks = (block for section in body["sections"] for block in section["blocks"])
    return next(block for block in blocks if block.get("id") == table_id)


def _squeezed(text: str) -> str:
    """Return `text` without spaces, line ends and invisible places to break: formats set those as they like."""
    return "".join(text.replace("\u200b", "").split())


def _require_in(wanted: str, flow: str, file_format: str) -> None:
    if wanted not in flow:
        raise ExportDiffers(_MISSING.filled(format=file_format, what=wanted[:60]))


def _require_in_pieces(wanted: str, flow: str, file_format: str) -> None:
    pieces = [wanted[start : start + WINDOW] for start in range(0, len(wanted), WINDOW)]
    missed = [piece for piece in pieces if piece not in flow]
    if len(missed) > 1 + len(wanted) // PIECE_PER_CUT:
        raise ExportDiffers(_MISSING.filled(format=file_format, what=missed[0]))


def _require_once(wanted: str, flow: str, file_format: str) -> None:
    if flow.count(wanted) != 1:
        raise ExportDiffers(_NOT_ONCE.filled(format=file_format, what=wanted[:60]))


_UNREADABLE = Text(
    "作った {format} を読み返せなかったため、お渡しを止めました。もう一度作成してください。",
    "The {format} could not be read back and was withheld. Make it again.",
)
_MISSING = Text(
    "作った {format} に、報告書の内容の一部（{what}）が見つからなかったため、お渡しを止めました。担当者に知らせてください。",
    "The {format} lacks a part of the report ({what}) and was withheld. Tell the person in charge.",
)
_NOT_ONCE = Text(
    "作った {format} の「外部接続点の見える化」に、1回だけあるはずの行（{what}）がないか、重なっています。様式を確かめてください。",
    "In the {format}, a row ({what}) that must stand once in the external connections is missing or doubled.",
)
_NOT_TAGGED = Text(
    "作った PDF に読み上げのための構造がないため、お渡しを止めました。",
    "The PDF has no structure for readers and was withheld.",
)
_FONT = Text(
    "作った PDF に書体が埋め込まれていないため、お渡しを止めました。",
    "The PDF does not embed its fonts and was withheld.",
)
_COMPUTED = Text(
    "作った XLSX の「{what}」に、計算式が混じっているため、お渡しを止めました。",
    "“{what}” of the XLSX holds a formula and was withheld.",
)
