"""The SVG: well-formed, safe inside a page, the same in renderers without CSS."""

import re
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest
import typst
from hypothesis import HealthCheck, given, settings
from lxml import etree

import sekisho.adapters.documents as documents
from sekisho.adapters.drawings.svg import draw_svg
from sekisho.domain.drawing.parts import Drawing
from sekisho.domain.overview.description import describe
from sekisho.domain.overview.layout import lay_out
from sekisho.domain.register.records import Basics, Register
from tests.unit.domain.overview.registers import CLINIC, HOSPITAL, SIGHTINGS, SYSTEMS, large_register
from tests.unit.domain.overview.registers import EMPTY as NO_LINES
from tests.unit.domain.overview.strategies import HOSTILE, inside_systems, registers, sightings

SVG = "{http://www.w3.org/2000/svg}"
FONTS = Path(documents.__file__).parent / "fonts"


@pytest.fixture(scope="module")
def hospital() -> Drawing:
    return lay_out(HOSPITAL, SYSTEMS, SIGHTINGS)


def parsed(svg: str) -> etree._Element:
    return etree.fromstring(svg.encode())


def groups(root: etree._Element) -> dict[str, etree._Element]:
    return {group.get("id"): group for group in root.iter(f"{SVG}g") if group.get("data-kind")}


def test_page_is_a3_landscape(hospital: Drawing) -> None:
    root = parsed(draw_svg(hospital))
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("420mm", "297mm", "0 0 1190 842")


def test_picture_has_a_name_and_a_description(hospital: Drawing) -> None:
    root = parsed(draw_svg(hospital))
    assert root.get("role") == "img"
    named = {element.get("id"): element.text for element in root if element.get("id")}
    assert [named[part] for part in root.get("aria-labelledby").split()] == [
        hospital.title.ja,
        hospital.summary.ja,
    ]


def test_picture_with_links_is_a_group_so_that_the_links_can_take_the_focus(hospital: Drawing) -> None:
    assert parsed(draw_svg(hospital, link=lambda record: f"/{record}")).get("role") == "group"


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_line_is_one_group_with_its_record_number_and_sentence(hospital: Drawing, language: str) -> None:
    found = groups(parsed(draw_svg(hospital, language)))
    sentences = describe(hospital, language)
    for line in HOSPITAL.lines:
        group = found[f"line-{line.number}"]
        assert group.get("data-record") == f"line-{line.number}"
        assert str(line.number) in [text.text for text in group.iter(f"{SVG}text")]
        assert group.findtext(f"{SVG}title") in sentences


def test_lines_of_a_bundle_keep_a_group_and_a_link_of_their_own() -> None:
    root = parsed(draw_svg(lay_out(large_register(40)), link=lambda record: f"/register/{record}"))
    found = groups(root)
    assert [f"line-{number}" in found for number in range(1, 41)] == [True] * 40
    assert all(found[f"line-{number}"].getparent().get("href") == f"/register/line-{number}" for number in range(1, 41))


def test_ids_are_unique_over_all_pages() -> None:
    root = parsed(draw_svg(lay_out(large_register(120), SYSTEMS, SIGHTINGS)))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


def test_pages_stand_one_below_the_other_or_alone() -> None:
    drawing = lay_out(large_register(40))
    assert parsed(draw_svg(drawing)).get("viewBox") == "0 0 1190 2526"
    assert parsed(draw_svg(drawing, page=2)).get("viewBox") == "0 0 1190 842"
    together = "".join(draw_svg(drawing, page=number) for number in (1, 2, 3))
    assert all(together.count(f'id="line-{number}"') == 1 for number in range(1, 41))


def test_a_page_that_is_not_there_is_refused(hospital: Drawing) -> None:
    with pytest.raises(ValueError, match="1 pages, not a page 2"):
        draw_svg(hospital, page=2)


