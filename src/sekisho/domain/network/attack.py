"""What an intruder takes, entry by entry: hosts in how many steps, and by what.

An intruder never loses what was taken, so taking is a growing set and its end is found step by step. A host falls when
the intruder, from a host already taken or from the entry, reaches a service by which a host is taken over; when a
console (hypervisor, backup, storage) is reached with an administrator's credentials already held; when its hypervisor
falls; or when data is carried to it by hand without a barrier. Three values: what surely falls is found over sure
connections only, what may fall over possible ones too. Chances are not invented: a reachable takeover service counts as
taken, unless `needs_credentials` asks for held credentials as well.

A host of which no address is known may be reached by anybody and may reach anybody: it falls perhaps, and whoever can
fall to it does perhaps. Lines of one company hang together: surely where they send from the same addresses.

Source: monotonic attack graphs, Ammann et al. (CCS 2002); MIT LL NetSPA.
"""

from copy import copy

from sekisho.domain.network.classes import positions
from sekisho.domain.network.edges import Edges
from sekisho.domain.network.floods import Floods
from sekisho.domain.network.growth import Beginning, Growth
from sekisho.domain.network.hosts import Hosts
from sekisho.domain.network.intrusion import Entry, EntryKind, Intrusion
from sekisho.domain.network.kin import Kin
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.spread import Spread, Takings
from sekisho.domain.network.ways import Ways


