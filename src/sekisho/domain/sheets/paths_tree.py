"""The ways of one attack as a tree: the entry, the hops that lead to critical systems, and groups of all else that falls.

A hop is drawn by itself when a way to a critical system goes through it or ends at it. Everything else that falls hangs,
counted, on the last drawn hop before it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sekisho.domain.network.impact import TERMINALS
from sekisho.domain.network.model import Network, Node
from sekisho.domain.network.spread import Spread
from sekisho.domain.network.taking import Taking

MOST_LEAVES = 24
"""With more ends than this, alike ones share a box."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """Other nodes that fall from one hop: those people sit at, or systems; surely, or perhaps."""

    nodes: tuple[Node, ...]
    takings: tuple[Taking, ...]
    is_terminals: bool
    surely: bool

    @property
    def hosts(self) -> int:
        """Return how many computers they are."""
        return sum(node.count for node in self.nodes)


@dataclass(slots=True)
class Hop:
    """A node on a way, or alike ones together. `numbers` count hops in the order of falling; () is the entry."""

    nodes: tuple[Node, ...] = ()
    takings: tuple[Taking, ...] = ()
    numbers: tuple[int, ...] = ()
    children: list["Hop"] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    goes_on: bool = False
    """Cut here: what comes after it is drawn in another tree."""

    @property
    def surely(self) -> bool:
        """Return whether all of it surely falls."""
        return all(taking.surely for taking in self.takings)

    def walk(self) -> Iterator["Hop"]:
        """Yield this hop and all after it, the nearest first along each way."""
        yield self
        for child in self.children:
            yield from child.walk()


def goals_of(network: Network, spread: Spread) -> tuple[Node, ...]:
    """Return the most critical nodes that fall; where none is critical, all that fall."""
    fallen = [node for node in network.nodes if node.id in spread.takings]
    worst = max((node.critical for node in fallen), default=0)
    least = 3 if worst >= 3 else max(worst, 2)
    return tuple(node for node in fallen if node.critical >= least) or tuple(fallen)


def tree_of(network: Network, spread: Spread, alike: Callable[[Taking], object]) -> Hop:
    """Return the tree of one attack. `alike` tells takings apart that may not share a box."""
    nodes = {node.id: node for node in network.nodes}
    goals = goals_of(network, spread)
    ways = {node.id: spread.way_to(node.id) for node in goals}
    on_way = {taking.node for way in ways.values() for taking in way}
    root = Hop()
    hops: dict[str, Hop] = {}
    for number, name in enumerate((name for name in spread.takings if name in on_way), start=1):
        hops[name] = Hop((nodes[name],), (spread.takings[name],), (number,))
    for name, hop in hops.items():
        way = spread.way_to(name)
        before = hops.get(way[-2].node) if len(way) > 1 else None
        (before or root).children.append(hop)
    _hang_leaves(root, hops, nodes, spread)
    if sum(1 for hop in root.walk() if not hop.children) > MOST_LEAVES:
        _merge(root, alike)
    return root


def _hang_leaves(root: Hop, hops: Mapping[str, Hop], nodes: Mapping[str, Node], spread: Spread) -> None:
    found: dict[tuple[int, bool, bool], tuple[Hop, list[Taking]]] = {}
    for name, taking in spread.takings.items():
        if name in hops:
            continue
        on = next((hops[step.node] for step in reversed(spread.way_to(name)) if step.node in hops), root)
        key = (id(on), nodes[name].role in TERMINALS, taking.surely)
        found.setdefault(key, (on, []))[1].append(taking)
    for (_, is_terminals, surely), (on, takings) in found.items():
        on.leaves.append(Leaf(tuple(nodes[taking.node] for taking in takings), tuple(takings), is_terminals, surely))
    for hop in root.walk():
        hop.leaves.sort(key=lambda leaf: (leaf.is_terminals, not leaf.surely))


def _merge(root: Hop, alike: Callable[[Taking], object]) -> None:
    """Put alike ends of one hop into one box."""
    for hop in root.walk():
        kept: list[Hop] = []
        boxes: dict[object, Hop] = {}
        for child in hop.children:
            if child.children or child.leaves:
                kept.append(child)
                continue
            key = (alike(child.takings[0]), child.surely)
            same = boxes.get(key)
            if same is None:
                boxes[key] = child
                kept.append(child)
            else:
                same.nodes += child.nodes
                same.takings += child.takings
                same.numbers += child.numbers
        hop.children = kept


# ---- rows ----

Branch = tuple[tuple[Hop, ...], Leaf | None]
"""The hops from the first column to an end, and the group at the end when it is one."""


def branches_of(root: Hop, before: Sequence[Hop] = ()) -> Iterator[Branch]:
    """Yield every end of the tree with the hops before it, from top to bottom."""
    way = (*before, root)
    for child in root.children:
        yield from branches_of(child, way)
    for leaf in root.leaves:
        yield way, leaf
    if not root.children and not root.leaves:
        yield way, None


def cut_deep(root: Hop, columns: int) -> list[tuple[int, Hop]]:
    """Return trees no deeper than `columns`, each with its depth in the whole: what is deeper goes on in another tree.

    The hop at which a tree is cut ends the one tree and begins the other.
    """
    trees: list[tuple[int, Hop]] = []
    waiting = [(0, root)]
    while waiting:
        depth, top = waiting.pop(0)
        trees.append((depth, _shallow(top, columns, depth, waiting)))
    return trees


def _shallow(hop: Hop, columns: int, depth: int, waiting: list[tuple[int, Hop]]) -> Hop:
    if columns <= 1 and (hop.children or hop.leaves):
        waiting.append((depth, hop))
        return Hop(hop.nodes, hop.takings, hop.numbers, goes_on=True)
    children = [_shallow(child, columns - 1, depth + 1, waiting) for child in hop.children]
    return Hop(hop.nodes, hop.takings, hop.numbers, children, list(hop.leaves))
