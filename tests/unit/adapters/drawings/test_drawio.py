"""The draw.io file: what diagrams.net needs to open it, with boxes and edges that hang together."""

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from sekisho.adapters.drawings.drawio import draw_drawio
from sekisho.domain.drawing.parts import Drawing
from sekisho.domain.overview.layout import lay_out
from tests.unit.domain.overview.registers import EMPTY as NO_LINES
from tests.unit.domain.overview.registers import HOSPITAL, SIGHTINGS, SYSTEMS, large_register
from tests.unit.domain.overview.strategies import inside_systems, registers, sightings


@pytest.fixture(scope="module")
def hospital() -> Drawing:
    return lay_out(HOSPITAL, SYSTEMS, SIGHTINGS)


def parsed(xml: str) -> etree._Element:
    return etree.fromstring(xml.encode())


def ids(diagram: etree._Element) -> list[str]:
    return [element.get("id") for element in diagram.iter("mxCell", "UserObject") if element.get("id")]


def test_file_has_one_diagram_per_page() -> None:
    drawing = lay_out(large_register(40))
    names = [diagram.get("name") for diagram in parsed(draw_drawio(drawing)).iter("diagram")]
    assert names == ["1 / 3", "2 / 3", "3 / 3"]


def test_every_diagram_has_root_layer_and_page_size(hospital: Drawing) -> None:
    model = parsed(draw_drawio(hospital)).find("diagram/mxGraphModel")
    cells = model.find("root")
    assert (cells[0].get("id"), cells[1].get("id"), cells[1].get("parent")) == ("0", "1", "0")
    assert (model.get("pageWidth"), model.get("pageHeight")) == ("1190", "842")


@given(registers(max_lines=20), inside_systems(), sightings())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_every_cell_has_an_id_of_its_own_and_every_edge_two_boxes(register, systems, seen) -> None:
    for diagram in parsed(draw_drawio(lay_out(register, systems, seen))).iter("diagram"):
        found = ids(diagram)
        assert len(found) == len(set(found))
        edges = [cell for cell in diagram.iter("mxCell") if cell.get("edge")]
        assert edges or not (register.lines or systems or seen)
        assert {edge.get(end) for edge in edges for end in ("source", "target")} <= set(found)


def test_every_line_is_a_cell_tied_to_its_record(hospital: Drawing) -> None:
    records = {found.get("id"): found.get("record") for found in parsed(draw_drawio(hospital)).iter("UserObject")}
    for line in HOSPITAL.lines:
        assert records[f"line-{line.number}"] == records[f"line-{line.number}-number"] == f"line-{line.number}"


def test_labels_are_plain_text_with_line_breaks(hospital: Drawing) -> None:
    root = parsed(draw_drawio(hospital))
    assert not [cell for cell in root.iter("mxCell") if cell.get("style") and "html=0" not in cell.get("style")]
    label = next(found.get("label") for found in root.iter("UserObject") if found.get("id") == "line-3")
    assert label.split("\n") == [
        "【ベンダ契約】CAF00003　光回線",
        "用途：PACS保守",
        "フレッツ 光クロス／NTT東日本／インターネットVPN",
    ]


def test_english_file_speaks_english(hospital: Drawing) -> None:
    english = draw_drawio(hospital, "en")
    assert "【Vendor's】" in english
    assert "ベンダ契約" not in english


def test_bends_of_edges_are_kept(hospital: Drawing) -> None:
    root = parsed(draw_drawio(hospital))
    edge = next(cell for cell in root.iter("mxCell") if cell.get("id") == "edge-line-2-terminator-1")
    assert len(edge.findall("mxGeometry/Array/mxPoint")) == 2


def test_empty_register_is_a_file_that_opens() -> None:
    labels = [found.get("label") for found in parsed(draw_drawio(lay_out(NO_LINES))).iter("UserObject")]
    assert any("まだ回線が登録されていません" in label for label in labels)
