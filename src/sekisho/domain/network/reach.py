"""Who can talk to whom: the answer for every sender, node and service of a network at once.

    network = ...                                   # a model.Network
    reach = Reachability(network, services)         # services as numbers, see `services`
    reach.answer("line-4", "catering-sv", service)  # Tri.YES, Tri.NO or Tri.UNKNOWN

A sender (a node, or a line by its id) reaches a service of a node when the node listens there and, from one of the
sender's addresses to one of the node's, every rule set on the routed way lets the first packet pass and every rule set
without state lets the reply pass on the same way back. Left out: what `forwarding` leaves out; fragments; rate limits.

Cost grows with classes x rules that name a class, not with hosts x hosts: see docs/explanation/reachability.md.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sekisho.domain.network.atoms import Atoms
from sekisho.domain.network.classes import Classes, EndpointClass, Kind, positions
from sekisho.domain.network.fans import Fan, by_service
from sekisho.domain.network.filtering import Crossing, Filtering, Row, View, joined
from sekisho.domain.network.forwarding import Forwarding
from sekisho.domain.network.legs import Doubt, Leg
from sekisho.domain.network.mapped import Mapping, dialled
from sekisho.domain.network.model import Network, SourceNat
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import PORTS
from sekisho.domain.tri import Tri

Passing = tuple[int, int]
"""Destinations that surely are reached, and those that may be; the first is part of the second."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One answer: does `source` (node or line id) reach `service` of `target`?"""

    source: str
    target: str
    service: int
    reached: Tri


