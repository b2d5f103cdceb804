"""The check of each export notices a file that says less, more, or something else than the report."""

import io
from dataclasses import replace

import pypdf
import pytest
from docx import Document
from openpyxl import load_workbook

from sekisho.adapters.documents.docx import render_docx
from sekisho.adapters.documents.pdf import render_pdf
from sekisho.adapters.documents.verify import ExportDiffers, verify_docx, verify_pdf, verify_xlsx
from sekisho.adapters.documents.xlsx import render_xlsx
from sekisho.domain.reporting.document import SurveyReport, Table
from tests.factories.reporting import line, register, report


def with_rows(made: SurveyReport, change) -> SurveyReport:
    def changed(block):
        return (
            replace(block, rows=change(block.rows)) if isinstance(block, Table) and block.id == "connections" else block
        )

    return replace(made, sections=tuple(replace(s, blocks=tuple(changed(b) for b in s.blocks)) for s in made.sections))


CHANGES = {
    "a line is missing": lambda rows: rows[:2] + rows[3:],
    "a line is doubled": lambda rows: (*rows, rows[0]),
    "two lines change places": lambda rows: (rows[1], rows[0], *rows[2:]),
    "a word differs": lambda rows: ((*rows[0][:6], rows[2][6], *rows[0][7:]), *rows[1:]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize(("make", "check"), [(lambda r: render_pdf(r, {}), verify_pdf), (render_xlsx, verify_xlsx)])
def test_verify_notices_when(change, make, check):
    made = report(5)
    with pytest.raises(ExportDiffers) as differs:
        check(make(with_rows(made, change)), made)
    assert differs.value.message.ja


@pytest.mark.parametrize("name", ["a line is missing", "a line is doubled", "a word differs"])
def test_verify_docx_notices_when(name):
    made = report(5)
    data = render_docx(with_rows(made, CHANGES[name]))
    with pytest.raises(ExportDiffers):
        verify_docx(data, made, is_complete=False)
    with pytest.raises(ExportDiffers):
        verify_docx(data, made)


def test_verify_pdf_accepts_lines_that_differ_only_in_their_number():
    twins = tuple(
        line(n, circuit_id="X", purpose="pacs", communication="ip_vpn", global_ip="no", devices=())
        for n in (1, 11, 111)
    )
    alike = tuple(replace(t, ehr_connection="yes", global_address=None, address_assignment=None) for t in twins)
    made = report(3, register=replace(register(0), lines=alike))
    verify_pdf(render_pdf(made, {}), made)


def test_verify_pdf_notices_a_missing_page():
    made = report(3)
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(render_pdf(made, {})))
    writer.remove_page(1)
    stream = io.BytesIO()
    writer.write(stream)
    with pytest.raises(ExportDiffers):
        verify_pdf(stream.getvalue(), made)


def test_verify_docx_notices_a_missing_paragraph():
    made = report(3)
    document = Document(io.BytesIO(render_docx(made)))
    victim = next(p for p in document.paragraphs if "分からないことは、安全という意味ではありません" in p.text)
    victim._p.getparent().remove(victim._p)
    stream = io.BytesIO()
    document.save(stream)
    with pytest.raises(ExportDiffers):
        verify_docx(stream.getvalue(), made)


def test_verify_xlsx_notices_a_formula():
    made = report(3)
    book = load_workbook(io.BytesIO(render_xlsx(made)))
    book.worksheets[1]["B2"] = "=1+1"
    stream = io.BytesIO()
    book.save(stream)
    with pytest.raises(ExportDiffers, match="formula"):
        verify_xlsx(stream.getvalue(), made)


@pytest.mark.parametrize("check", [verify_pdf, verify_docx, verify_xlsx])
@pytest.mark.parametrize("data", [b"", b"%PDF-1.7 broken", b"PK\x03\x04"])
def test_verify_refuses_what_it_cannot_read(check, data):
    with pytest.raises(ExportDiffers):
        check(data, report(1))
