"""The DOCX: complete, editable, heads on every page, no cut row, the secretariat's template in a sandbox."""

import io
import zipfile
from collections import Counter

import pytest
from docx import Document
from docx.oxml.ns import qn

from sekisho.adapters.documents.docx import built_in_template, check_report_template, render_docx
from sekisho.adapters.documents.docx_template import TemplateRefused, check_template, fill_apart
from sekisho.adapters.documents.verify import ExportDiffers, verify_docx
from tests.factories.hostile_report import JINJA, LONG, hostile_report
from tests.factories.reporting import report

OVERVIEW = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 90"><rect width="160" height="90"/></svg>'


def opened(data: bytes):
    return Document(io.BytesIO(data))


def template(*paragraphs: str) -> bytes:
    document = opened(built_in_template())
    body = document.element.body
    for element in list(body)[:-1]:
        body.remove(element)
    for text in paragraphs:
        document.add_paragraph(text)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def with_part(name: str, content: bytes, base: bytes | None = None) -> bytes:
    stream = io.BytesIO(base or built_in_template())
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize("count", [0, 1, 18, 120])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_docx_says_all_that_the_report_says(count, language):
    made = report(count)
    verify_docx(render_docx(made, pictures={"overview": OVERVIEW}, language=language), made, language=language)


def test_docx_names_every_line_once_in_the_table_and_once_among_its_paragraphs():
    document = opened(render_docx(report(18)))
    ids = [f"CAF{n:07d}" for n in range(1, 19)]
    (connections,) = (
        t for t in document.tables if [c.text for c in t.rows[0].cells][:2] == ["No.", "回線ID"] and len(t.columns) == 8
    )
    assert [row.cells[1].text for row in connections.rows[1:]] == ids
    counted = Counter(name for p in document.paragraphs for name in ids if name in p.text)
    assert counted == Counter(dict.fromkeys(ids, 1))


def test_docx_repeats_heads_and_cuts_no_row():
    document = opened(render_docx(report(18)))
    for row in document.element.body.iter(qn("w:tr")):
        assert row.trPr.find(qn("w:cantSplit")) is not None
    heads = [t.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None for t in document.tables]
    assert sum(heads) >= 12


def test_docx_has_heading_styles_page_numbers_and_a_running_head():
    document = opened(render_docx(report(3)))
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert headings[1] == "1. 外部接続点の見える化"
    section = document.sections[0]
    assert "みなと総合病院" in section.header.paragraphs[0].text
    fields = [e.get(qn("w:instr")) for e in section.footer._element.iter(qn("w:fldSimple"))]
    assert fields == ["PAGE", "NUMPAGES"]


def test_docx_puts_the_overview_on_an_a3_sheet_with_its_text_equal():
    document = opened(render_docx(report(3), pictures={"overview": OVERVIEW}))
    widths = [round(section.page_width.mm) for section in document.sections]
    assert widths == [210, 420, 210]
    described = [e.get("descr") for e in document.element.body.iter(qn("wp:docPr"))]
    assert len(described) == 2
    assert all(described)


def test_docx_is_the_same_for_the_same_report():
    assert render_docx(report(3)) == render_docx(report(3))


@pytest.mark.parametrize("strings", [None, LONG])
def test_docx_treats_hostile_text_as_data(strings):
    made = hostile_report(strings) if strings else hostile_report()
    data = render_docx(made)
    verify_docx(data, made)
    if strings is None:
        assert JINJA in "".join(t.text or "" for t in opened(data).element.body.iter(qn("w:t")))


def test_template_may_be_rearranged_and_names_single_values():
    own = template(
        "当院控え {{ hospital }}",
        "{{p body.connections }}",
        "{% for row in tables.connections.rows %}[{{ row[1] }}]{% endfor %}",
    )
    data = render_docx(report(2), own)
    texts = [p.text for p in opened(data).paragraphs]
    assert texts[0] == "当院控え みなと総合病院（架空）"
    assert "[CAF0000001][CAF0000002]" in texts
    verify_docx(data, report(2), is_complete=False)
    with pytest.raises(ExportDiffers):
        verify_docx(data, report(2))


def test_template_without_the_connections_is_told_by_the_check():
    data = render_docx(report(2), template("{{ title }}"))
    with pytest.raises(ExportDiffers) as differs:
        verify_docx(data, report(2), is_complete=False)
    assert "様式" in differs.value.message.ja


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("宛名 {{ hospitl }} 様", "hospitl"),
        ("{% for x in sections %}", "{% %}"),
        ("{{ title ", "{{ }}"),
        ("{{ hospital.__class__.__mro__ }}", "様式"),
        ("{{ ''.__class__ }}", "様式"),
        ("{{ sections.append(1) }}", "様式"),
        ("{{ range(3) }}", "range"),
        ("{{ cycler }}", "cycler"),
        ("{{ (1).real.__init__.__globals__ }}", "様式"),
        ("{{ 1/0 }}", "様式"),
    ],
)
def test_template_mistakes_are_told_with_what_and_where(text, said):
    with pytest.raises(TemplateRefused) as refused:
        check_report_template(template("前の行", text), report(1))
    assert said in refused.value.message.ja


def test_template_mistake_quotes_the_words_around_it():
    with pytest.raises(TemplateRefused) as refused:
        check_report_template(template("拝啓", "{% if %}貴院の{% endif %}"), report(1))
    assert "貴院の" in refused.value.message.ja


@pytest.mark.parametrize(
    "loop",
    [
        "{% for a in words %}{% for b in words %}{% for c in words %}{% for d in words %}{% for e in words %}{% for f in words %}{% for g in words %}x{% endfor %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}",
        "{{ 'x' * 9999999999 }}",
        "{{ 9**9**9**9 }}",
    ],
)
def test_template_that_takes_too_much_is_stopped(loop):
    context = {"words": {f"w{n}": "" for n in range(40)}, "body": []}
    with pytest.raises(TemplateRefused) as refused:
        fill_apart(template(loop), context, seconds=4)
    assert refused.value.message.ja


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"PK\x03\x04 broken",
        b"\xd0\xcf\x11\xe0 an old .doc",
        with_part("word/vbaProject.bin", b"x"),
        with_part("word/evil.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'),
        with_part("word/evil.xml", "<!DOCTYPE a><a/>".encode("utf-16")),
        with_part(
            "word/_rels/evil.xml.rels",
            b'<Relationships><Relationship Id="r1" Type="x/attachedTemplate" Target="http://198.51.100.1/" TargetMode="External"/></Relationships>',
        ),
        with_part("word/bomb.xml", b" " * 61_000_000),
        b"0" * 10_000_001,
    ],
    ids=["empty", "broken", "doc", "macro", "doctype", "utf16", "outside", "bomb", "large"],
)
def test_template_files_that_cannot_be_templates_are_refused(bad):
    with pytest.raises(TemplateRefused) as refused:
        check_template(bad)
    assert refused.value.message.ja


def test_template_in_the_tree_is_what_its_script_builds(tmp_path, monkeypatch):
    import importlib.util
    from pathlib import Path

    path = Path(__file__).parents[4] / "scripts" / "build_report_template.py"
    spec = importlib.util.spec_from_file_location("build_report_template", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.setattr(script, "TARGET", tmp_path / "made.docx")
    script.main()
    with zipfile.ZipFile(tmp_path / "made.docx") as made, zipfile.ZipFile(io.BytesIO(built_in_template())) as kept:
        assert {name: made.read(name) for name in made.namelist()} == {n: kept.read(n) for n in kept.namelist()}
