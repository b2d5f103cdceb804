"""The matrix sheet: which department's hosts open something in which other department.

Rows are where a connection begins, columns where it ends. A letter and a shape say what is so, in black and white too.
Connections that are open because somebody declared a need are listed below with owner and end. Groups that behave alike
share a row and a column where there are too many to read.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sekisho.domain.drawing.parts import NOTHING, Area, BoxKind, Drawing, Heading, Label, Mark, Stamp
from sekisho.domain.drawing.title_block import day_text
from sekisho.domain.drawing.words import join, number_ranges, same
from sekisho.domain.network.matrix import Cell, Matrix, MatrixCell, Opening
from sekisho.domain.network.services import service_text
from sekisho.domain.network.wording import CELLS
from sekisho.domain.sheets.frame import BODY_BOTTOM, BODY_TOP, LEFT, WIDTH, Body, Imprint, Sample, framed
from sekisho.domain.sheets.table import Field, Head, Sizes, Table
from sekisho.domain.text import Text

TITLE = Text("部署どうしの通信の表", "Department matrix")
NAME = "matrix"
MOST_GROUPS = 80
"""With more groups, those that behave alike share a row and a column."""
_STEPS = (
    Sizes(head=190, above=116, column=36, row=24, letter=10, name=8.8),
    Sizes(head=184, above=116, column=26, row=18, letter=8.8, name=8),
    Sizes(head=176, above=116, column=23.5, row=14.6, letter=8, name=7.6),
)
LETTERS: Mapping[Cell, Text] = {
    Cell.ALLOWED: Text("通", "P"),
    Cell.BLOCKED: Text("止", "B"),
    Cell.EXCEPTION: Text("届", "D"),
    Cell.UNKNOWN: Text("？", "?"),
}
_MARKS = {
    Cell.ALLOWED: Mark.BAD,
    Cell.BLOCKED: Mark.GOOD,
    Cell.EXCEPTION: Mark.EXCEPTION,
    Cell.UNKNOWN: Mark.UNKNOWN,
}
_MEANINGS: Mapping[Cell, Text] = {
    Cell.ALLOWED: Text("通：届け出のない通信が通る（黒い地）", "P: passes without a declared need (dark)"),
    Cell.EXCEPTION: Text("届：届け出た通信だけが通る（六角）", "D: declared needs only (hexagon)"),
    Cell.UNKNOWN: Text("？：分からない（破線）", "?: cannot tell (dashed)"),
    Cell.BLOCKED: Text("止：止まっている（丸い枠）", "B: blocked (round)"),
}
_LEGEND = (
    *(Sample(BoxKind.CELL, frozenset({_MARKS[cell]}), _MEANINGS[cell], LETTERS[cell]) for cell in _MEANINGS),
    Sample(BoxKind.CELL, frozenset({Mark.QUIET}), Text("同じ部署の中（この表の対象外）", "Within one department: not asked here")),
    Sample(BoxKind.HEAD, frozenset(), Text("行の部署から、列の部署へ", "From the row to the column")),
)  # fmt: skip
_LIST_LINE, _LIST_COLUMNS = 11.5, 3


@dataclass(frozen=True, slots=True)
class Bundle:
    """Groups that behave alike; one group as a rule. `within` is what holds between them."""

    groups: tuple[str, ...]
    numbers: tuple[int, ...]
    within: Cell | None = None

    @property
    def name(self) -> Text:
        """Return the numbers and the first group's name."""
        first = same(self.groups[0])
        if len(self.groups) == 1:
            return Text(f"{self.numbers[0]} {first.ja}", f"{self.numbers[0]} {first.en}")
        more = len(self.groups) - 1
        ranges = number_ranges(self.numbers)
        return Text(f"{first.ja} ほか{more}（{ranges}）", f"{first.en} and {more} more ({ranges})")


def matrix_sheet(matrix: Matrix, *, hospital: Text, stamp: Stamp) -> Drawing:
    """Return the matrix sheet.

    Records of fields: "pair-<row>-<column>", positions in `matrix.groups` from 0; of a bundle, its first group's.
    """
    bundles = bundles_of(matrix)
    heads = {f"{bundle.numbers[0]}": bundle for bundle in bundles}
    rows = tuple(Head(key, bundle.name, title=_names(bundle)) for key, bundle in heads.items())
    table = Table(NAME, rows, rows, _fields(matrix, heads), _STEPS)
    exceptions = _exceptions(matrix)
    return framed(
        Imprint(
            name=NAME,
            title=TITLE,
            hospital=hospital,
            summary=_summary(matrix),
            stamp=stamp,
            count=(Text("部署数", "Groups"), same(len(matrix.groups))),
            legend=_LEGEND,
        ),
        _with_lists(table, _lists(bundles, exceptions)),
        (*_sentences(matrix), *exceptions),
    )