class Reachability:
    """The reachability of one network for some services (default: every service that some node listens on).

    Immutable to its users; rows are computed when first asked for and kept. `after` answers what-if questions and
    shares with this one whatever a change does not touch.
    """

    def __init__(
        self,
        network: Network,
        services: Iterable[int] | None = None,
        *,
        with_ghosts: bool = False,
    ) -> None:
        self.network = network
        self.asked = tuple(sorted(set(listened(network) if services is None else services)))
        self._with_ghosts = with_ghosts
        self.classes = Classes(network, with_ghosts=with_ghosts)
        self.atoms = Atoms([*self.asked, *dialled(network.static_nats, self.asked)], network.rulesets)
        self._shared_views: dict[tuple[object, ...], View] = {}
        self._begin()

    def _begin(self) -> None:
        self.filtering = Filtering(self.network, self.classes, self.atoms, self._shared_views)
        self.forwarding = Forwarding(self.network, self.classes, self.filtering)
        self._legs: dict[object, list[_Route]] = {}
        self._fans: dict[tuple[str, tuple[tuple[str, int], ...]], Fan] = {}
        self._rows: dict[int, tuple[Row, ...]] = {}
        self._position = {service: at for at, service in enumerate(self.atoms.services)}
        self._lines = {line.id: line for line in self.network.lines}
        self._nodes = {node.id: node for node in self.network.nodes}
        self.listening = self._listening()
        self._is_mixed = bool(self.classes.v4 and self.classes.v6)

    # ---- questions ----

    def answer(self, source: str, target: str, service: int) -> Tri:
        """Return whether a node or line reaches a service of a node.

        Raises:
            KeyError: there is no such node or line, or the service is not among those asked about.
        """
        return self._verdict(self.reached_from(source, service), self.senders(source), target, service)

    def _verdict(self, passing: Passing, senders: int, target: str, service: int) -> Tri:
        there = self.classes.of_node[target]
        if not there or not senders:  # no address is known of one of the two
            listens = self._nodes[target].listens
            return Tri.UNKNOWN if service in listens else Tri.NO
        return Tri.YES if passing[0] & there else Tri.UNKNOWN if passing[1] & there else Tri.NO

    def reached_from(self, source: str, service: int) -> Passing:
        """Return the classes that a node or line reaches on `service` and that listen there."""
        surely = maybe = 0
        for at in positions(self.senders(source)):
            passing = self.passing(at, service)
            surely, maybe = surely | passing[0], maybe | passing[1]
        listening = self.listening[service]
        return surely & listening, maybe & listening

    def passing(self, sender: int, service: int) -> Passing:
        """Return the classes to which packets for `service` get from one sender class, listening or not."""
        atoms = self.atoms.of_service(self._position[service])
        surely = maybe = 0
        for row in self.rows(sender):
            for part, part_surely, part_maybe in row:
                if part & atoms:
                    surely |= part_surely
                    maybe |= part_maybe
        return surely, maybe

    def senders(self, source: str) -> int:
        """Return the classes of a node or a line.

        Raises:
            KeyError: there is none of that id.
        """
        if source in self.classes.of_node:
            return self.classes.of_node[source]
        if source in self._lines:
            return self.classes.of_line.get(source, 0)
        raise KeyError(source)

    def flows(self) -> Iterator[Flow]:
        """Yield the answer for every sender, other node and service asked about; nodes first, in the network's order."""
        for source in [*self._nodes, *self._lines]:
            senders = self.senders(source)
            for service in self.asked:
                passing = self.reached_from(source, service)
                for target in self._nodes:
                    if target != source:
                        yield Flow(source, target, service, self._verdict(passing, senders, target, service))

    # ---- rows ----

    def rows(self, sender: int) -> tuple[Row, ...]:
        """Return what passes from one sender class, one row for each way its packets take."""
        known = self._rows.get(sender)
        if known is None:
            item = self.classes.items[sender]
            family = self.classes.family(sender)
            rows, alternatives = [], []
            for route in self._routes(item):
                if route.leg.is_alternative:
                    alternatives.append(route)
                else:
                    rows.append(route.row(item.signature))
            rows += self._agreed(alternatives, item.signature)
            if self._is_mixed:
                rows = [tuple((a, s & family, m & family) for a, s, m in row if m & family) for row in rows]
            known = self._rows[sender] = tuple(row for row in rows if row)
        return known

    def _agreed(self, alternatives: Iterable["_Route"], signature: int) -> Iterator[Row]:
        """Yield what passes where equal routes leave open which way is taken: surely only what does on each of them."""
        by_name: dict[int, list[_Route]] = {}
        for route in alternatives:
            by_name.setdefault(route.leg.alias, []).append(route)
        for routes in by_name.values():
            rows = [route.row(signature) for route in routes]
            yield from (tuple((atoms, 0, maybe) for atoms, _, maybe in row) for row in rows)
            everyone = (1 << len(self.classes)) - 1
            concerned = 0
            for route in routes:
                concerned |= route.leg.destinations
            parts = [(self.atoms.all, concerned)]
            for route, row in zip(routes, rows, strict=True):
                besides = everyone & ~route.leg.destinations
                sure = [(atoms, surely) for atoms, surely, _ in row]
                named = 0
                for atoms, _ in sure:
                    named |= atoms
                sure.append((self.atoms.all & ~named, 0))
                parts = [
                    (inside, left & (surely | besides))
                    for atoms, surely in sure
                    for part, left in parts
                    if (inside := atoms & part)
                ]
            yield tuple((atoms, left, left) for atoms, left in parts if left)

    def legs(self, sender: int) -> list[Leg]:
        """Return the ways of one sender class, those to each exit of a device by itself."""
        return [leg for route in self._routes(self.classes.items[sender]) for leg in self.forwarding.each(route.leg)]

    def crossed(self, sender: int) -> Iterator[Crossing]:
        """Yield the rule sets on the ways of one sender class; at a fan of exits those of each exit, once."""
        for route in self._routes(self.classes.items[sender]):
            yield from self._met_on(route.leg)

    def _met_on(self, leg: Leg) -> Iterator[Crossing]:
        yield from (met.crossing for met in leg.met)
        if leg.fan is not None:
            for interface, bits in leg.fan.exits:
                if bits & leg.destinations:
                    yield from self.filtering.own_crossings(leg.fan.walk.device, interface)

    def fan(self, device: str, exits: tuple[tuple[str, int], ...]) -> Fan:
        """Return the rows of a fan of exits, one for all ways that end in it."""
        known = self._fans.get((device, exits))
        if known is None:
            views = (
                (
                    bits,
                    tuple(
                        self.filtering.view(crossing) for crossing in self.filtering.own_crossings(device, interface)
                    ),
                )
                for interface, bits in exits
            )
            known = self._fans[device, exits] = Fan(views, self.atoms)
        return known

    def _routes(self, item: EndpointClass) -> "list[_Route]":
        masked = tuple(nat for nat in self.network.source_nats if item.address in nat.inside)
        key = (item.kind is Kind.LINE, item.place, masked)
        known = self._legs.get(key)
        if known is None:
            legs = (leg for way in self._ways(item, masked) for leg in self._foldable(way))
            known = self._legs[key] = [_Route(leg, self) for leg in legs]
        return known

    def _foldable(self, leg: Leg) -> Iterable[Leg]:
        """Return a way as it is, or exit by exit where the source port must be the same at a fan and before it."""
        if leg.fan is None or not self.fan(leg.fan.walk.device, leg.fan.exits).tells_ports:
            return [leg]
        is_before = any(self.filtering.view(met.crossing).tells_ports for met in leg.met)
        return self.forwarding.each(leg) if is_before else [leg]

    def _ways(self, item: EndpointClass, masked: tuple[SourceNat, ...]) -> list[Leg]:
        if item.kind is not Kind.LINE:
            return self.forwarding.from_segment(item.place, masked)
        line = self._lines.get(item.place)
        if line is None:
            return []  # a line taken out by a what-if
        if line.device is not None and line.interface is not None:
            return self.forwarding.from_interface(line.device, line.interface, masked)
        if line.segment is not None:
            return self.forwarding.from_segment(line.segment, masked)
        return self.forwarding.nowhere_known(line.id)

    def _listening(self) -> dict[int, int]:
        heard = dict.fromkeys(self.asked, 0)
        by_set: dict[Ranges, int] = {}
        first = {node.id: node.listens for node in self.network.nodes}
        for at in positions(self.classes.hosts):
            listens = first[self.classes.items[at].members[0][0]]
            by_set[listens] = by_set.get(listens, 0) | 1 << at
        for listens, bits in by_set.items():
            for service in self.asked:
                if service in listens:
                    heard[service] |= bits
        return heard

    # ---- what if ----

    def after(self, network: Network) -> "Reachability":
        """Return the reachability of a changed network; what the change does not touch is not computed again.

        Shared when segments, nodes and NATs are the very same objects and every address set of the new rules is known.
        """
        if not self._is_close(network):
            return Reachability(network, self.asked, with_ghosts=self._with_ghosts)
        other = object.__new__(Reachability)
        other.network, other.asked, other._with_ghosts = network, self.asked, self._with_ghosts
        other.classes, other.atoms, other._shared_views = self.classes, self.atoms, self._shared_views
        other._begin()
        other.listening = self.listening
        if network.devices is self.network.devices and len(network.rulesets) == len(self.network.rulesets):
            self._hand_over(other)
        return other

    def _is_close(self, network: Network) -> bool:
        old = self.network
        same = ("segments", "nodes", "static_nats", "source_nats")
        if any(getattr(network, name) is not getattr(old, name) for name in same):
            return False
        known = set(map(id, old.rulesets))
        changed = [ruleset for ruleset in network.rulesets if id(ruleset) not in known]
        rules = [rule for ruleset in changed for rule in (*ruleset.rules, *ruleset.tracked)]
        return (
            all(spans in self.classes.objects for rule in rules for spans in (rule.src.spans, rule.dst.spans))
            and set(Atoms((), changed).ports) <= set(self.atoms.ports)
            and {line.id for line in network.lines} <= {line.id for line in old.lines}
        )

    def _hand_over(self, other: "Reachability") -> None:
        """Give the rows that stay the same to `other`, whose rule sets stand at the same positions."""
        pairs = zip(self.network.rulesets, other.network.rulesets, strict=True)
        changed = {at for at, (old, new) in enumerate(pairs) if old is not new}
        if any(
            (a.device, a.at, a.stateful) != (b.device, b.at, b.stateful)
            for at in changed
            for a, b in [(self.network.rulesets[at], other.network.rulesets[at])]
        ):
            return
        gone = {line.id for line in self.network.lines} - set(other._lines)
        touched = set()
        for key, routes in self._legs.items():
            if any(crossing.ruleset in changed for route in routes for crossing in self._met_on(route.leg)):
                touched.add(key)
        for sender, rows in self._rows.items():
            item = self.classes.items[sender]
            masked = tuple(nat for nat in self.network.source_nats if item.address in nat.inside)
            if (item.kind is Kind.LINE, item.place, masked) not in touched and item.place not in gone:
                other._rows[sender] = rows
        if all(self.filtering.looks_alike(at, other.filtering) for at in changed):
            other.forwarding.routing.share_tables(self.forwarding.routing)
            other._legs = {key: routes for key, routes in self._legs.items() if key not in touched and not gone}

    def same_rows(self, other: "Reachability", sender: int) -> bool:
        """Return whether what passes from a sender is the very same as in `other`, which this one was made `after`."""
        mine = self._rows.get(sender)
        return mine is not None and mine is other._rows.get(sender)


