"""The sheets of a network as SVG and draw.io: names, links, structure, and nothing that strangers could slip in."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from sekisho.adapters.drawings.drawio import draw_drawio
from sekisho.adapters.drawings.palette import look_of
from sekisho.adapters.drawings.svg import draw_svg
from sekisho.assessment.sheets import NetworkSheets
from sekisho.domain.drawing.parts import NOTHING, Area, Box, BoxKind, Drawing, Mark
from sekisho.domain.network.model import Network
from tests.oracles.random_networks import random_network
from tests.unit.domain.sheets.hospitals import hospital
from tests.unit.domain.sheets.sheets import named, networks, sheets_of

SVG = "{http://www.w3.org/2000/svg}"
FAST = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PLACE = Area(0, 0, 40, 20)


@pytest.fixture(scope="module")
def sheets() -> NetworkSheets:
    return sheets_of(hospital(30))


def parsed(text: str) -> etree._Element:
    return etree.fromstring(text.encode())


def each(sheets: NetworkSheets) -> list[Drawing]:
    return list(sheets.values())


def test_same_network_gives_the_same_bytes(sheets: NetworkSheets) -> None:
    again = sheets_of(hospital(30))
    for name, drawing in sheets.items():
        for language in ("ja", "en"):
            assert draw_svg(drawing, language) == draw_svg(again[name], language)
            assert draw_drawio(drawing, language) == draw_drawio(again[name], language)


def test_ids_do_not_clash_when_all_sheets_stand_on_one_screen(sheets: NetworkSheets) -> None:
    found = [
        element.get("id")
        for drawing in each(sheets)
        for element in parsed(draw_svg(drawing)).iter()
        if element.get("id")
    ]
    assert len(found) == len(set(found))


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_box_has_a_title_and_the_picture_a_name(sheets: NetworkSheets, language: str) -> None:
    for drawing in each(sheets):
        root = parsed(draw_svg(drawing, language))
        named = {element.get("id"): element.text for element in root if element.get("id")}
        assert [named[part] for part in root.get("aria-labelledby").split()] == [
            drawing.title.within(language),
            drawing.summary.within(language),
        ]
        groups = [group for group in root.iter(f"{SVG}g") if group.get("data-kind")]
        assert groups
        assert all(group.findtext(f"{SVG}title") for group in groups)


def test_picture_finds_its_name_although_the_line_is_called_oddly() -> None:
    network = hospital(5)
    odd = replace(network, lines=(replace(network.lines[0], id='回線 1 "x"'), *network.lines[1:]))
    root = parsed(draw_svg(sheets_of(odd)['paths-回線 1 "x"']))
    named = {element.get("id") for element in root}
    assert len(root.get("aria-labelledby").split()) == 2
    assert set(root.get("aria-labelledby").split()) <= named


def test_boxes_link_to_their_records(sheets: NetworkSheets) -> None:
    wanted = {
        "segments": {"segment-s001", "device-core", "entry-line-1"},
        "survival": {"node-ehr", "copy-ehr-nas", "entry-line-1"},
        "matrix": {"pair-0-1", "pair-1-0"},
        "paths-line-1": {"entry-line-1", "node-ehr"},
    }
    for name, records in wanted.items():
        root = parsed(draw_svg(sheets[name], link=lambda record: f"/go/{record}"))
        found = {link.get("href").removeprefix("/go/") for link in root.iter(f"{SVG}a")}
        assert records <= found, name


@given(networks())
@FAST
def test_hostile_names_stay_text(network: Network) -> None:
    for drawing in each(sheets_of(network)):
        for text in (draw_svg(drawing), draw_drawio(drawing, "en")):
            root = parsed(text)
            assert not list(root.iter("script", f"{SVG}script", f"{SVG}image", f"{SVG}foreignObject"))
            assert not [name for element in root.iter() for name in element.attrib if name.lower().startswith("on")]


def test_drawio_has_a_diagram_per_page_every_box_a_cell_and_every_edge_its_ends() -> None:
    for drawing in each(sheets_of(hospital(120))):
        root = parsed(draw_drawio(drawing))
        diagrams = list(root.iter("diagram"))
        assert len(diagrams) == len(drawing.pages)
        for diagram, page in zip(diagrams, drawing.pages, strict=True):
            cells = {cell.get("id") for cell in diagram.iter("mxCell", "UserObject") if cell.get("id")}
            assert {box.id for box in page.boxes} | {panel.id for panel in page.panels} <= cells
            edges = [cell for cell in diagram.iter("mxCell") if cell.get("edge")]
            assert len(edges) == len(page.edges)
            assert all({edge.get("source"), edge.get("target")} <= cells for edge in edges)
            identities = [cell.get("id") for cell in diagram.iter("mxCell", "UserObject") if cell.get("id")]
            assert len(identities) == len(set(identities))


def test_drawio_keeps_record_tooltip_and_place_of_every_box(sheets: NetworkSheets) -> None:
    drawing = sheets["segments"]
    cells = {cell.get("id"): cell for cell in parsed(draw_drawio(drawing)).iter("UserObject")}
    for page in drawing.pages:
        for box in page.boxes:
            geometry = cells[box.id].find("mxCell/mxGeometry")
            assert (float(geometry.get("x")), float(geometry.get("y"))) == pytest.approx(
                (box.area.x, box.area.y), abs=0.01
            )
            assert cells[box.id].get("tooltip") == box.title.ja
            assert cells[box.id].get("record") == box.record


def test_grounds_come_before_what_stands_on_them(sheets: NetworkSheets) -> None:
    root = parsed(draw_svg(sheets["segments"]))
    order = [group.get("id") for group in root.iter(f"{SVG}g") if group.get("id")]
    bands = [at for at, identity in enumerate(order) if "-band-" in identity]
    blocks = [at for at, identity in enumerate(order) if "-block-" in identity]
    boxes = [at for at, identity in enumerate(order) if identity.startswith("segments-segment-")]
    assert max(bands) < min(blocks) <= max(blocks) < min(boxes)


def test_names_of_columns_run_upwards(sheets: NetworkSheets) -> None:
    root = parsed(draw_svg(sheets["matrix"]))
    turned = [text.text for text in root.iter(f"{SVG}text") if "rotate(-90" in (text.get("transform") or "")]
    assert "1 医療情報課" in turned


# ---- black and white ----


def looks(kind: BoxKind, *marks: frozenset[Mark]) -> list[tuple[object, ...]]:
    found = [look_of(Box("x", kind, PLACE, PLACE, (), NOTHING, some)) for some in marks]
    return [
        (look.shape, look.corner, look.dashes, look.is_double, look.is_stacked, look.width >= 2, look.ink)
        for look in found
    ]


def test_answers_differ_in_shape_and_not_only_in_colour() -> None:
    answers = [frozenset({mark}) for mark in (Mark.GOOD, Mark.BAD, Mark.UNKNOWN, Mark.EXCEPTION, Mark.QUIET)]
    assert len(set(looks(BoxKind.CELL, *answers))) == 5


def test_hops_differ_in_shape_and_not_only_in_colour() -> None:
    kinds = (Mark.BAD, Mark.GOOD, Mark.UNKNOWN, Mark.REFERENCE)
    marks = [frozenset({mark}) for mark in kinds]
    marks += [frozenset({mark, Mark.CRITICAL}) for mark in kinds[:3]] + [frozenset({Mark.BAD, Mark.BUNDLE})]
    assert len(set(looks(BoxKind.HOP, *marks))) == len(marks)


def test_segments_differ_in_shape_and_not_only_in_colour() -> None:
    single = (frozenset(), *(frozenset({mark}) for mark in (Mark.FILTERED, Mark.UNKNOWN, Mark.ISOLATED, Mark.CRITICAL)))
    both = (frozenset({Mark.FILTERED, Mark.ISOLATED}), frozenset({Mark.UNKNOWN, Mark.CRITICAL}))
    assert len(set(looks(BoxKind.SEGMENT, *single, *both))) == 7


def test_random_hostile_networks_are_drawn_in_time() -> None:
    random = Random(7)
    for _ in range(3):
        for drawing in each(sheets_of(named(random_network(random), random))):
            assert draw_svg(drawing).startswith("<svg")
