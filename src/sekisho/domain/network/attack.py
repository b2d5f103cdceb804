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

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property

from sekisho.domain.network.classes import is_many_homed, positions
from sekisho.domain.network.edges import Edges
from sekisho.domain.network.floods import Floods
from sekisho.domain.network.model import MediaControl, Network, Node
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.unplaced import Unplaced
from sekisho.domain.tri import Tri


@dataclass(frozen=True, slots=True)
class Intrusion:
    """By what hosts are taken. Services as numbers.

    `takeover` opens any host that listens there (remote desktop, file sharing, remote administration). `consoles` are
    management pages by the role of the node: they open it to who holds its credentials. `enforced_media` is what a
    USB stick cannot pass.
    """

    takeover: frozenset[int]
    consoles: Mapping[str, frozenset[int]] = field(default_factory=dict)
    needs_credentials: bool = False

    @property
    def services(self) -> frozenset[int]:
        """Return every service that must be asked about."""
        return self.takeover.union(*self.consoles.values())


class EntryKind(Enum):
    """Where an intruder begins."""

    LINE = "line"
    NODE = "node"
    """A host already taken: a USB stick, an opened mail."""
    SEGMENT = "segment"
    """A device plugged in by a stranger."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One beginning, by the id of the line, node or segment."""

    kind: EntryKind
    id: str


class How(Enum):
    """By what a step is made."""

    SERVICE = "service"
    CONSOLE = "console"
    HYPERVISOR = "hypervisor"
    MEDIA = "media"
    SAME_HOST = "same-host"
    """Another network card of a host already taken."""
    VENDOR = "vendor"
    """Another line of the same company."""


@dataclass(frozen=True, slots=True)
class Taking:
    """How one node falls: from which node or line, by what, after how many steps from the entry (1 is direct).

    `service` is 0 unless `how` is SERVICE or CONSOLE; then `sender` and `target` are the classes between which it is
    reached, -1 for one without a known address. `with_credentials`: the intruder holds an administrator's credentials of the node by then.
    """

    node: str
    surely: bool
    steps: int
    origin: str
    how: How
    service: int = 0
    sender: int = -1
    target: int = -1
    with_credentials: bool = False
    credentials_from: str = ""
    """The node whose fall gave them, or another line of the same company; "" when the entry had them, or nobody has."""


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

    def __init__(self, attack: "Attack", entry: Entry, sure: "_Growth", perhaps: "_Growth") -> None:
        self._attack, self._entry = attack, entry
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
                    for node in self._attack.nodes_at(at):
                        if self._entry.kind is not EntryKind.NODE or node != self._entry.id:
                            fallen.setdefault(node, (is_sure, level))
        return fallen

    def fate(self, node: str) -> Tri:
        """Return whether a node falls, without looking at the others."""
        perhaps, sure = self._growths
        bits = self._attack.bits_of(node)
        return Tri.YES if bits & sure.taken else Tri.UNKNOWN if bits & perhaps.taken else Tri.NO

    def knows(self, node: str) -> bool:
        """Return whether the network has such a node."""
        return self._attack.has(node)

    def is_sure(self, node: str) -> bool:
        """Return whether a node surely falls."""
        return self._fallen[node][0]

    def steps(self, node: str) -> int:
        """Return after how many steps a node falls."""
        return self._fallen[node][1] + 1

    def __getitem__(self, node: str) -> Taking:
        is_sure, level = self._fallen[node]
        return self._taking(node, is_sure, level, self._attack.hosts_of(node, self._growths[is_sure].levels[level]))

    def way_to(self, node: str) -> tuple[Taking, ...]:
        """Return the steps from the entry to a node, first step first; see `Spread.way_to`."""
        if node not in self._fallen:
            return ()
        steps = [self[node]]
        growth = self._growths[steps[0].surely]
        while (level := self._level_before(steps[-1], growth)) is not None:
            last = steps[-1]
            hosts = self._attack.hosts_of(last.origin, growth.levels[level], last.sender)
            steps.append(self._taking(last.origin, last.surely, level, hosts))
        return tuple(reversed(steps))

    def _level_before(self, taking: Taking, growth: "_Growth") -> int | None:
        """Return in which level the hosts fell from which a step is made; None for the entry itself."""
        if self._entry.kind is EntryKind.NODE and taking.origin == self._entry.id:
            return None
        levels = enumerate(growth.levels[: taking.steps - 1])
        return next((at for at, bits in levels if self._attack.hosts_of(taking.origin, bits, taking.sender)), None)

    def _taking(self, node: str, is_sure: bool, level: int, hosts: int) -> Taking:
        key = (node, is_sure, level, hosts)
        known = self._known.get(key)
        if known is None:
            growth = self._growths[is_sure]
            known = self._known[key] = self._attack.taking(self._entry, growth, node, level, hosts, surely=is_sure)
        return known

    def __iter__(self) -> Iterator[str]:
        return iter(self._fallen)

    def __len__(self) -> int:
        return len(self._fallen)

    def __contains__(self, node: object) -> bool:
        return node in self._fallen


