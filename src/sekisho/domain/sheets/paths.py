"""The paths sheet: how an intruder comes from one entry to the critical systems, hop by hop, and where the way ends.

From left to right: the entry, then one column per step. Every hop has a number in the order of falling, and says by
which service it falls and which rule lets it pass. What is only possible is dashed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sekisho.domain.drawing.parts import (
    NOTHING,
    Area,
    Badge,
    Box,
    BoxKind,
    Drawing,
    Edge,
    Heading,
    Label,
    Mark,
    Stamp,
)
from sekisho.domain.drawing.words import join, number_ranges, same
from sekisho.domain.network.explain import Explainer
from sekisho.domain.network.impact import TERMINALS
from sekisho.domain.network.intrusion import EntryKind
from sekisho.domain.network.model import Network, Node
from sekisho.domain.network.spread import Spread
from sekisho.domain.network.taking import Taking
from sekisho.domain.sheets.frame import BODY_BOTTOM, BODY_TOP, LEFT, RIGHT, WIDTH, Body, Imprint, Sample, framed
from sekisho.domain.sheets.paths_stops import strip_of
from sekisho.domain.sheets.paths_tree import Branch, Hop, Leaf, branches_of, cut_deep, tree_of
from sekisho.domain.sheets.paths_words import (
    COMMA,
    all_rules_text,
    explanation_of,
    how_text,
    names_of,
    node_name,
    rule_text,
    service_name,
    stops_of,
)
from sekisho.domain.sheets.segment_cells import boxed, line_name
from sekisho.domain.text import Text

TITLE = Text("ここから入られたときの道筋", "Paths from one entry")
_ROW, _GAP, _LANE = 56.0, 7.0, 26.0
_TREE_TOP = BODY_TOP + 15
_MOST_COLUMNS = 6
_WIDEST = 330.0
_LEGEND = (
    Sample(BoxKind.HOP, frozenset({Mark.BAD}), Text("乗っ取られる（角の欠けた枠）", "Taken (cut corners)")),
    Sample(BoxKind.HOP, frozenset({Mark.BAD, Mark.CRITICAL}), Text("止まると診療が止まる（太枠）", "Care stops without it (thick frame)")),
    Sample(BoxKind.HOP, frozenset({Mark.UNKNOWN}), Text("分からない。乗っ取られるかもしれない（破線と？）", "Perhaps taken: something is unknown (dashed, ?)")),
    Sample(BoxKind.HOP, frozenset({Mark.BAD, Mark.BUNDLE}), Text("そのほか乗っ取られるもののまとめ（重ね枠）", "What else is taken, counted (stacked)")),
    Sample(BoxKind.HOP, frozenset({Mark.GOOD}), Text("ここで止まる（丸い二重枠）", "Here it stops (round double frame)")),
    Sample(BoxKind.HOP, frozenset({Mark.REFERENCE}), Text("前のページに描いたもの（一点鎖線）", "Drawn on an earlier page (dash-dot)")),
)  # fmt: skip


def paths_sheet(
    network: Network,
    spread: Spread,
    explainer: Explainer,
    *,
    services: Mapping[int, Text],
    hospital: Text,
    stamp: Stamp,
) -> Drawing:
    """Return the paths sheet of one entry. `services` names those by which hosts are taken.

    Records of boxes: "entry-<id>" for the entry, "node-<id>" for hosts.
    """
    root = tree_of(network, spread, lambda taking: _alike(taking, explainer))
    stops = stops_of(network, spread, explainer, services)
    sheet = _Paths(network, spread, explainer, services)
    entry = sheet.entry_name
    return framed(
        Imprint(
            name=sheet.name,
            title=Text(f"{TITLE.ja}：{entry.ja}", f"{TITLE.en}: {entry.en}"),
            hospital=hospital,
            summary=_summary(network, spread),
            stamp=stamp,
            count=(Text("落ちる台数", "Taken"), Text(f"{spread.hosts_surely:,}台", f"{spread.hosts_surely:,} hosts")),
            legend=_LEGEND,
        ),
        sheet.bodies(root, stops),
        tuple(sheet.sentences({node.id: node for node in network.nodes}, stops)),
    )


def _alike(taking: Taking, explainer: Explainer) -> object:
    explanation = explanation_of(taking, explainer)
    reference = explanation.rule_reference if explanation else ""
    return (taking.origin, taking.how, taking.service, reference)


def _summary(network: Network, spread: Spread) -> Text:
    nodes = {node.id: node for node in network.nodes}
    fallen = [nodes[name] for name in spread.surely]
    systems = sum(node.role not in TERMINALS for node in fallen)
    critical = sum(node.critical >= 3 for node in fallen)
    total = sum(node.count for node in network.nodes)
    maybe = max(0, spread.hosts_maybe - spread.hosts_surely)
    if not spread.takings:
        return Text("ここからは、どの機器も乗っ取られません。", "No host is taken from here.")
    unknown = Text(f"。ほかに、分からないもの {maybe:,}台", f"; unknown {maybe:,}") if maybe else NOTHING
    return Text(
        f"乗っ取られる機器 {spread.hosts_surely:,}台（全{total:,}台）、システム {systems}（うち最重要 {critical}）{unknown.ja}",
        f"{spread.hosts_surely:,} of {total:,} hosts taken, {systems} systems ({critical} of them critical){unknown.en}",
    )


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where the columns of one tree stand."""

    width: float
    first: int

    def x(self, column: int) -> float:
        return LEFT + column * (self.width + _LANE)