class _Route:
    """A leg with the views it crosses, and the rows already computed for it."""

    def __init__(self, leg: Leg, reach: Reachability) -> None:
        self.leg = leg
        self._atoms, self._everyone = reach.atoms.all, (1 << len(reach.classes)) - 1
        self._views = [(reach.filtering.view(met.crossing), self._sender(met.sender, reach)) for met in leg.met]
        self._key = 0
        for view, sender in self._views:
            if sender is None:
                self._key |= view.senders
        self._fan: Fan | None = None
        self._besides: frozenset[int] = frozenset()
        self._fan_sender: int | None = None
        if leg.fan is not None:
            self._fan = reach.fan(leg.fan.walk.device, leg.fan.exits)
            exits = enumerate(leg.fan.exits)
            self._besides = frozenset(at for at, (_, bits) in exits if not bits & leg.destinations)
            self._fan_sender = self._sender(leg.fan.walk.sender, reach)
            self._key |= self._fan.senders if self._fan_sender is None else 0
        self._chosen = reach.atoms if len(reach.atoms.ports) > 1 and not leg.is_alternative else None
        self._mapping = Mapping(leg, reach.network, reach.classes, reach.atoms) if leg.alias >= 0 else None
        self._rows: dict[int, Row] = {}

    @staticmethod
    def _sender(at: int, reach: Reachability) -> int | None:
        return None if at < 0 else reach.classes.items[at].signature

    def row(self, signature: int) -> Row:
        """Return what passes on this way for a sender of that signature; only the leg's destinations count."""
        key = signature & self._key
        known = self._rows.get(key)
        if known is None:
            known = self._rows[key] = self._computed(signature)
        return known

    def _computed(self, signature: int) -> Row:
        rows = [view.row(signature if sender is None else sender) for view, sender in self._views]
        if self._mapping is not None:
            before = joined(rows[: self.leg.mapped_after], self._atoms, self._everyone)
            rows = [self._mapping.carried(before), *rows[self.leg.mapped_after :]]
        if self.leg.is_dead:
            return ()
        if self._fan is not None:
            rows.append(self._fan.row(signature if self._fan_sender is None else self._fan_sender, self._besides))
        row = joined(rows, self._atoms, self.leg.destinations)
        if self._chosen is not None:
            row = by_service(row, self._chosen)
        if self.leg.doubts:
            row = tuple((atoms, 0, maybe) for atoms, _, maybe in row)
        return row


def listened(network: Network) -> set[int]:
    """Return every service that some node listens on; of a span of ports, the first and the last."""
    return {
        service
        for node in network.nodes
        for first, last in node.listens.spans
        for service in ((first, last) if last - first < PORTS and first // PORTS == last // PORTS else (first,))
    }


def doubts_of(legs: Iterable[Leg]) -> tuple[Doubt, ...]:
    """Return why some ways are unsure, each reason once."""
    return tuple(dict.fromkeys(doubt for leg in legs for doubt in leg.doubts))


def crossings_of(legs: Iterable[Leg]) -> tuple[Crossing, ...]:
    """Return the rule sets that some ways meet, each once."""
    return tuple(dict.fromkeys(met.crossing for leg in legs for met in leg.met))