class Attack:
    """The spread of attacks over one network."""

    def __init__(self, reach: Reachability, intrusion: Intrusion) -> None:
        self.reach, self.intrusion = reach, intrusion
        self._network = reach.network
        self._nodes = {node.id: node for node in self._network.nodes}
        self._owner = _owners(reach, self._nodes)
        self._unplaced = Unplaced(reach)
        self._bits = reach.classes.of_node | self._unplaced.nodes
        self._guests = _guests(self._network)
        self._media: dict[str, list[tuple[str, bool]]] = {}
        for path in self._network.media:
            if path.control is not MediaControl.ENFORCED:
                self._media.setdefault(path.source, []).append((path.target, path.control is MediaControl.NONE))
        self.edges = Edges(reach, intrusion.takeover, self._unplaced)
        self._opened: dict[str, int] = {}
        for node in self._network.nodes:
            for credential in node.credentials:
                self._opened[credential] = self._opened.get(credential, 0) | self._bits.get(node.id, 0)
        self._counted: dict[tuple[int, str | None], int] = {}
        self._whole = dict.fromkeys(self._whole_nodes())
        self._no_jump = ~sum(bits for node, bits in self._bits.items() if self._nodes[node].is_jump_host)
        self._kin = any((self._guests, self._media, self._whole))
        self._floods = Floods(self.edges, reach.classes.hosts, self._no_jump)

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
        takings = Takings(self, entry, sure, perhaps)
        known = self._unplaced.known
        surely, maybe = sure.taken, perhaps.taken | sure.taken
        first = entry.id if entry.kind is EntryKind.NODE else None
        hosts, hosts_maybe = self.hosts(surely, first), self.hosts(maybe, first)
        held = (sure.held, perhaps.held | sure.held)
        return Spread(entry, takings, hosts, hosts_maybe, surely & known, maybe & known, *held)

    def closure(self, entry: Entry, *, surely: bool) -> int:
        """Return only the classes that fall: faster than `spread`, for many entries or many what-ifs."""
        if self.intrusion.needs_credentials or entry.kind is EntryKind.NODE:
            return self._grown(entry, surely=surely).taken & self._unplaced.known
        growth = _Growth()
        frontier, held = self._begun(entry, growth, surely)
        start = frontier
        taken = 0
        while True:
            taken |= self._floods.taken_from(frontier, surely=surely)
            growth.taken, growth.senders = taken, (taken & self._no_jump) | start
            growth.held = held | self._credentials_in(taken)
            more = self._consoles(growth, surely) & ~taken
            if self._kin:
                more |= self._with_whole_hosts(taken | self._by_kin(taken & self._no_jump, surely)) & ~taken
            if not more:
                return taken & self._unplaced.known
            taken |= more
            frontier = more & self._no_jump

    def hosts(self, classes: int, entry_node: str | None = None) -> int:
        """Return how many computers some classes are; `entry_node` counts in any case."""
        known = self._counted.get((classes, entry_node))
        if known is None:
            known = self._counted[classes, entry_node] = self._hosts(classes, entry_node)
        return known

    def _hosts(self, classes: int, entry_node: str | None) -> int:
        total: dict[str, int] = {}
        for at in positions(classes & self.reach.classes.hosts):
            for node, (first, last) in self.reach.classes.items[at].members:
                total[node] = total.get(node, 0) + last - first + 1
        for node in self._unplaced.nodes:
            if classes & self._bits[node]:
                total[node] = 0
        if entry_node is not None:
            total[entry_node] = self._nodes[entry_node].addresses.size
        return sum(_counted(self._nodes[node], addresses) for node, addresses in total.items())

    def has(self, node: str) -> bool:
        """Return whether the network has such a node."""
        return node in self._nodes

    def bits_of(self, node: str) -> int:
        """Return the classes of a node, 0 when there is none of that id."""
        return self._bits.get(node, 0)

    # ---- growing ----

    def _grown(self, entry: Entry, *, surely: bool) -> "_Growth":
        growth = _Growth()
        frontier, held = self._begun(entry, growth, surely)
        growth.held |= held
        waiting = 0  # reached, but the credentials are still missing
        while frontier or waiting:
            growth.senders |= frontier
            new = self.edges.from_any(frontier, surely=surely) | waiting
            new, waiting = self._admitted(new & ~growth.taken, growth)
            new |= self._consoles(growth, surely) & ~growth.taken
            if self._kin:
                new |= self._by_kin(frontier, surely) & ~growth.taken
                new = self._with_whole_hosts(new) & ~growth.taken
            if not new:
                break
            growth.taken |= new
            growth.levels.append(new)
            growth.held |= self._credentials_in(new)
            frontier = new & self._no_jump
        return growth

    def _begun(self, entry: Entry, growth: "_Growth", surely: bool) -> tuple[int, frozenset[str]]:
        if entry.kind is EntryKind.SEGMENT:
            if entry.id not in {segment.id for segment in self._network.segments}:
                raise KeyError(entry.id)
            return self._starting_senders(entry, growth), frozenset()
        if entry.kind is EntryKind.NODE:
            start = self._starting_senders(entry, growth) & self._no_jump
            return start, frozenset(self._nodes[entry.id].credentials)
        line = next((line for line in self._network.lines if line.id == entry.id), None)
        if line is None:
            raise KeyError(entry.id)
        held = set(line.credentials)
        for other in self._network.lines:
            is_kin = other.id != line.id and line.vendor and other.vendor == line.vendor
            if is_kin and (not surely or other.source.overlaps(line.source)):
                growth.jumped.append(other.id)
                held |= set(other.credentials)
        return self._starting_senders(entry, growth), frozenset(held)

    def _admitted(self, reached: int, growth: "_Growth") -> tuple[int, int]:
        """Return what falls of the reached hosts, and what waits for credentials."""
        if not self.intrusion.needs_credentials:
            return reached, 0
        opened = 0
        for credential in growth.held:
            opened |= self._opened.get(credential, 0)
        return reached & opened, reached & ~opened

    def _consoles(self, growth: "_Growth", surely: bool) -> int:
        """Return the hosts whose consoles are reached from a sender so far by someone who holds their credentials."""
        if not self.intrusion.consoles or not growth.held:
            return 0
        opened = 0
        for credential in growth.held:
            opened |= self._opened.get(credential, 0)
        found = 0
        for role, services in self.intrusion.consoles.items():
            wanted = opened & self._of_role(role) & ~growth.taken
            for service in services & set(self.reach.listening) if wanted else ():
                heard = wanted & (self.reach.listening[service] | self._unplaced.listening(service))
                for sender in positions(growth.senders) if heard else ():
                    found |= self._passing(sender, service, surely) & heard
        return found

    def _passing(self, sender: int, service: int, surely: bool) -> int:
        """Return whom a sender reaches on a service, listening or not."""
        maybe = 0 if surely else self._unplaced.reached_from(sender, service)
        if self._unplaced.name(sender) is not None:
            return maybe
        return self.reach.passing(sender, service)[0 if surely else 1] | maybe

    def _of_role(self, role: str) -> int:
        nodes = (node for node in self._network.nodes if node.role == role)
        bits = 0
        for node in nodes:
            bits |= self._bits[node.id]
        return bits

    def _by_kin(self, fresh: int, surely: bool) -> int:
        """Return what falls with the hosts just taken: guests of hypervisors, and where media are carried."""
        found = 0
        for at in positions(fresh):
            for node in self.nodes_at(at):
                for guest in self._guests.get(node, ()):
                    found |= self._bits.get(guest, 0)
                for target, is_sure in self._media.get(node, ()):
                    if is_sure or not surely:
                        found |= self._bits.get(target, 0)
        return found

    def _with_whole_hosts(self, classes: int) -> int:
        for bits in self._whole:
            if classes & bits:
                classes |= bits
        return classes

    # ---- how ----

    def hosts_of(self, node: str, classes: int, sender: int = -1) -> int:
        """Return the hosts of a node among `classes`; with a sender class only those, unless one host has them all."""
        bits = self._bits.get(node, 0)
        return classes & (bits if sender < 0 or bits in self._whole else bits & 1 << sender)

    def taking(self, entry: Entry, growth: "_Growth", node: str, level: int, hosts: int, *, surely: bool) -> Taking:
        """Return how a node falls some `hosts` of which are in a level of a growth."""
        taken = 0
        for bits in growth.levels[:level]:
            taken |= bits
        start = self._starting_senders(entry, growth) & self._no_jump
        before = growth.levels[level - 1] & self._no_jump if level else start
        begun = self._begun(entry, _Growth(), surely)[1]
        held = begun | self._credentials_in(taken)
        if not self.edges.from_any(before, surely=surely) & hosts:
            # Not by a takeover service of the last step: by a console, or credentials found later.
            before = (taken & self._no_jump) | start
        earlier = (taken & self._no_jump) | start
        wanted = set(self._nodes[node].credentials)
        credentials = bool(held & wanted)
        by = self._by_connection(node, hosts, before, credentials, surely) or self._by_origin(node, earlier, surely)
        giver = self._giver(entry, growth, level, wanted) if credentials else ""
        return replace(by, surely=surely, steps=level + 1, with_credentials=credentials, credentials_from=giver)

    def _giver(self, entry: Entry, growth: "_Growth", level: int, wanted: set[str]) -> str:
        """Return who gave one of the credentials wanted: "" the entry, a line of the same company, or the first node."""
        lines = {line.id: line for line in self._network.lines}
        for line in (entry.id, *growth.jumped) if entry.kind is EntryKind.LINE else ():
            if wanted & set(lines[line].credentials):
                return "" if line == entry.id else line
        if entry.kind is EntryKind.NODE and wanted & set(self._nodes[entry.id].credentials):
            return ""
        nodes = (node for bits in growth.levels[:level] for at in positions(bits) for node in self.nodes_at(at))
        return next((node for node in nodes if wanted & set(self._nodes[node].credentials)), "")

    def _starting_senders(self, entry: Entry, growth: "_Growth") -> int:
        classes = self.reach.classes
        if entry.kind is EntryKind.NODE:
            return self._bits[entry.id]
        if entry.kind is EntryKind.SEGMENT:  # where no address is free, the stranger uses that of a host
            own = classes.of_ghost.get(entry.id, 0) or classes.of_segment.get(entry.id, 0)
            return own or self._unplaced.segments[entry.id]
        bits = 0
        for line in (entry.id, *growth.jumped):
            bits |= classes.of_line.get(line, 0) or self._unplaced.lines[line]
        return bits

    def _by_connection(self, node: str, hosts: int, before: int, credentials: bool, surely: bool) -> Taking | None:
        """Return by which connection one of `hosts` falls to one of the senders `before`; None when by none."""
        consoles = self.intrusion.consoles.get(self._nodes[node].role, frozenset())
        reached = self.edges.surely if surely else self.edges.maybe
        by_edge = next((sender for sender in positions(before) if reached[sender] & hosts), None)
        senders = [by_edge] if by_edge is not None else list(positions(before))
        for services, how in ((self.intrusion.takeover, How.SERVICE), (consoles, How.CONSOLE)):
            if not credentials and (how is How.CONSOLE or self.intrusion.needs_credentials):
                continue
            for sender in senders:
                for service in sorted(services):
                    heard = hosts & (self.reach.listening.get(service, 0) | self._unplaced.listening(service))
                    found = self._passing(sender, service, surely) & heard if heard else 0
                    if found:
                        ends = (sender, next(positions(found)))
                        one, other = (-1 if self._unplaced.name(end) is not None else end for end in ends)
                        return Taking(node, surely, 0, self._origin(sender), how, service, one, other)
        return None

    def _by_origin(self, node: str, earlier: int, surely: bool) -> Taking:
        """Return by which host taken `earlier` a node falls without a connection."""
        host = self._nodes[node].runs_on
        if host is not None and self._bits.get(host, 0) & earlier:
            return Taking(node, surely, 0, host, How.HYPERVISOR)
        for source, targets in self._media.items():
            is_carried = any(target == node and (is_sure or not surely) for target, is_sure in targets)
            if is_carried and self._bits.get(source, 0) & earlier:
                return Taking(node, surely, 0, source, How.MEDIA)
        return Taking(node, surely, 0, node, How.SAME_HOST)

    def _origin(self, sender: int) -> str:
        name = self._unplaced.name(sender)
        if name is not None:
            return name
        item = self.reach.classes.items[sender]
        return item.nodes[0] if item.nodes else item.place

    def nodes_at(self, position: int) -> tuple[str, ...]:
        """Return the nodes whose hosts are at a position: of a class, or a node without a known address."""
        name = self._unplaced.name(position)
        if name is not None:
            return (name,) if name in self._nodes else ()
        return self.reach.classes.items[position].nodes

    # ---- knowledge ----

    def _host_positions(self) -> Iterator[int]:
        yield from positions(self.reach.classes.hosts | sum(self._unplaced.nodes.values()))

    def _credentials(self, at: int) -> tuple[str, ...]:
        name = self._unplaced.name(at)
        owner = self._owner.get(at) if name is None else self._nodes[name]
        return owner.credentials if owner is not None else ()

    def _credentials_in(self, classes: int) -> frozenset[str]:
        return frozenset(credential for credential, bits in self._opened.items() if bits & classes)

    def _whole_nodes(self) -> list[int]:
        """Return the classes of each node whose hosts have several addresses, where they are several."""
        found = []
        for name, bits in self.reach.classes.of_node.items():
            places = {self.reach.classes.items[at].place for at in positions(bits)}
            if bits.bit_count() > 1 and (is_many_homed(self._nodes[name]) or len(places) > 1):
                found.append(bits)
        return found


