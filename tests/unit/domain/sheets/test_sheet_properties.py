"""What holds of every sheet of every network, whatever names people and strangers wrote into it."""

from itertools import combinations, pairwise

import pytest
from hypothesis import HealthCheck, given, settings

from sekisho.domain.drawing.metrics import text_width
from sekisho.domain.drawing.parts import Area, Box, Drawing, Page
from sekisho.domain.drawing.typesetting import LEAST_SIZE, tag_of, typeset, typeset_heading
from sekisho.domain.network.model import Network
from tests.unit.domain.sheets.hospitals import hospital
from tests.unit.domain.sheets.sheets import SLACK, networks, sheets_of, within

thorough = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def check_places(drawing: Drawing) -> None:
    sheet = Area(0, 0, drawing.width, drawing.height)
    for page in drawing.pages:
        around = [heading.area for heading in page.headings]
        around += [item.sample.area for item in page.legend] + [item.meaning.area for item in page.legend]
        assert all(within(area, sheet) for area in around)
        for box in page.boxes:
            assert within(box.area, sheet), box.id
            assert not [area for area in around if box.area.meets(area)], box.id
        placed = sorted(page.boxes, key=lambda box: box.area.y)
        for at, box in enumerate(placed):
            for other in placed[at + 1 :]:
                if other.area.y >= box.area.bottom:
                    break
                assert not box.area.meets(other.area), (box.id, other.id)


def check_panels(page: Page) -> None:
    for level in (0, 1):
        panels = [panel for panel in page.panels if panel.level == level]
        assert not [(a.id, b.id) for a, b in combinations(panels, 2) if a.area.meets(b.area)]
    blocks = [panel for panel in page.panels if panel.level == 1]
    for block in blocks:
        assert any(within(block.area, band.area) for band in page.panels if band.level == 0), block.id
    for box in page.boxes if page.panels else ():
        standing = [panel for panel in page.panels if panel.area.meets(box.area)]
        assert standing, box.id
        assert all(within(box.area, panel.area) for panel in standing), box.id
        assert not [panel for panel in standing if panel.name.area.meets(box.area)], box.id


def check_texts(drawing: Drawing, language: str) -> None:
    for page in drawing.pages:
        for box in page.boxes:
            check_box(box, language)
        for heading in (*page.headings, *(panel.name for panel in page.panels)):
            for text in typeset_heading(heading, language):
                room = heading.area.width if heading.upright else heading.area.height
                assert text.size >= LEAST_SIZE
                assert text_width(text.text, text.size) <= room + SLACK


def check_box(box: Box, language: str) -> None:
    texts = [placed.area for placed in typeset(box, language)]
    tag = tag_of(box, language)
    rectangles = [*texts, *([tag.area] if tag else []), *(badge.area for badge in box.badges)]
    # Letters do not fill their lines: half a point above and below is air.
    room = Area(box.area.x, box.area.y - 0.5, box.area.width, box.area.height + 1)
    assert all(within(area, room) for area in rectangles), box
    assert not [pair for pair in combinations(rectangles, 2) if pair[0].meets(pair[1])], box
    assert all(placed.size >= LEAST_SIZE for placed in typeset(box, language))


def crosses(box: Box, start: tuple[float, float], end: tuple[float, float]) -> bool:
    low, high = (min(start[0], end[0]), min(start[1], end[1])), (max(start[0], end[0]), max(start[1], end[1]))
    across = high[0] > box.area.x + SLACK and low[0] < box.area.right - SLACK
    return across and high[1] > box.area.y + SLACK and low[1] < box.area.bottom - SLACK


def touches(area: Area, point: tuple[float, float]) -> bool:
    return within(Area(*point, 0, 0), area) and (
        min(abs(point[0] - area.x), abs(point[0] - area.right), abs(point[1] - area.y), abs(point[1] - area.bottom))
        < SLACK
    )


def check_edges(page: Page) -> None:
    at = {box.id: box.area for box in page.boxes}
    for edge in page.edges:
        assert touches(at[edge.source], edge.points[0]), edge.id
        assert touches(at[edge.target], edge.points[-1]), edge.id
        for start, end in pairwise(edge.points):
            assert start[0] == end[0] or start[1] == end[1]
            assert not [box.id for box in page.boxes if crosses(box, start, end)], edge.id


def check_ids(drawing: Drawing) -> None:
    found = [box.id for page in drawing.pages for box in page.boxes]
    found += [badge.id for page in drawing.pages for box in page.boxes for badge in box.badges if badge.id != box.id]
    found += [edge.id for page in drawing.pages for edge in page.edges]
    found += [panel.id for page in drawing.pages for panel in page.panels]
    assert len(found) == len(set(found))


def check(network: Network, languages: tuple[str, ...] = ("ja", "en")) -> None:
    for drawing in sheets_of(network).values():
        check_places(drawing)
        check_ids(drawing)
        for page in drawing.pages:
            check_panels(page)
            check_edges(page)
        for language in languages:
            check_texts(drawing, language)


@given(networks())
@thorough
def test_random_networks_give_sound_sheets(network: Network) -> None:
    check(network)


@pytest.mark.parametrize("segments", [1, 5, 30, 120, 500])
def test_hospitals_of_every_size_give_sound_sheets(segments: int) -> None:
    check(hospital(segments))


def test_no_network_at_all_gives_sound_sheets() -> None:
    check(Network())


@given(networks())
@thorough
def test_same_network_gives_the_same_sheets(network: Network) -> None:
    assert dict(sheets_of(network)) == dict(sheets_of(network))


def test_every_sheet_is_a3_landscape_with_hospital_day_version_and_snapshot() -> None:
    sheets = sheets_of(hospital(30))
    for drawing in sheets.values():
        assert (drawing.width, drawing.height) == (1190, 842)
        for page in drawing.pages:
            said = {heading.label.text.ja for heading in page.headings}
            assert {"みなと市民病院", "2026年11月21日", drawing.stamp.snapshot[:12]} <= said
            assert any(text.startswith("Sekisho ") for text in said)
            assert f"{page.number} / {len(drawing.pages)}" in said