def test_links_open_records_and_only_where_there_is_an_address(hospital: Drawing) -> None:
    svg = draw_svg(hospital, link=lambda record: f"/r/?a=1&b={record}" if record.startswith("line-") else "")
    hrefs = [link.get("href") for link in parsed(svg).iter(f"{SVG}a")]
    assert set(hrefs) == {f"/r/?a=1&b=line-{line.number}" for line in HOSPITAL.lines}
    assert all(next(link.iter(f"{SVG}title")).text for link in parsed(svg).iter(f"{SVG}a")), "each link has a name"
    assert "aria-label=" not in svg, "a name of its own would hide the words that can be seen"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", " JavaScript:alert(1)", "java\nscript:alert(1)", "data:text/html,x"]
)
def test_links_that_would_run_code_are_dropped(hospital: Drawing, address: str) -> None:
    assert "<a " not in draw_svg(hospital, link=lambda _record: address)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("link", [None, lambda record: f"/{record}"])
def test_a_strict_content_security_policy_lets_it_pass(hospital: Drawing, language: str, link) -> None:
    root = parsed(draw_svg(hospital, language, link))
    assert not [element for element in root.iter() if element.get("style") or element.get("class")]
    tags = {etree.QName(element).localname for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "g", "rect", "path", "circle", "text", "a"}
    assert not [key for element in root.iter() for key in element.attrib if key.lower().startswith("on")]


def test_nothing_is_loaded_from_elsewhere(hospital: Drawing) -> None:
    svg = draw_svg(hospital).replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|url\(|@import|xlink|<use|<image", svg)


@given(registers(max_lines=20), inside_systems(), sightings())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_whatever_people_type_stays_text(register, systems, seen) -> None:
    drawing = lay_out(register, systems, seen)
    root = parsed(draw_svg(drawing, link=lambda record: f"/{record}"))
    tags = {etree.QName(element).localname for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "g", "rect", "path", "circle", "text", "a"}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_reach_the_picture_as_characters(name: str) -> None:
    line = replace(CLINIC.lines[0], carrier=name, purpose=name, terminator_location=name, circuit_id=name)
    root = parsed(draw_svg(lay_out(Register(Basics(name=name), (line,)))))
    texts = "".join(element.text or "" for element in root.iter(f"{SVG}text"))
    assert root.find(f".//{SVG}script") is None
    assert "\x00" not in texts
    if name.startswith("<script>"):
        assert "<script>alert(1)</script>" in texts


def test_full_name_is_told_where_the_box_has_no_room() -> None:
    name = "とても長い名前の医療情報システム保守センター" * 6
    line = replace(CLINIC.lines[0], contract_party="vendor", vendor_name=name)
    root = parsed(draw_svg(lay_out(Register(Basics(), (line,)))))
    titles = [element.text for element in root.iter(f"{SVG}title")]
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert any(name in title for title in titles)
    assert not any(name in text for text in texts)
    assert any(text.endswith("…") for text in texts)


def test_same_drawing_gives_the_same_file(hospital: Drawing) -> None:
    assert draw_svg(hospital) == draw_svg(lay_out(HOSPITAL, SYSTEMS, SIGHTINGS))


@pytest.mark.parametrize(
    "drawing", [lay_out(HOSPITAL, SYSTEMS, SIGHTINGS), lay_out(CLINIC), lay_out(NO_LINES), lay_out(large_register(40))]
)
def test_typst_sets_every_word_of_it(drawing: Drawing, tmp_path: Path) -> None:
    for page in drawing.pages:
        (tmp_path / f"{page.number}.svg").write_text(draw_svg(drawing, page=page.number))
    images = "".join(f'#image("{page.number}.svg", width: 100%)' for page in drawing.pages)
    source = tmp_path / "sheet.typ"
    source.write_text(f'#set page(paper: "a3", flipped: true, margin: 0pt)\n{images}')
    pdf = tmp_path / "sheet.pdf"
    pdf.write_bytes(typst.compile(str(source), font_paths=[str(FONTS)], ignore_system_fonts=True))
    read = pypdf.PdfReader(pdf)
    assert len(read.pages) == len(drawing.pages)
    text = "".join(page.extract_text() for page in read.pages).replace("\n", "").replace(" ", "")
    for page in drawing.pages:
        root = parsed(draw_svg(drawing, page=page.number))
        for element in root.iter(f"{SVG}text"):
            # The picture turns the name of the medical network; a reader of the PDF gets it letter by letter.
            if not element.get("transform"):
                assert (element.text or "").replace(" ", "") in text