@dataclass(slots=True)
class _Growth:
    """A spread while it grows: what is taken, level by level; who can send; what is held."""

    taken: int = 0
    senders: int = 0
    levels: list[int] = field(default_factory=list)
    held: frozenset[str] = frozenset()
    jumped: list[str] = field(default_factory=list)


def _owners(reach: Reachability, nodes: Mapping[str, Node]) -> dict[int, Node]:
    """Return one node of each class: all of a class have the same credentials and role."""
    return {at: nodes[item.members[0][0]] for at, item in enumerate(reach.classes.items) if item.members}


def _guests(network: Network) -> dict[str, list[str]]:
    guests: dict[str, list[str]] = {}
    for node in network.nodes:
        if node.runs_on is not None:
            guests.setdefault(node.runs_on, []).append(node.id)
    return guests


def _counted(node: Node, addresses: int) -> int:
    """Return how many computers of a node `addresses` of its addresses are: all, where hosts have several."""
    if is_many_homed(node) or addresses >= node.addresses.size:
        return node.count
    return min(addresses, node.count)


def spreads(attack: Attack, entries: Iterable[Entry] | None = None) -> list[Spread]:
    """Return the spread of each entry (default: every external line)."""
    return [attack.spread(entry) for entry in (attack.entries() if entries is None else entries)]