def bundles_of(matrix: Matrix) -> tuple[Bundle, ...]:
    """Return each group alone, or, above `MOST_GROUPS`, groups together that have the same answers in row and column."""
    numbers = {group: number for number, group in enumerate(matrix.groups, start=1)}
    if len(matrix.groups) <= MOST_GROUPS:
        return tuple(Bundle((group,), (number,)) for group, number in numbers.items())
    taken: dict[str, Bundle] = {}
    for within in Cell:
        alike: dict[tuple[Cell, ...], list[str]] = {}
        for group in matrix.groups:
            if group not in taken:
                alike.setdefault(_behaviour(matrix, group, within), []).append(group)
        for groups in alike.values():
            if len(groups) > 1:
                bundle = Bundle(tuple(groups), tuple(numbers[group] for group in groups), within)
                taken.update(dict.fromkeys(groups, bundle))
    single = {group: Bundle((group,), (numbers[group],)) for group in matrix.groups if group not in taken}
    return tuple(dict.fromkeys((taken | single)[group] for group in matrix.groups))


def _behaviour(matrix: Matrix, group: str, within: Cell) -> tuple[Cell, ...]:
    """Return all answers of a group. Two groups with the same ones have `within` between each other, both ways."""
    out = (within if other == group else matrix.cells[group, other].cell for other in matrix.groups)
    into = (within if other == group else matrix.cells[other, group].cell for other in matrix.groups)
    return (*out, *into)


def _names(bundle: Bundle) -> Text:
    return join(
        *(same(f"{n} {group}") for n, group in zip(bundle.numbers, bundle.groups, strict=True)), by=Text("、", ", ")
    )


def _fields(matrix: Matrix, heads: Mapping[str, Bundle]) -> Callable[[Head, Head], Field]:
    def field(row: Head, column: Head) -> Field:
        source, target = heads[row.id], heads[column.id]
        if source is target:
            return _own_field(source)
        cell = matrix.cells[source.groups[0], target.groups[0]]
        record = f"pair-{source.numbers[0] - 1}-{target.numbers[0] - 1}"
        title = join(
            Text(f"{source.name.ja} から {target.name.ja} へ", f"From {source.name.en} to {target.name.en}"),
            _cell_text(cell),
            by=Text("：", ": "),
        )
        return Field((LETTERS[cell.cell],), title, frozenset({_MARKS[cell.cell]}), record)

    return field


def _own_field(bundle: Bundle) -> Field:
    if bundle.within is None:
        return Field((), bundle.name, frozenset({Mark.QUIET}))
    title = join(Text("たがいに", "between each other"), CELLS[bundle.within], by=Text("：", ": "))
    return Field((LETTERS[bundle.within],), title, frozenset({_MARKS[bundle.within]}))


def _cell_text(cell: MatrixCell) -> Text:
    services = list(dict.fromkeys(service_text(opening.service) for opening in cell.openings))
    listed = join(*(same(service) for service in services[:4]), by=Text("、", ", "))
    more = (
        Text(f"（{listed.ja}、{cell.count}通り）", f" ({listed.en}; {cell.count} ways)") if cell.openings else NOTHING
    )
    return Text(f"{CELLS[cell.cell].ja}{more.ja}", f"{CELLS[cell.cell].en}{more.en}")


def _summary(matrix: Matrix) -> Text:
    counts = matrix.counted()
    parts = [Text(f"{LETTERS[cell].ja} {counts[cell]}", f"{LETTERS[cell].en} {counts[cell]}") for cell in _MEANINGS]
    listed = join(*parts, by=Text("、", ", "))
    services = join(*(same(service_text(service)) for service in matrix.services), by=Text("、", ", "))
    return Text(
        f"{len(matrix.groups)}部署、{len(matrix.cells)}組（{listed.ja}）。調べた通信：{services.ja or 'なし'}",
        f"{len(matrix.groups)} groups, {len(matrix.cells)} pairs ({listed.en}). Services: {services.en or 'none'}",
    )


# ---- exceptions ----


