"""Everything that falls from some hosts when each host taken takes whomever it reaches: floods over the edges alone.

In a hospital without walls one flood is nearly all of it, and from nearly every host it is the same. It is therefore
found once, from one host, its root; whoever lies in it and reaches the root has exactly that flood before it.
"""

from dataclasses import dataclass

from sekisho.domain.network.classes import positions
from sekisho.domain.network.edges import Edges

MAX_KEPT = 4
"""How many large floods are kept; hospitals have one or two."""
LEAST_KEPT = 64
"""Classes of the least flood that is worth keeping: a smaller one is as soon found again."""


@dataclass(frozen=True, slots=True)
class _Flood:
    """What falls from `root`, a single bit. The root is part of it only when it falls to what fell."""

    root: int
    taken: int


class Floods:
    """The floods over some edges. `passing_on` are the bits of those who go on taking; a jump host does not."""

    def __init__(self, edges: Edges, hosts: int, passing_on: int) -> None:
        self._edges, self._hosts, self._passing_on = edges, hosts, passing_on
        self._kept: dict[bool, list[_Flood]] = {True: [], False: []}

    def after(self, edges: Edges) -> "Floods":
        """Return the floods over other edges between the same classes; none is known yet."""
        return Floods(edges, self._hosts, self._passing_on)

    def taken_from(self, start: int, *, surely: bool) -> int:
        """Return the classes that fall to those of `start`; of these themselves only who falls to another."""
        kept = self._kept[surely]
        taken = done = 0
        frontier = start & self._passing_on
        is_tried = False
        while frontier:
            fresh = frontier & self._hosts
            if fresh and not is_tried:
                is_tried = True
                self._keep(fresh & -fresh, surely)
            for flood in kept:
                if self._reaches(flood, frontier & ~done, surely):
                    taken |= flood.taken
                    done |= flood.taken
            new = self._edges.from_any(frontier & ~done, surely=surely)
            done |= frontier
            taken |= new
            frontier = new & self._passing_on & ~done
        return taken

    def _reaches(self, flood: _Flood, senders: int, surely: bool) -> bool:
        """Return whether one of `senders` lies in a flood and reaches its root."""
        known = self._edges.surely if surely else self._edges.maybe
        return any(known[sender] & flood.root for sender in positions(senders & flood.taken))

    def _keep(self, root: int, surely: bool) -> None:
        """Find what falls from `root` and keep it, where much does and nothing is kept that holds it."""
        kept = self._kept[surely]
        if len(kept) == MAX_KEPT or any(root & flood.taken for flood in kept):
            return
        taken, done, frontier = 0, 0, root
        while frontier:
            taken |= self._edges.from_any(frontier, surely=surely)
            done |= frontier
            frontier = taken & self._passing_on & ~done
        if taken.bit_count() >= LEAST_KEPT:
            kept.append(_Flood(root, taken))
