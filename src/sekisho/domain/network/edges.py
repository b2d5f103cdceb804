"""Whom a host can take next: the classes that each class reaches on a service by which hosts are taken.

Found when first asked for and kept; a search over a whole network asks for the same ones again and again, by thousands.
"""

from collections.abc import Callable, Iterable
from functools import reduce
from operator import or_

from sekisho.domain.network.classes import positions
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.unplaced import Unplaced


class Edges:
    """The edges of one reachability. `surely` and `maybe` hold the classes reached, as bits, by sender position."""

    def __init__(self, reach: Reachability, takeover: Iterable[int], unplaced: Unplaced) -> None:
        self.reach, self._services, self._unplaced = reach, frozenset(takeover), unplaced
        self._atoms = sum(
            reach.atoms.of_service(at) for at, service in enumerate(reach.atoms.services) if service in self._services
        )
        self._heard: dict[int, int] = {}
        self.surely, self.maybe = _Known(self._find), _Known(self._find)

    def after(self, reach: Reachability) -> "Edges":
        """Return the edges of a changed reachability over the same classes; from whom nothing changed they are kept."""
        if reach is self.reach:
            return self
        other = Edges(reach, self._services, self._unplaced)
        other._heard = self._heard
        for sender, reached in self.surely.items():
            if reach.same_rows(self.reach, sender):
                other.surely[sender], other.maybe[sender] = reached, self.maybe[sender]
        return other

    def from_any(self, senders: int, *, surely: bool) -> int:
        """Return the classes that some of `senders` reach."""
        known = self.surely if surely else self.maybe
        return reduce(or_, map(known.__getitem__, positions(senders)), 0)

    def _find(self, sender: int) -> None:
        surely = maybe = 0
        if not self._unplaced.is_empty:
            for service in self._services:
                maybe |= self._unplaced.reached_from(sender, service)
        for row in self.reach.rows(sender) if self._unplaced.name(sender) is None else ():
            for atoms, part_surely, part_maybe in row:
                if inside := atoms & self._atoms:
                    heard = self._listening(inside)
                    surely |= part_surely & heard
                    maybe |= part_maybe & heard
        self.surely[sender], self.maybe[sender] = surely, maybe

    def _listening(self, atoms: int) -> int:
        known = self._heard.get(atoms)
        if known is None:
            known = 0
            for at in self.reach.atoms.services_of(atoms):
                known |= self.reach.listening.get(self.reach.atoms.services[at], 0)
            self._heard[atoms] = known
        return known


class _Known(dict[int, int]):
    """Bits by sender; the missing are found on the way, so that whole sets are looked up without a step in Python."""

    def __init__(self, find: Callable[[int], None]) -> None:
        self._find = find

    def __missing__(self, sender: int) -> int:
        self._find(sender)
        return self[sender]
