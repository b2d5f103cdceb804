"""What holds of every drawing, whatever the register says."""

from itertools import combinations, pairwise, product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.domain.drawing.metrics import text_width
from sekisho.domain.drawing.parts import Area, Box, BoxKind, Drawing, Edge, Page
from sekisho.domain.drawing.typesetting import LEAST_SIZE, tag_of, typeset, typeset_heading
from sekisho.domain.overview.layout import lay_out
from sekisho.domain.register.records import Register
from tests.unit.domain.overview.strategies import inside_systems, lines, registers, sightings

SLACK = 0.01
thorough = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def badges(drawing: Drawing) -> list[tuple[str, int]]:
    return [(badge.id, badge.number) for page in drawing.pages for box in page.boxes for badge in box.badges]


def within(inner: Area, outer: Area) -> bool:
    return (
        inner.x >= outer.x - SLACK
        and inner.y >= outer.y - SLACK
        and inner.right <= outer.right + SLACK
        and inner.bottom <= outer.bottom + SLACK
    )


def crossed(page: Page, box: Box, start: tuple[float, float], end: tuple[float, float]) -> bool:
    """Return True when the straight piece from `start` to `end` runs through the inside of `box`."""
    low, high = (min(start[0], end[0]), min(start[1], end[1])), (max(start[0], end[0]), max(start[1], end[1]))
    area = box.area
    across = high[0] > area.x + SLACK and low[0] < area.right - SLACK
    return across and high[1] > area.y + SLACK and low[1] < area.bottom - SLACK


@given(registers(), inside_systems(), sightings())
@thorough
def test_boxes_never_overlap_and_stay_on_the_page(register, systems, seen) -> None:
    drawing = lay_out(register, systems, seen)
    for page in drawing.pages:
        sheet = Area(0, 0, drawing.width, drawing.height)
        assert all(within(box.area, sheet) for box in page.boxes)
        assert all(within(heading.area, sheet) for heading in page.headings)
        assert not [(a.id, b.id) for a, b in combinations(page.boxes, 2) if a.area.meets(b.area)]


@given(registers(), inside_systems(), sightings())
@thorough
def test_nothing_of_the_picture_runs_into_title_or_legend(register, systems, seen) -> None:
    for page in lay_out(register, systems, seen).pages:
        around = [heading.area for heading in page.headings] + [item.sample.area for item in page.legend]
        around += [item.meaning.area for item in page.legend]
        for box in page.boxes:
            assert not any(box.area.meets(area) for area in around), box.id


@given(registers(), sightings())
@thorough
def test_every_line_appears_exactly_once_with_its_number(register, seen) -> None:
    found = badges(lay_out(register, (), seen))
    assert sorted(number for _, number in found) == sorted(line.number for line in register.lines)
    assert len({identity for identity, _ in found}) == len(found)


@given(registers(), inside_systems(), sightings())
@thorough
def test_every_edge_ends_at_its_two_boxes(register, systems, seen) -> None:
    for page in lay_out(register, systems, seen).pages:
        boxes = {box.id: box for box in page.boxes}
        for edge in page.edges:
            source, target = boxes[edge.source].area, boxes[edge.target].area
            (x, y), (to_x, to_y) = edge.points[0], edge.points[-1]
            assert abs(x - source.right) < SLACK
            assert source.y - SLACK <= y <= source.bottom + SLACK
            assert abs(to_x - target.x) < SLACK
            assert target.y - SLACK <= to_y <= target.bottom + SLACK


@given(registers(), inside_systems(), sightings())
@thorough
def test_edges_are_orthogonal_and_cross_no_box(register, systems, seen) -> None:
    for page in lay_out(register, systems, seen).pages:
        for edge in page.edges:
            for start, end in pairwise(edge.points):
                assert start[0] == end[0] or start[1] == end[1]
                hit = [box.id for box in page.boxes if crossed(page, box, start, end)]
                assert not set(hit) - {edge.source, edge.target}, edge.id
                assert not hit, edge.id


@given(registers(), sightings())
@thorough
def test_every_line_has_an_unbroken_way_from_outside_to_its_end(register, seen) -> None:
    drawing = lay_out(register, (), seen)
    for identity, number in drawing.page_of_line:
        page = drawing.pages[number - 1]
        kinds = {box.id: box.kind for box in page.boxes}
        way = {edge.source: edge.target for edge in page.edges if identity in edge.lines}
        place = next(source for source in way if kinds[source] is BoxKind.PARTY)
        visited = [kinds[place]]
        while place in way:
            place = way[place]
            visited.append(kinds[place])
        assert visited[:4] == [BoxKind.PARTY, BoxKind.NETWORK, BoxKind.LINE, BoxKind.TERMINATOR]
        assert visited[-1] in (BoxKind.BUS, BoxKind.STOP)