def _exceptions(matrix: Matrix) -> tuple[Text, ...]:
    """Return every declared need that a cell is open for, with owner and end."""
    found: dict[tuple[str, str, int], Text] = {}
    for cell in matrix.cells.values():
        if cell.cell is Cell.EXCEPTION:
            for opening in cell.openings:
                key = (opening.source, opening.target, opening.service)
                found.setdefault(key, _exception_text(cell, opening))
    return tuple(found.values())


def _exception_text(cell: MatrixCell, opening: Opening) -> Text:
    flow = opening.flow
    owner = same(flow.owner) if flow and flow.owner else Text("担当？", "owner ?")
    day = day_text(flow.until) if flow and flow.until else None
    until = Text(f"{day.ja}まで", f"until {day.en}") if day else Text("期限？", "end ?")
    service = service_text(opening.service)
    return Text(
        f"{same(cell.source).ja}→{same(cell.target).ja}：{opening.source}→{opening.target} {service}、{owner.ja}、{until.ja}",
        f"{same(cell.source).en} to {same(cell.target).en}: {opening.source} to {opening.target} {service}, {owner.en}, {until.en}",
    )


def _lists(bundles: Sequence[Bundle], exceptions: Sequence[Text]) -> list[tuple[Text, Sequence[Text]]]:
    """Return what stands below the table: declared needs, and who is in each bundle."""
    needs = Text(
        f"届け出た通信だけが通るところ（{len(exceptions)}件）：担当と期限",
        f"Open for declared needs only ({len(exceptions)}): owner and end",
    )
    together = [bundle for bundle in bundles if len(bundle.groups) > 1]
    members = [_member_text(bundle, at) for bundle in together for at in range(len(bundle.groups))]
    heading = Text(
        f"答えがすべて同じなので1行にまとめた部署（{len(together)}組、{len(members)}部署）",
        f"Groups with the same answers, in one row ({len(together)} bundles, {len(members)} groups)",
    )
    return [(needs, exceptions), (heading, members)]


def _member_text(bundle: Bundle, at: int) -> Text:
    name, first = same(bundle.groups[at]), same(bundle.groups[0])
    where = NOTHING if at == 0 else Text(f"（「{first.ja}」の行）", f" (row “{first.en}”)")
    return Text(f"{bundle.numbers[at]} {name.ja}{where.ja}", f"{bundle.numbers[at]} {name.en}{where.en}")


def _with_lists(table: Table, lists: Sequence[tuple[Text, Sequence[Text]]]) -> list[Body]:
    """Return the pages of the table with lists below the last one, going on on pages of their own."""
    bodies = table.bodies()
    rows = len({box.area.y for box in bodies[-1].boxes})
    top = table.bottom(rows) + 8
    for heading, texts in lists:
        waiting = list(texts)
        while waiting:
            if BODY_BOTTOM - top < 14 + 2 * _LIST_LINE:
                bodies.append(Body(part=_LISTS))
                top = BODY_TOP
            most = _LIST_COLUMNS * int((BODY_BOTTOM - top - 14) // _LIST_LINE)
            listed, waiting = waiting[:most], waiting[most:]
            told = tuple(_list(heading, listed, top))
            bodies[-1] = replace(bodies[-1], headings=(*bodies[-1].headings, *told))
            top = max(one.area.bottom for one in told) + 10
    return bodies


_LISTS = Text("（一覧）", "(lists)")


def _list(heading: Text, texts: Sequence[Text], top: float) -> Iterator[Heading]:
    yield Heading(Area(LEFT, top, WIDTH, 12), Label(heading, 9, bold=True))
    width = WIDTH / _LIST_COLUMNS
    rows = -(-len(texts) // _LIST_COLUMNS)
    for at, text in enumerate(texts):
        column, row = divmod(at, rows)
        area = Area(LEFT + column * width, top + 14 + row * _LIST_LINE, width - 8, 11)
        yield Heading(area, Label(text, 7.6))


def _sentences(matrix: Matrix) -> Iterator[Text]:
    """Yield for every group where it gets, without naming each pair that is blocked."""
    for group in matrix.groups:
        parts = []
        for cell in _MEANINGS:
            targets = [other for other in matrix.groups if other != group and matrix.cells[group, other].cell is cell]
            if targets and cell is not Cell.BLOCKED:
                listed = join(*(same(other) for other in targets), by=Text("、", ", "))
                parts.append(Text(f"{listed.ja} へは{CELLS[cell].ja}", f"to {listed.en}: {CELLS[cell].en}"))
        said = join(*parts, by=Text("。", "; ")) if parts else Text("どこへも通りません", "reaches nothing else")
        yield Text(f"{same(group).ja} から：{said.ja}。", f"From {same(group).en}: {said.en}.")
