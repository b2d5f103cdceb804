"""The PDF: tagged, embedded, identical for identical data, every line once, hostile text as data."""

import io
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pypdf
import pytest

from sekisho.adapters.documents.pdf import DocumentFailed, render_pdf, svg_to_png
from sekisho.adapters.documents.verify import verify_pdf
from sekisho.domain.reporting.document import ReportIssue
from sekisho.domain.reporting.frozen import report_from_json, report_hash, report_to_json
from tests.factories.hostile_report import LONG, hostile_report
from tests.factories.reporting import ASSESSED_AT, line, register, report

PAGE = re.compile(r"\d+ / \d+")
OVERVIEW = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1600 900"><rect width="1600" height="900" fill="#eef"/>'
    '<text x="40" y="80" font-family="BIZ UDPGothic" font-size="40">俯瞰図</text></svg>'
)


def pages(data: bytes) -> list[pypdf.PageObject]:
    return list(pypdf.PdfReader(io.BytesIO(data)).pages)


def text_of(data: bytes, *options: str) -> str:
    """Return what poppler reads, which shares no code with what Sekisho itself checks with."""
    return subprocess.run(
        ["pdftotext", *options, "-", "-"], input=data, capture_output=True, check=True
    ).stdout.decode()


def page_texts(data: bytes) -> list[str]:
    return text_of(data).split("\f")[:-1]


@pytest.mark.parametrize("count", [0, 1, 18])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_pdf_says_all_that_the_report_says(count, language):
    made = report(count)
    verify_pdf(render_pdf(made, {"overview": OVERVIEW}, language=language), made, language=language)


@pytest.mark.parametrize("count", [18, 120])
def test_pdf_names_every_line_once_in_the_table_of_connections(count):
    text = text_of(render_pdf(report(count), {}), "-layout")
    table = text[text.rindex("1. 外部接続点の見える化") : text.rindex("2. 現地検出")]
    counted = Counter(re.findall(r"CAF\d{7}", table))
    assert counted == Counter({f"CAF{n:07d}": 1 for n in range(1, count + 1)})


def test_pdf_is_the_same_for_the_same_report_in_another_process(tmp_path):
    made = report(3, issue=ReportIssue(1, ASSESSED_AT, "事務局"))
    stored = tmp_path / "report.json"
    stored.write_text(report_to_json(made), encoding="ascii")
    program = (
        "import sys, pathlib\n"
        "from sekisho.adapters.documents.pdf import render_pdf\n"
        "from sekisho.domain.reporting.frozen import report_from_json\n"
        "report = report_from_json(pathlib.Path(sys.argv[1]).read_text())\n"
        "sys.stdout.buffer.write(render_pdf(report, {}))\n"
    )
    again = subprocess.run([sys.executable, "-c", program, str(stored)], capture_output=True, check=True).stdout
    assert again == render_pdf(made, {})
    assert again == render_pdf(report_from_json(report_to_json(made)), {})
    assert again != render_pdf(replace(made, code="H002"), {})


def test_pdf_is_tagged_titled_dated_and_in_its_language():
    reader = pypdf.PdfReader(io.BytesIO(render_pdf(report(3), {})))
    root = reader.root_object
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "ja"
    assert b"pdfuaid:part" in root["/Metadata"].get_object().get_data()
    assert reader.metadata.title == "外部接続の調査報告書 みなと総合病院（架空）"
    assert reader.metadata.creation_date == ASSESSED_AT


def test_pdf_has_bookmarks_for_every_section():
    reader = pypdf.PdfReader(io.BytesIO(render_pdf(report(3), {})))
    titles = [item.title for item in reader.outline if not isinstance(item, list)]
    assert titles[0] == "この報告書の要点"
    assert next(t for t in titles if t.startswith("付録")) == "付録A　そのほかの対策"
    assert len(titles) == len(report(3).sections)


