"""Ends without a known address: nothing is known of who reaches them or whom they reach, so both may be anybody.

They have no class in `classes`; here each gets a position after the last class, for those who count in bit sets.
"""

from collections.abc import Iterable

from sekisho.domain.network.reach import Reachability


class Unplaced:
    """The nodes, lines and segments of a network from or to which no class sends or receives."""

    def __init__(self, reach: Reachability) -> None:
        classes, network = reach.classes, reach.network
        self._listening = reach.listening
        self._names: list[str] = []
        self._first = len(classes)
        self.known = (1 << self._first) - 1
        """The bits of all classes, without those given here."""
        self.nodes = self._numbered(node.id for node in network.nodes if not classes.of_node[node.id])
        """The bit of each node without an address."""
        self.lines = self._numbered(line.id for line in network.lines if not classes.of_line.get(line.id))
        """The bit of each line without a sender."""
        self.segments = self._numbered(
            segment.id
            for segment in network.segments
            if not classes.of_ghost.get(segment.id) and not classes.of_segment.get(segment.id)
        )
        """The bit of each segment on which no address is known to be free or taken."""
        listens = {node.id: node.listens for node in network.nodes}
        self.is_empty = not self._names
        """Whether every end has a class."""
        self._heard = {
            service: sum(bit for node, bit in self.nodes.items() if service in listens[node])
            for service in reach.listening
        }

    def name(self, position: int) -> str | None:
        """Return the id of the end at a position, None for a class."""
        return self._names[position - self._first] if position >= self._first else None

    def listening(self, service: int) -> int:
        """Return the bits of the nodes here that listen on a service asked about."""
        return self._heard.get(service, 0)

    def reached_from(self, sender: int, service: int) -> int:
        """Return whom a sender, class or not, may reach because one of the two has no known address."""
        if sender < self._first:
            return self.listening(service)
        return self.listening(service) | self._listening.get(service, 0)

    def _numbered(self, names: Iterable[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for name in names:
            found[name] = 1 << self._first + len(self._names)
            self._names.append(name)
        return found
