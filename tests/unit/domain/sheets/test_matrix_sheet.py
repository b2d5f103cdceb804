"""The matrix sheet: every pair once, letters that need no colour, exceptions with owner and end."""

from collections import Counter
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.domain.drawing.parts import BoxKind, Drawing, Mark, Stamp
from sekisho.domain.drawing.typesetting import LEAST_SIZE, typeset
from sekisho.domain.network.matrix import Cell, Matrix, MatrixCell, Opening
from sekisho.domain.network.model import DeclaredFlow, Network
from sekisho.domain.network.services import parse_services
from sekisho.domain.sheets.matrix import LETTERS, MOST_GROUPS, bundles_of, matrix_sheet
from tests.unit.domain.sheets.sheets import HOSPITAL, assessed, boxes, networks

FAST = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
SMB = parse_services("tcp/445").spans[0][0]


def made(count: int, cell: Callable[[int, int], Cell]) -> Matrix:
    groups = tuple(f"部署{at}" for at in range(count))
    cells = {(a, b): MatrixCell(a, b, cell(x, y)) for x, a in enumerate(groups) for y, b in enumerate(groups) if a != b}
    return Matrix(groups, cells, (SMB,))


def drawn(matrix: Matrix) -> Drawing:
    return matrix_sheet(matrix, hospital=HOSPITAL, stamp=Stamp())


def mixed(x: int, y: int) -> Cell:
    return tuple(Cell)[(x * 7 + y * y * 3 + x * y) % 4]


def cells(drawing: Drawing) -> dict[str, str]:
    found = [box for box in boxes(drawing) if box.kind is BoxKind.CELL]
    assert len(found) == len({box.id for box in found})
    return {box.id.removeprefix("matrix-"): "".join(label.text.ja for label in box.labels) for box in found}


@pytest.mark.parametrize("count", [1, 2, 17, 40, 41, 64, MOST_GROUPS])
def test_every_pair_has_exactly_one_field_with_its_letter(count: int) -> None:
    matrix = made(count, mixed)
    found = cells(drawn(matrix))
    wanted = {f"{x + 1}-{y + 1}": "" for x in range(count) for y in range(count)}
    for x, a in enumerate(matrix.groups):
        for y, b in enumerate(matrix.groups):
            if a != b:
                wanted[f"{x + 1}-{y + 1}"] = LETTERS[matrix.cells[a, b].cell].ja
    assert found == wanted


@given(networks())
@FAST
def test_fields_of_random_networks_are_those_of_their_matrix(network: Network) -> None:
    matrix = assessed(network).matrix
    letters = Counter(LETTERS[cell.cell].ja for cell in matrix.cells.values())
    assert Counter(letter for letter in cells(drawn(matrix)).values() if letter) == letters


def test_sixty_groups_are_split_and_still_legible() -> None:
    drawing = drawn(made(64, mixed))
    assert len(drawing.pages) == 4
    for page in drawing.pages:
        for box in page.boxes:
            assert all(placed.size >= LEAST_SIZE for placed in typeset(box, "ja"))
            if box.kind is BoxKind.CELL and box.labels:
                assert [placed.text for placed in typeset(box, "ja")] == [box.labels[0].text.ja]
    heads = [{box.labels[0].text.ja for box in page.boxes if box.kind is BoxKind.HEAD} for page in drawing.pages]
    assert heads[0] == heads[1] != heads[2] == heads[3]


def test_letters_and_shapes_differ_without_colour() -> None:
    assert len({letter.ja for letter in LETTERS.values()}) == len({letter.en for letter in LETTERS.values()}) == 4
    drawing = drawn(made(5, lambda x, y: tuple(Cell)[(x + y) % 4]))
    marks = {box.labels[0].text.ja: box.marks for box in boxes(drawing) if box.kind is BoxKind.CELL and box.labels}
    assert marks == {"通": {Mark.BAD}, "止": {Mark.GOOD}, "届": {Mark.EXCEPTION}, "？": {Mark.UNKNOWN}}


# ---- bundles ----


@given(st.integers(MOST_GROUPS + 1, MOST_GROUPS + 40), st.integers(1, 9), st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_bundled_groups_answer_alike_and_every_pair_reads_true(count: int, kinds: int, random) -> None:
    kind = [random.randrange(kinds) for _ in range(count)]
    table = [[random.choice(tuple(Cell)) for _ in range(kinds)] for _ in range(kinds)]
    matrix = made(count, lambda x, y: table[kind[x]][kind[y]])
    bundles = bundles_of(matrix)
    assert sorted(number for bundle in bundles for number in bundle.numbers) == list(range(1, count + 1))
    assert len(bundles) <= kinds
    found = cells(drawn(matrix))
    row = {group: str(bundle.numbers[0]) for bundle in bundles for group in bundle.groups}
    for (a, b), cell in matrix.cells.items():
        assert found[f"{row[a]}-{row[b]}"] == LETTERS[cell.cell].ja


def test_groups_that_differ_in_one_answer_are_never_bundled() -> None:
    matrix = made(MOST_GROUPS + 1, lambda x, y: Cell.ALLOWED if (x, y) == (3, 5) else Cell.BLOCKED)
    alone = {bundle.groups for bundle in bundles_of(matrix) if len(bundle.groups) == 1}
    assert alone == {("部署3",), ("部署5",)}


def test_members_of_bundles_are_listed() -> None:
    drawing = drawn(made(100, lambda x, y: Cell.ALLOWED))
    said = {heading.label.text.ja for page in drawing.pages for heading in page.headings}
    assert {"1 部署0", "100 部署99（「部署0」の行）"} <= said


# ---- exceptions ----


def with_exceptions(count: int) -> Matrix:
    groups = ("検査", "電子カルテ")
    openings = tuple(
        Opening(
            f"lab-{at}",
            "ehr",
            SMB,
            True,
            DeclaredFlow(
                f"lab-{at}", "ehr", parse_services("tcp/445"), "検査部" if at else "", date(2027, 3, 31) if at else None
            ),
        )
        for at in range(count)
    )
    cells = {
        ("検査", "電子カルテ"): MatrixCell("検査", "電子カルテ", Cell.EXCEPTION, openings, count),
        ("電子カルテ", "検査"): MatrixCell("電子カルテ", "検査", Cell.BLOCKED),
    }
    return Matrix(groups, cells, (SMB,))


def listed(drawing: Drawing) -> list[str]:
    return [
        heading.label.text.ja
        for page in drawing.pages
        for heading in page.headings
        if heading.label.text.ja.startswith("検査→電子カルテ")
    ]


def test_exceptions_are_listed_with_owner_and_end() -> None:
    drawing = drawn(with_exceptions(2))
    assert listed(drawing) == [
        "検査→電子カルテ：lab-0→ehr tcp/445、担当？、期限？",
        "検査→電子カルテ：lab-1→ehr tcp/445、検査部、2027年3月31日まで",
    ]
    assert [sentence.ja for sentence in drawing.sentences[-2:]] == listed(drawing)


def test_a_long_list_of_exceptions_goes_on_on_further_pages() -> None:
    drawing = drawn(with_exceptions(400))
    assert len(drawing.pages) > 1
    assert len(listed(drawing)) == len(set(listed(drawing))) == 400


def test_sentences_name_where_each_group_gets() -> None:
    matrix = made(3, lambda x, y: Cell.ALLOWED if x == 0 else Cell.BLOCKED)
    said = [sentence.ja for sentence in drawn(matrix).sentences]
    assert said == [
        "部署0 から：部署1、部署2 へは通ります。",
        "部署1 から：どこへも通りません。",
        "部署2 から：どこへも通りません。",
    ]