def test_pdf_embeds_only_the_bundled_font():
    fonts = set()
    for page in pages(render_pdf(report(18), {"overview": OVERVIEW})):
        for font in page["/Resources"].get("/Font", {}).values():
            fonts.add(font.get_object()["/BaseFont"].split("+")[1])
    assert fonts == {"BIZUDPGothic-Regular", "BIZUDPGothic-Bold"}


def test_pdf_puts_the_overview_on_its_own_a3_sheet():
    with_sheets = pages(render_pdf(report(3), {"overview": OVERVIEW, "overview-2": OVERVIEW}))
    sizes = [(round(float(p.mediabox.width)), round(float(p.mediabox.height))) for p in with_sheets]
    assert sizes.count((1191, 842)) == 2
    assert set(sizes) == {(1191, 842), (595, 842)}
    assert "添えられていません" in text_of(render_pdf(report(3), {}))


def test_pdf_numbers_every_page_and_repeats_the_head_of_a_long_table():
    found = [text.replace(" ", "") for text in page_texts(render_pdf(report(120), {}))]
    for number, text in enumerate(found, 1):
        assert f"{number}/{len(found)}" in text
    within = [text for text in found if re.search(r"CAF\d{7}", text) and "付録C" not in text and "未記入：" not in text]
    with_ids = [text for text in within if "通信形態" in text and "調査結果" in text]
    assert len(with_ids) >= 8


def test_pdf_never_leaves_a_heading_alone_at_the_foot():
    headings = [section.heading.ja for section in report(18).sections]
    for text in page_texts(render_pdf(report(18), {}))[1:]:
        body = [row for row in text.splitlines() if row.strip() and "SHA-256" not in row and not PAGE.match(row)]
        assert not any(body[-1].endswith(heading) for heading in headings)


def test_pdf_prints_the_content_hash_and_rule_versions_on_the_last_page():
    made = report(3)
    last = page_texts(render_pdf(made, {}))[-1].replace("\n", "").replace(" ", "")
    assert report_hash(made) in last
    assert "注目情報1.1" in last


def test_pdf_treats_hostile_text_as_data():
    made = hostile_report()
    data = render_pdf(made, {})
    verify_pdf(data, made)
    text = text_of(data).replace(" ", "").replace("\n", "")
    assert '#panic("x")$a$@cite*b*' in text


def test_pdf_shows_and_explains_characters_that_its_font_lacks():
    made = report(1, register=replace(register(0), lines=(line(1, purpose="𠮷野😀"),)))
    text = text_of(render_pdf(made, {}))
    assert "〓野〓" in text.replace(" ", "")
    assert "U+20BB7" in text
    assert "U+1F600" in text
    assert "U+" not in text_of(render_pdf(report(1), {}))


def test_pdf_cuts_a_row_that_is_higher_than_a_page_and_loses_nothing():
    made = hostile_report(LONG)
    data = render_pdf(made, {})
    verify_pdf(data, made)
    remarks = text_of(data).count("x")
    assert remarks > 5_000


@pytest.mark.parametrize("broken", ["", "no svg", "<svg", '<html xmlns="http://www.w3.org/1999/xhtml"/>'])
def test_pdf_says_when_a_picture_is_broken(broken):
    with pytest.raises(DocumentFailed) as refused:
        render_pdf(report(1), {"overview": broken})
    assert "図" in refused.value.message.ja


def test_svg_becomes_a_png():
    assert svg_to_png(OVERVIEW).startswith(b"\x89PNG")


MEMORY = """
import resource
from sekisho.adapters.documents.pdf import svg_to_png
def peak(drawings):
    for number in drawings:
        svg_to_png(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1190 842" width="1190pt" height="842pt">'
            f'<rect width="{number}" height="842"/></svg>'
        )
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak(range(1, 3)), peak(range(3, 13)))
"""


def test_svg_to_png_of_many_drawings_takes_the_memory_of_one() -> None:
    made = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, encoding="utf-8", check=True)
    after_two, after_twelve = map(int, made.stdout.split())
    assert after_twelve - after_two < 60_000  # KB: two A3 sheets of pixels, not ten
