"""What falls from one entry, in the order of falling, and by which way each node falls."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from sekisho.domain.network.classes import positions
from sekisho.domain.network.growth import Growth
from sekisho.domain.network.intrusion import Entry, EntryKind
from sekisho.domain.network.taking import Taking
from sekisho.domain.network.ways import Ways
from sekisho.domain.tri import Tri


@dataclass(frozen=True)
class Spread:
    """What falls from one entry. `takings` are in the order of falling; `hosts` count computers, not nodes.

    How a node falls is worked out when it is first asked for.
    """

    entry: Entry
    takings: "Takings"
    hosts_surely: int
    hosts_maybe: int
    classes_surely: int
    classes_maybe: int
    held_surely: frozenset[str] = frozenset()
    """Credentials that the intruder holds at the end."""
    held_maybe: frozenset[str] = frozenset()

    def fallen(self, node: str) -> Tri:
        """Return whether a node falls; one from which the attack begins has fallen."""
        if self.entry.kind is EntryKind.NODE and node == self.entry.id:
            return Tri.YES
        return self.takings.fate(node)

    def knows(self, node: str) -> bool:
        """Return whether the network has such a node."""
        return self.takings.knows(node)

    @property
    def surely(self) -> tuple[str, ...]:
        """Return the nodes that surely fall, in the order of falling."""
        return tuple(node for node in self.takings if self.takings.is_sure(node))

    @property
    def maybe(self) -> tuple[str, ...]:
        """Return the nodes that may fall, nobody can tell."""
        return tuple(node for node in self.takings if not self.takings.is_sure(node))

    def way_to(self, node: str) -> tuple[Taking, ...]:
        """Return the steps from the entry to a node, first step first; empty when it does not fall.

        A group of hosts stands there twice when one of them falls to another and only that one goes on.
        """
        return self.takings.way_to(node)

    def needed_for(self, node: str) -> tuple[Taking, ...]:
        """Return every step without which a node would not fall this way: those to the credentials used as well."""
        waiting, steps = [node], dict[Taking, None]()
        asked = {node}
        while waiting:
            for step in self.way_to(waiting.pop()):
                steps.setdefault(step)
                if step.credentials_from and step.credentials_from not in asked:
                    asked.add(step.credentials_from)
                    waiting.append(step.credentials_from)
        return tuple(steps)


class Takings(Mapping[str, Taking]):
    """How each node falls from one entry, in the order of falling; what falls surely comes first."""

    def __init__(self, ways: Ways, entry: Entry, sure: Growth, perhaps: Growth) -> None:
        self._ways, self._hosts, self._entry = ways, ways.hosts, entry
        self._growths = (perhaps, sure)
        self._known: dict[tuple[str, bool, int, int], Taking] = {}

    @cached_property
    def _fallen(self) -> dict[str, tuple[bool, int]]:
        """Return the nodes in the order of falling: whether surely, and in which level."""
        perhaps, sure = self._growths
        fallen: dict[str, tuple[bool, int]] = {}
        for growth, is_sure in ((sure, True), (perhaps, False)):
            for level, bits in enumerate(growth.levels):
                for at in positions(bits):
                    for node in self._hosts.nodes_at(at):
                        if self._entry.kind is not EntryKind.NODE or node != self._entry.id:
                            fallen.setdefault(node, (is_sure, level))
        return fallen

    def fate(self, node: str) -> Tri:
        """Return whether a node falls, without looking at the others."""
        perhaps, sure = self._growths
        bits = self._hosts.bits_of(node)
        return Tri.YES if bits & sure.taken else Tri.UNKNOWN if bits & perhaps.taken else Tri.NO

    def knows(self, node: str) -> bool:
        """Return whether the network has such a node."""
        return node in self._hosts.nodes

    def is_sure(self, node: str) -> bool:
        """Return whether a node surely falls."""
        return self._fallen[node][0]

    def steps(self, node: str) -> int:
        """Return after how many steps a node falls."""
        return self._fallen[node][1] + 1

    def __getitem__(self, node: str) -> Taking:
        is_sure, level = self._fallen[node]
        return self._taking(node, is_sure, level, self._hosts.among(self._growths[is_sure].levels[level], node))

    def way_to(self, node: str) -> tuple[Taking, ...]:
        """Return the steps from the entry to a node, first step first; see `Spread.way_to`."""
        if node not in self._fallen:
            return ()
        steps = [self[node]]
        growth = self._growths[steps[0].surely]
        while (level := self._level_before(steps[-1], growth)) is not None:
            last = steps[-1]
            hosts = self._hosts.among(growth.levels[level], last.origin, last.sender)
            steps.append(self._taking(last.origin, last.surely, level, hosts))
        return tuple(reversed(steps))

    def _level_before(self, taking: Taking, growth: Growth) -> int | None:
        """Return in which level the hosts fell from which a step is made; None for the entry itself."""
        if self._entry.kind is EntryKind.NODE and taking.origin == self._entry.id:
            return None
        levels = enumerate(growth.levels[: taking.steps - 1])
        return next((at for at, bits in levels if self._hosts.among(bits, taking.origin, taking.sender)), None)

    def _taking(self, node: str, is_sure: bool, level: int, hosts: int) -> Taking:
        key = (node, is_sure, level, hosts)
        known = self._known.get(key)
        if known is None:
            growth = self._growths[is_sure]
            known = self._known[key] = self._ways.taking(self._entry, growth, node, level, hosts, surely=is_sure)
        return known

    def __iter__(self) -> Iterator[str]:
        return iter(self._fallen)

    def __len__(self) -> int:
        return len(self._fallen)

    def __contains__(self, node: object) -> bool:
        return node in self._fallen