@given(registers(), inside_systems(), sightings())
@thorough
def test_same_input_gives_the_same_drawing(register, systems, seen) -> None:
    assert lay_out(register, systems, seen) == lay_out(register, systems, seen)


@given(registers(), st.data())
@thorough
def test_a_new_line_keeps_the_order_of_the_others(register, data) -> None:
    before = [identity for identity, _ in badges(lay_out(register))]
    taken = {line.number for line in register.lines}
    number = data.draw(st.integers(0, 2000).filter(lambda value: value not in taken))
    more = Register(register.basics, (*register.lines, data.draw(lines(number))))
    after = [identity for identity, _ in badges(lay_out(more)) if identity != f"line-{number}"]
    assert after == before


@given(registers(), st.randoms())
@thorough
def test_order_of_rows_in_the_register_does_not_matter(register, random) -> None:
    shuffled = list(register.lines)
    random.shuffle(shuffled)
    drawn = lay_out(Register(register.basics, tuple(shuffled)))
    assert badges(drawn) == badges(lay_out(register))


@given(registers(), inside_systems(), sightings(), st.sampled_from(("ja", "en")))
@thorough
def test_text_stays_inside_its_box_and_never_overlaps(register, systems, seen, language) -> None:
    for page in lay_out(register, systems, seen).pages:
        for box in page.boxes:
            texts = [placed.area for placed in typeset(box, language)]
            tag = tag_of(box, language)
            rectangles = [*texts, *([tag.area] if tag else []), *(badge.area for badge in box.badges)]
            assert all(
                within(area, Area(box.area.x, box.area.y - 0.5, box.area.width, box.area.height + 1))
                for area in rectangles
            ), box
            assert not [pair for pair in combinations(rectangles, 2) if pair[0].meets(pair[1])], box


@given(registers(), inside_systems(), sightings(), st.sampled_from(("ja", "en")))
@thorough
def test_no_text_is_smaller_than_seven_points(register, systems, seen, language) -> None:
    for page in lay_out(register, systems, seen).pages:
        placed = [text for box in page.boxes for text in typeset(box, language)]
        placed += [text for heading in page.headings for text in typeset_heading(heading, language)]
        placed += [text for item in page.legend for text in typeset_heading(item.meaning, language)]
        assert min(text.size for text in placed) >= LEAST_SIZE


@given(registers(), sightings(), st.sampled_from(("ja", "en")))
@thorough
def test_headings_and_legend_keep_to_their_areas(register, seen, language) -> None:
    for page in lay_out(register, (), seen).pages:
        for heading in [*page.headings, *(item.meaning for item in page.legend)]:
            for text in typeset_heading(heading, language):
                assert text_width(text.text, text.size) <= heading.area.width + SLACK


@given(registers(), inside_systems(), sightings())
@thorough
def test_ids_are_unique_in_the_whole_drawing(register, systems, seen) -> None:
    drawing = lay_out(register, systems, seen)
    ids = [box.id for page in drawing.pages for box in page.boxes]
    ids += [badge.id for page in drawing.pages for box in page.boxes for badge in box.badges if badge.id != box.id]
    ids += [edge.id for page in drawing.pages for edge in page.edges]
    assert len(ids) == len(set(ids))


@given(registers(), sightings())
@thorough
def test_every_line_has_its_sentence(register, seen) -> None:
    drawing = lay_out(register, (), seen)
    for line in register.lines:
        assert sum(sentence.ja.startswith(f"回線{line.number}（") for sentence in drawing.sentences) == 1


def pieces(edge: Edge) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    return [(min(a, b), max(a, b)) for a, b in pairwise(edge.points) if a != b]


def run_together(one: Edge, other: Edge) -> bool:
    """Return True when some piece of both lies on the same straight line and covers the same stretch of it."""
    for (a, b), (c, d) in product(pieces(one), pieces(other)):
        for along, across in ((0, 1), (1, 0)):
            same_line = a[across] == b[across] == c[across] == d[across]
            if same_line and min(b[along], d[along]) - max(a[along], c[along]) > SLACK:
                return True
    return False


@given(registers(max_lines=20), sightings())
@thorough
def test_edges_that_have_no_box_in_common_never_run_on_top_of_each_other(register, seen) -> None:
    for page in lay_out(register, (), seen).pages:
        for one, other in combinations(page.edges, 2):
            if not {one.source, one.target} & {other.source, other.target}:
                assert not run_together(one, other), (one.id, other.id)