class Attack:
    """The spread of attacks over one network. `edges` are what hosts reach of each other on takeover services."""

    def __init__(self, reach: Reachability, intrusion: Intrusion) -> None:
        self.reach, self.intrusion = reach, intrusion
        self._network = reach.network
        self._hosts = Hosts(reach)
        self._kin = Kin(reach.network, self._hosts)
        self.edges = Edges(reach, intrusion.takeover, self._hosts.unplaced)
        self._floods = Floods(self.edges, reach.classes.hosts, self._hosts.passing_on)
        self._ways = Ways(reach, intrusion, self._hosts, self._kin, self.edges)

    def after(self, reach: Reachability) -> "Attack":
        """Return the attack over a changed reachability, one made by `reach.after`; what is the same is kept."""
        same = ("nodes", "media", "segments")
        if reach.classes is not self.reach.classes or any(
            getattr(reach.network, name) is not getattr(self._network, name) for name in same
        ):
            return Attack(reach, self.intrusion)
        other = copy(self)
        other.reach, other._network = reach, reach.network
        other.edges = self.edges.after(reach)
        other._floods = self._floods.after(other.edges)
        other._ways = Ways(reach, self.intrusion, self._hosts, self._kin, other.edges)
        return other

    # ---- questions ----

    def entries(self) -> list[Entry]:
        """Return the external lines as entries, in the network's order."""
        return [Entry(EntryKind.LINE, line.id) for line in self._network.lines]

    def spread(self, entry: Entry) -> Spread:
        """Return what falls from an entry, with a shortest way to each.

        Raises:
            KeyError: there is no such line, node or segment.
        """
        sure = self._grown(entry, surely=True)
        perhaps = self._grown(entry, surely=False)
        takings = Takings(self._ways, entry, sure, perhaps)
        known = self._hosts.unplaced.known
        surely, maybe = sure.taken, perhaps.taken | sure.taken
        first = entry.id if entry.kind is EntryKind.NODE else None
        hosts, hosts_maybe = self.hosts(surely, first), self.hosts(maybe, first)
        held = (sure.held, perhaps.held | sure.held)
        return Spread(entry, takings, hosts, hosts_maybe, surely & known, maybe & known, *held)

    def closure(self, entry: Entry, *, surely: bool) -> int:
        """Return only the classes that fall: faster than `spread`, for many entries or many what-ifs."""
        known = self._hosts.unplaced.known
        if self.intrusion.needs_credentials or entry.kind is EntryKind.NODE:
            return self._grown(entry, surely=surely).taken & known
        passing_on = self._hosts.passing_on
        growth = Growth(self._begun(entry, surely))
        frontier, taken = growth.begun.senders, 0
        while True:
            taken |= self._floods.taken_from(frontier, surely=surely)
            growth.taken, growth.senders = taken, (taken & passing_on) | growth.begun.senders
            growth.held = growth.begun.held | self._hosts.credentials_in(taken)
            more = self._consoles(growth, surely) & ~taken
            if self._kin.some:
                with_them = self._kin.fallen_with(taken & passing_on, surely=surely)
                more |= self._hosts.made_whole(taken | with_them) & ~taken
            if not more:
                return taken & known
            taken |= more
            frontier = more & passing_on

    def hosts(self, classes: int, entry_node: str | None = None) -> int:
        """Return how many computers some classes are; `entry_node` counts in any case."""
        return self._hosts.count(classes, entry_node)

    # ---- growing ----

    def _grown(self, entry: Entry, *, surely: bool) -> Growth:
        growth = Growth(self._begun(entry, surely))
        frontier, growth.held = growth.begun.senders, growth.begun.held
        waiting = 0  # reached, but the credentials are still missing
        while frontier or waiting:
            growth.senders |= frontier
            new = self.edges.from_any(frontier, surely=surely) | waiting
            new, waiting = self._admitted(new & ~growth.taken, growth)
            new |= self._consoles(growth, surely) & ~growth.taken
            if self._kin.some:
                new |= self._kin.fallen_with(frontier, surely=surely) & ~growth.taken
                new = self._hosts.made_whole(new) & ~growth.taken
            if not new:
                break
            growth.taken |= new
            growth.levels.append(new)
            growth.held |= self._hosts.credentials_in(new)
            frontier = new & self._hosts.passing_on
        return growth

    def _begun(self, entry: Entry, surely: bool) -> Beginning:
        """Return with what an intruder begins.

        Raises:
            KeyError: there is no such line, node or segment.
        """
        classes, unplaced = self.reach.classes, self._hosts.unplaced
        if entry.kind is EntryKind.SEGMENT:
            if entry.id not in {segment.id for segment in self._network.segments}:
                raise KeyError(entry.id)
            # Where no address is free, the stranger uses that of a host.
            own = classes.of_ghost.get(entry.id, 0) or classes.of_segment.get(entry.id, 0)
            return Beginning(own or unplaced.segments[entry.id])
        if entry.kind is EntryKind.NODE:
            credentials = frozenset(self._hosts.nodes[entry.id].credentials)
            return Beginning(self._hosts.bits_of(entry.id) & self._hosts.passing_on, credentials)
        line = next((line for line in self._network.lines if line.id == entry.id), None)
        if line is None:
            raise KeyError(entry.id)
        lines = [line]
        for other in self._network.lines:
            is_kin = other.id != line.id and line.vendor and other.vendor == line.vendor
            if is_kin and (not surely or other.source.overlaps(line.source)):
                lines.append(other)
        senders = 0
        for one in lines:
            senders |= classes.of_line.get(one.id, 0) or unplaced.lines[one.id]
        held = frozenset(credential for one in lines for credential in one.credentials)
        return Beginning(senders, held, tuple(one.id for one in lines[1:]))

    def _admitted(self, reached: int, growth: Growth) -> tuple[int, int]:
        """Return what falls of the reached hosts, and what waits for credentials."""
        if not self.intrusion.needs_credentials:
            return reached, 0
        opened = self._hosts.opened_by(growth.held)
        return reached & opened, reached & ~opened

    def _consoles(self, growth: Growth, surely: bool) -> int:
        """Return the hosts whose consoles are reached from a sender so far by someone who holds their credentials."""
        if not self.intrusion.consoles or not growth.held:
            return 0
        opened = self._hosts.opened_by(growth.held) & ~growth.taken
        found = 0
        for role, services in self.intrusion.consoles.items():
            wanted = opened & self._hosts.of_role(role)
            for service in services & set(self.reach.listening) if wanted else ():
                heard = wanted & self._ways.hearing(service)
                for sender in positions(growth.senders) if heard else ():
                    found |= self._ways.passing(sender, service, surely=surely) & heard
        return found
