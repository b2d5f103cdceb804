"""Why a node falls: of all that could have taken it in its step, the one that is shown, and who gave the credentials."""

from collections.abc import Iterator
from dataclasses import replace

from sekisho.domain.network.classes import positions
from sekisho.domain.network.edges import Edges
from sekisho.domain.network.growth import Growth
from sekisho.domain.network.hosts import Hosts
from sekisho.domain.network.intrusion import Entry, EntryKind, Intrusion
from sekisho.domain.network.kin import Kin
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.taking import How, Taking


class Ways:
    """What explains the steps of attacks over one reachability."""

    def __init__(self, reach: Reachability, intrusion: Intrusion, hosts: Hosts, kin: Kin, edges: Edges) -> None:
        self._reach, self._intrusion = reach, intrusion
        self.hosts, self._kin, self._edges = hosts, kin, edges

    def passing(self, sender: int, service: int, *, surely: bool) -> int:
        """Return whom a sender reaches on a service, listening or not."""
        unplaced = self.hosts.unplaced
        maybe = 0 if surely else unplaced.reached_from(sender, service)
        if unplaced.name(sender) is not None:
            return maybe
        return self._reach.passing(sender, service)[0 if surely else 1] | maybe

    def hearing(self, service: int) -> int:
        """Return who listens on a service, with a known address or without."""
        return self._reach.listening.get(service, 0) | self.hosts.unplaced.listening(service)

    def taking(self, entry: Entry, growth: Growth, node: str, level: int, hosts: int, *, surely: bool) -> Taking:
        """Return how a node falls some `hosts` of which are in a level of a growth."""
        passing_on = self.hosts.passing_on
        taken = growth.taken_before(level)
        start = growth.begun.senders & passing_on
        earlier = (taken & passing_on) | start
        before = growth.levels[level - 1] & passing_on if level else start
        if not self._edges.from_any(before, surely=surely) & hosts:
            before = earlier  # not by a takeover service of the last step: by a console, or credentials found later
        wanted = set(self.hosts.nodes[node].credentials)
        held = bool((growth.begun.held | self.hosts.credentials_in(taken)) & wanted)
        by = self._by_connection(node, hosts, before, held, surely) or self._kin.taking(node, earlier, surely=surely)
        giver = self._giver(entry, growth, level, wanted) if held else ""
        return replace(by, surely=surely, steps=level + 1, with_credentials=held, credentials_from=giver)

    def _by_connection(self, node: str, hosts: int, before: int, held: bool, surely: bool) -> Taking | None:
        """Return by which connection one of `hosts` falls to one of the senders `before`; None when by none."""
        reached = self._edges.surely if surely else self._edges.maybe
        by_edge = next((sender for sender in positions(before) if reached[sender] & hosts), None)
        senders = [by_edge] if by_edge is not None else list(positions(before))
        for services, how in self._openings(node, held):
            for sender in senders:
                for service in services:
                    heard = hosts & self.hearing(service)
                    found = self.passing(sender, service, surely=surely) & heard if heard else 0
                    if found:
                        ends = (sender, next(positions(found)))
                        one, other = (-1 if self.hosts.unplaced.name(end) is not None else end for end in ends)
                        return Taking(node, surely, 0, self.hosts.name_at(sender), how, service, one, other)
        return None

    def _openings(self, node: str, held: bool) -> Iterator[tuple[list[int], How]]:
        """Yield the services by which a node can be taken, and how; the usual ones before its console."""
        if held or not self._intrusion.needs_credentials:
            yield sorted(self._intrusion.takeover), How.SERVICE
        if held:
            yield sorted(self._intrusion.consoles.get(self.hosts.nodes[node].role, ())), How.CONSOLE

    def _giver(self, entry: Entry, growth: Growth, level: int, wanted: set[str]) -> str:
        """Return who gave one of the credentials wanted: "" the entry, a line of the same company, or the first node."""
        lines = {line.id: line for line in self._reach.network.lines}
        for line in (entry.id, *growth.begun.lines) if entry.kind is EntryKind.LINE else ():
            if wanted & set(lines[line].credentials):
                return "" if line == entry.id else line
        nodes = self.hosts.nodes
        if entry.kind is EntryKind.NODE and wanted & set(nodes[entry.id].credentials):
            return ""
        fallen = (node for bits in growth.levels[:level] for at in positions(bits) for node in self.hosts.nodes_at(at))
        return next((node for node in fallen if wanted & set(nodes[node].credentials)), "")