class _Paths:
    """Places trees on pages."""

    def __init__(self, network: Network, spread: Spread, explainer: Explainer, services: Mapping[int, Text]) -> None:
        self._spread, self._explainer, self._services = spread, explainer, services
        self.name = f"paths-{_as_id(spread.entry.id)}"
        self._names = names_of(network)
        self._drawn: set[int] = set()
        lines = {line.id: line for line in network.lines}
        self._line = lines.get(spread.entry.id) if spread.entry.kind is EntryKind.LINE else None
        segments = {segment.id: segment.name or segment.id for segment in network.segments}
        other = segments.get(spread.entry.id, self._names(spread.entry.id))
        self.entry_name = line_name(self._line) if self._line else same(other)

    def bodies(self, root: Hop, stops: Sequence[tuple[Node, Text]]) -> tuple[Body, ...]:
        """Return the pages: the trees, and below the first what stands and why."""
        trees = [(depth, list(branches_of(tree))) for depth, tree in cut_deep(root, _MOST_COLUMNS)]
        strip = strip_of(self.name, stops, _TREE_TOP + len(trees[0][1]) * (_ROW + _GAP) + 2 * _GAP)
        pages: list[Body] = []
        for depth, branches in trees:
            while branches:
                bottom = strip.top if not pages else BODY_BOTTOM
                fitting = max(1, int((bottom - _TREE_TOP + _GAP) // (_ROW + _GAP)))
                pages.append(self._page(branches[:fitting], depth, len(pages) + 1))
                branches = branches[fitting:]
        first = pages[0]
        pages[0] = Body((*first.boxes, *strip.boxes), first.edges, (), (*first.headings, *strip.headings))
        return tuple(pages)

    def _page(self, branches: Sequence[Branch], depth: int, page: int) -> Body:
        most = max(len(way) + (leaf is not None) for way, leaf in branches)
        columns = _Columns(min(_WIDEST, (WIDTH - (most - 1) * _LANE) / most), depth)
        boxes: list[Box] = []
        edges: list[Edge] = []
        placed: dict[int, Box] = {}
        for row, (way, leaf) in enumerate(branches):
            y = _TREE_TOP + row * (_ROW + _GAP)
            before: Box | None = None
            for column, hop in enumerate(way):
                box = placed.get(id(hop))
                if box is None:
                    box = placed[id(hop)] = self._hop(hop, Area(columns.x(column), y, columns.width, _ROW), page)
                    boxes.append(box)
                    if before is not None:
                        edges.append(_edge(before, box))
                before = box
            if leaf is not None and before is not None:
                box = self._leaf(leaf, before, Area(columns.x(len(way)), y, columns.width, _ROW))
                boxes.append(box)
                edges.append(_edge(before, box))
        if not self._spread.takings:
            boxes.append(self._nothing(Area(columns.x(1), _TREE_TOP, columns.width, _ROW)))
            edges.append(_edge(boxes[0], boxes[1]))
        headings = [_column_heading(columns, column) for column in range(most)]
        return Body(tuple(boxes), tuple(edges), (), tuple(headings))

    def _hop(self, hop: Hop, area: Area, page: int) -> Box:
        if not hop.nodes:
            return self._entry(area, page)
        key = hop.numbers[0]
        if key in self._drawn:
            return self._reference(hop, area, page)
        self._drawn.add(key)
        taking, node = hop.takings[0], hop.nodes[0]
        identity = f"{self.name}-hop-{node.id}"
        explanation = explanation_of(taking, self._explainer)
        title = join(*(self._hop_title(its, taken) for its, taken in zip(hop.nodes, hop.takings, strict=True)), by=" ")
        badges = self._badges(hop, area)
        left = 30.0 if badges else 6.0
        inner = Area(area.x + left, area.y + 1.5, area.width - left - 8, area.height - 3)
        labels = (
            Label(_hop_name(hop), 9.5, bold=True),
            Label(how_text(taking, self._names, self._services), 8),
            Label(rule_text(explanation), 7.4, max_lines=2),
        )
        marks = {Mark.BAD} if hop.surely else {Mark.UNKNOWN}
        if node.critical >= 3:
            marks.add(Mark.CRITICAL)
        if len(hop.nodes) > 1:
            marks.add(Mark.BUNDLE)
        tag = join(NOTHING if hop.surely else Text("？", "?"), _GOES_ON if hop.goes_on else NOTHING, by=" ")
        kept = tuple(label for label in labels if label.text.ja)
        return Box(identity, BoxKind.HOP, area, inner, kept, title, frozenset(marks), tag, f"node-{node.id}", badges)

    def _badges(self, hop: Hop, area: Area) -> tuple[Badge, ...]:
        """Return the number of a single hop; alike ones together say theirs in words."""
        if len(hop.nodes) > 1:
            return ()
        node = hop.nodes[0]
        place = Area(area.x + 6, area.y + (area.height - 14) / 2, 21, 14)
        return (Badge(f"{self.name}-hop-{node.id}", hop.numbers[0], place, f"node-{node.id}", node_name(node)),)

    def sentence(self, node: Node, taking: Taking) -> Text:
        """Return how one node falls, with every rule on the way."""
        name, origin = node_name(node), same(self._names(taking.origin))
        how = how_text(taking, self._names, self._services)
        rules = all_rules_text(explanation_of(taking, self._explainer))
        perhaps = NOTHING if taking.surely else Text("（分からない部分があります）", " (something is unknown)")
        return Text(
            f"{name.ja}：{origin.ja}から、{how.ja}{perhaps.ja}。{rules.ja}{'。' if rules.ja else ''}",
            f"{name.en}: from {origin.en}, {how.en}{perhaps.en}. {rules.en}{'.' if rules.en else ''}",
        )

    def sentences(self, nodes: Mapping[str, Node], stops: Sequence[tuple[Node, Text]]) -> Iterator[Text]:
        """Yield every host that falls, in the order of falling, then every important one that stands."""
        for name, taking in self._spread.takings.items():
            step = Text(f"{taking.steps}手め。", f"Step {taking.steps}. ")
            yield join(step, self.sentence(nodes[name], taking), by="")
        for node, why in stops:
            told = node_name(node)
            yield Text(f"{told.ja}は乗っ取られません。{why.ja}。", f"{told.en} is not taken: {why.en}.")

    def _hop_title(self, node: Node, taking: Taking) -> Text:
        return self.sentence(node, taking)

    def _entry(self, area: Area, page: int) -> Box:
        spread = self._spread
        suffix = "" if page == 1 else f"-{page}"
        marks = {Mark.VENDOR} if self._line and self._line.party == "vendor" else set()
        kind = Text("入口（ここから入られたとする）", "entry (an intruder begins here)")
        end = NOTHING
        if self._line and self._line.device:
            end = Text("つながる装置 {device}", "ends on {device}").filled(device=same(self._line.device))
        labels = (Label(self.entry_name, 10.5, bold=True, max_lines=2), Label(kind, 8), Label(end, 8))
        return boxed(
            area,
            f"{self.name}-entry{suffix}",
            BoxKind.LINE,
            labels,
            join(self.entry_name, kind, end, by=COMMA),
            marks=frozenset(marks),
            record=f"entry-{spread.entry.id}",
        )

    def _reference(self, hop: Hop, area: Area, page: int) -> Box:
        name = join(*(node_name(node) for node in hop.nodes), by=COMMA)
        labels = (
            Label(Text(f"{hop.numbers[0]}　{name.ja}", f"{hop.numbers[0]}  {name.en}"), 9, bold=True, max_lines=2),
            Label(Text("前のページから", "from an earlier page"), 8),
        )
        identity = f"{self.name}-again-{page}-{hop.nodes[0].id}"
        return boxed(area, identity, BoxKind.HOP, labels, name, marks=frozenset({Mark.REFERENCE}))

    def _nothing(self, area: Area) -> Box:
        """Return the box that says that nothing falls."""
        words = Text("ここから先へは進めません", "The way ends here")
        title = Text("ここからは、どの機器も乗っ取られません。", "No host is taken from here.")
        labels = (Label(words, 10, bold=True), Label(title, 8))
        return boxed(area, f"{self.name}-nothing", BoxKind.HOP, labels, title, marks=frozenset({Mark.GOOD}))

    def _leaf(self, leaf: Leaf, on: Box, area: Area) -> Box:
        heading = _leaf_heading(leaf)
        names = join(*(node_name(node) for node in leaf.nodes), by=COMMA)
        services = sorted({taking.service for taking in leaf.takings if taking.service})
        by = join(*(service_name(service, self._services) for service in services[:3]), by=COMMA)
        how = Text(f"{by.ja} で入られる", f"taken by {by.en}") if services else NOTHING
        labels = (Label(heading, 9.5, bold=True), Label(how, 8), Label(names, 7.4, max_lines=2))
        kind = f"{'terminals' if leaf.is_terminals else 'systems'}-{'sure' if leaf.surely else 'maybe'}"
        return boxed(
            area,
            f"{on.id}-{kind}",
            BoxKind.HOP,
            labels,
            join(heading, names, how, by=Text("：", ": ")),
            marks=frozenset({Mark.BUNDLE, Mark.BAD if leaf.surely else Mark.UNKNOWN}),
            tag=NOTHING if leaf.surely else Text("？", "?"),
        )


def _as_id(text: str) -> str:
    """Return `text` with only what ids may refer to: white space would part one id into two."""
    return "".join(char if char.isascii() and (char.isalnum() or char == "-") else f"_{ord(char):x}_" for char in text)


_GOES_ON = Text("→ 次のページ", "→ next page")


def _hop_name(hop: Hop) -> Text:
    names = join(*(node_name(node) for node in hop.nodes), by=COMMA)
    if len(hop.nodes) == 1:
        return names
    ranges, count = number_ranges(hop.numbers), len(hop.nodes)
    return Text(f"{ranges}　システム {count}：{names.ja}", f"{ranges}  {count} systems: {names.en}")


def _leaf_heading(leaf: Leaf) -> Text:
    hosts = f"{leaf.hosts:,}"
    if leaf.is_terminals:
        return Text(f"端末 {hosts}台", f"{hosts} terminals")
    return Text(
        f"そのほかのシステム {len(leaf.nodes)}（{hosts}台）", f"{len(leaf.nodes)} other systems ({hosts} hosts)"
    )


def _column_heading(columns: _Columns, column: int) -> Heading:
    step = columns.first + column
    words = Text(f"{step}手め", f"step {step}") if step else Text("入口", "entry")
    width = min(columns.width, RIGHT - columns.x(column))
    return Heading(Area(columns.x(column), BODY_TOP, width, 12), Label(words, 9, bold=True), "middle")


def _edge(source: Box, target: Box) -> Edge:
    """Return the edge to the right: on the level of the target only when that is beside it."""
    start = (source.area.right, source.area.y + source.area.height / 2)
    end = (target.area.x, target.area.y + target.area.height / 2)
    lane = target.area.x - _LANE / 2
    points = (start, end) if start[1] == end[1] else (start, (lane, start[1]), (lane, end[1]), end)
    marks = target.marks & {Mark.UNKNOWN, Mark.BAD}
    return Edge(f"{target.id}-way", source.id, target.id, points, marks=marks)
