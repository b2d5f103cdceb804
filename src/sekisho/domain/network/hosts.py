"""Which bits are which hosts: what a search over classes must know of the nodes behind them.

A node of which no address is known has a bit of its own after those of the classes (see `unplaced`).
"""

from collections.abc import Iterable
from functools import reduce
from operator import or_

from sekisho.domain.network.classes import is_many_homed, positions
from sekisho.domain.network.model import Node
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.unplaced import Unplaced


class Hosts:
    """The hosts of one network. Rule sets do not matter here, so that what-ifs share it."""

    def __init__(self, reach: Reachability) -> None:
        self.unplaced = Unplaced(reach)
        self.nodes = {node.id: node for node in reach.network.nodes}
        self._classes = reach.classes
        self._bits = reach.classes.of_node | self.unplaced.nodes
        self._whole = dict.fromkeys(self._several_classes())
        self.passing_on = ~reduce(or_, (self._bits[node.id] for node in self.nodes.values() if node.is_jump_host), 0)
        """The bits of those from which an intruder gets on: all but jump hosts."""
        self._opened: dict[str, int] = {}
        self._roles: dict[str, int] = {}
        for node in self.nodes.values():
            bits = self._bits[node.id]
            self._roles[node.role] = self._roles.get(node.role, 0) | bits
            for credential in node.credentials:
                self._opened[credential] = self._opened.get(credential, 0) | bits
        self._counted: dict[tuple[int, str | None], int] = {}

    def bits_of(self, node: str) -> int:
        """Return the classes of a node, 0 when there is none of that id."""
        return self._bits.get(node, 0)

    def of_role(self, role: str) -> int:
        """Return the classes of the nodes of a role."""
        return self._roles.get(role, 0)

    def nodes_at(self, position: int) -> tuple[str, ...]:
        """Return the nodes whose hosts are at a position: of a class, or a node without a known address."""
        name = self.unplaced.name(position)
        if name is not None:
            return (name,) if name in self.nodes else ()
        return self._classes.items[position].nodes

    def name_at(self, position: int) -> str:
        """Return how the sender at a position is called: by its first node, else by its line or segment."""
        name = self.unplaced.name(position)
        if name is not None:
            return name
        item = self._classes.items[position]
        return item.nodes[0] if item.nodes else item.place

    def among(self, classes: int, node: str, sender: int = -1) -> int:
        """Return the hosts of a node among `classes`; with a sender class only those, unless one host has them all."""
        bits = self._bits.get(node, 0)
        return classes & (bits if sender < 0 or bits in self._whole else bits & 1 << sender)

    # ---- hosts with several addresses ----

    @property
    def some_are_whole(self) -> bool:
        """Return whether some host has addresses in several classes, which fall together."""
        return bool(self._whole)

    def made_whole(self, classes: int) -> int:
        """Return `classes` with the other addresses of the hosts that have one in them."""
        for bits in self._whole:
            if classes & bits:
                classes |= bits
        return classes

    def _several_classes(self) -> Iterable[int]:
        for name, bits in self._classes.of_node.items():
            places = {self._classes.items[at].place for at in positions(bits)}
            if bits.bit_count() > 1 and (is_many_homed(self.nodes[name]) or len(places) > 1):
                yield bits

    # ---- credentials ----

    def opened_by(self, credentials: Iterable[str]) -> int:
        """Return the classes of the nodes that some of these credentials open."""
        opened = 0
        for credential in credentials:
            opened |= self._opened.get(credential, 0)
        return opened

    def credentials_in(self, classes: int) -> frozenset[str]:
        """Return the credentials that lie on hosts of `classes`."""
        return frozenset(credential for credential, bits in self._opened.items() if bits & classes)

    # ---- counting ----

    def count(self, classes: int, entry_node: str | None = None) -> int:
        """Return how many computers some classes are; `entry_node` counts in any case."""
        known = self._counted.get((classes, entry_node))
        if known is None:
            known = self._counted[classes, entry_node] = self._count(classes, entry_node)
        return known

    def _count(self, classes: int, entry_node: str | None) -> int:
        total: dict[str, int] = {}
        for at in positions(classes & self._classes.hosts):
            for node, (first, last) in self._classes.items[at].members:
                total[node] = total.get(node, 0) + last - first + 1
        for node in self.unplaced.nodes:
            if classes & self._bits[node]:
                total[node] = 0
        if entry_node is not None:
            total[entry_node] = self.nodes[entry_node].addresses.size
        return sum(_computers(self.nodes[node], addresses) for node, addresses in total.items())


def _computers(node: Node, addresses: int) -> int:
    """Return how many computers of a node `addresses` of its addresses are: all, where hosts have several."""
    if is_many_homed(node) or addresses >= node.addresses.size:
        return node.count
    return min(addresses, node.count)
