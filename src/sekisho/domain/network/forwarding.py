"""Which way packets take: for everything that enters at one place, the destinations together with what they cross.

Routes alone decide (longest prefix, a connected network before a route of the same length), so a way is found for whole
sets of destinations at once and the sets split only where the way does. Left out: routes by source or service, several
equal routes at a time (the first counts), routing protocols.

How the parts of the engine play together: docs/explanation/reachability.md.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

from sekisho.domain.network.addresses import address_text
from sekisho.domain.network.classes import Classes, Places, positions
from sekisho.domain.network.filtering import Crossing, Filtering
from sekisho.domain.network.model import (
    AtInterface,
    Device,
    Direction,
    Interface,
    Isolation,
    Network,
    Route,
    Segment,
    SourceNat,
    StaticNat,
)
from sekisho.domain.network.ranges import Ranges, Span


class Unsure(Enum):
    """Why a way cannot be followed for sure."""

    FILTERS_UNKNOWN = "filters-unknown"
    """The device's configuration is missing."""
    GATEWAY_UNKNOWN = "gateway-unknown"
    """Several devices touch the segment and none is named as its gateway."""
    NEXT_HOP_UNKNOWN = "next-hop-unknown"
    """The next hop lies in a known segment but belongs to no known device."""
    ROUTES_UNKNOWN = "routes-unknown"
    """The device may have routes or interfaces that are not known."""
    TERMINATION_UNKNOWN = "termination-unknown"
    """Nobody knows where the line ends."""
    PLACE_UNKNOWN = "place-unknown"
    """The node's address lies in no known segment."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason to be unsure, and what it is about: a device, a segment, a line, a node or an address."""

    why: Unsure
    what: str


@dataclass(frozen=True, slots=True)
class Met:
    """A rule set met on the way, as whom the sender is seen there: a class position, or -1 for itself."""

    crossing: Crossing
    sender: int = -1


@dataclass(frozen=True, slots=True)
class Hop:
    """One device on the way."""

    device: str
    entering: str
    leaving: str


@dataclass(frozen=True, slots=True)
class Leg:
    """Destinations that share one way.

    `alias` is -1, else the position of the outside address that was dialled for them: rule sets up to `mapped_after`
    saw that address, and the service that the static NAT forwards.
    """

    destinations: int
    met: tuple[Met, ...] = ()
    hops: tuple[Hop, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    alias: int = -1
    mapped_after: int = 0
    is_alternative: bool = False
    """One of several equal routes: nobody knows which is taken, so only what all of them agree on is sure."""
    is_dead: bool = False
    """An alternative by which the destinations are not reached at all."""
    fan: "Fanned | None" = None
    """Many exits of the last device taken as one; `met` lacks the rule sets of the exits themselves."""


@dataclass(frozen=True, slots=True)
class _Out:
    """Where a device sends some destinations: out of `interface`, to the next device's interface or to the host."""

    destinations: int
    interface: str
    next_device: str | None = None
    next_interface: str = ""
    doubt: Doubt | None = None
    is_alternative: bool = False
    is_dead: bool = False
    is_on_link: bool = False
    """A route out of an interface without a next hop: who is meant must be on that segment."""
    exits: tuple[tuple[str, int], ...] = ()
    """Interfaces with their destinations, that differ by nothing but their own rule sets."""


@dataclass(frozen=True, slots=True)
class _Walk:
    """Where a set of destinations has come so far."""

    device: str
    entering: str
    destinations: int
    met: tuple[Met, ...] = ()
    hops: tuple[Hop, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    sender: int = -1
    visited: frozenset[str] = frozenset()
    alias: int = -1
    mapped_after: int = 0
    is_alternative: bool = False
    sees_outer: bool = False
    """The filters on the interface of entry look at the packet before its address is mapped."""


@dataclass(frozen=True, slots=True)
class Fanned:
    """How a way ends that leaves the last device by any of `exits` (interface, destinations): from where and as whom."""

    walk: _Walk
    exits: tuple[tuple[str, int], ...]
    masked: tuple[SourceNat, ...]


class Forwarding:
    """The ways through one network."""

    def __init__(self, network: Network, classes: Classes, filtering: Filtering) -> None:
        self.network, self.classes, self.filtering = network, classes, filtering
        self._devices = {device.id: device for device in network.devices}
        self._segments = {segment.id: segment for segment in network.segments}
        self._touching: dict[str, list[tuple[str, str]]] = {}
        for device in network.devices:
            for interface in device.interfaces:
                if interface.segment is not None:
                    self._touching.setdefault(interface.segment, []).append((device.id, interface.id))
        self._addresses_of = {
            (device.id, interface.id): interface.address
            for device in network.devices
            for interface in device.interfaces
        }
        self._places = Places(network.segments)
        self._outs: dict[str, list[_Out]] = {}
        self._listed: dict[str, list[tuple[int, tuple[_Out | None, ...]]]] = {}
        self._aliases_at: dict[tuple[str, str], int] = {}
        for at in positions(classes.aliases):
            mapped = self._mapping(at)
            key = (mapped.device, mapped.interface)
            self._aliases_at[key] = self._aliases_at.get(key, 0) | 1 << at
        self._placeless = classes.of_segment.get("", 0)
        self.loops: dict[str, int] = {}
        """Per device at which a packet came by a second time, the destinations that circle."""

    def share_tables(self, other: "Forwarding") -> None:
        """Take over the tables of the same devices, computed under rule sets that look at the same interfaces."""
        self._outs, self._listed = other._outs, other._listed

    # ---- ways in ----

    def from_segment(self, segment_id: str, masked: tuple[SourceNat, ...] = ()) -> list[Leg]:
        """Return the ways from a host of a segment, `masked` being the source NATs that apply to its address."""
        segment = self._segments.get(segment_id)
        everyone = self.classes.hosts | self.classes.aliases
        if segment is None:
            return [Leg(everyone, doubts=(Doubt(Unsure.PLACE_UNKNOWN, segment_id),))]
        neighbours = self.classes.of_segment.get(segment_id, 0)
        legs = [Leg(neighbours)] if neighbours and segment.isolation is Isolation.NONE else []
        gateway = self._gateway(segment)
        near = self._near_aliases(segment)
        for at in positions(near):
            legs += self._to_near_alias(segment, gateway, at, masked)
        away = everyone & ~neighbours & ~near
        if isinstance(gateway, Doubt):
            legs += self._with_inside(Leg(away, doubts=(gateway,)))
        elif gateway is not None:
            legs += self._walked(_Walk(*gateway, destinations=away), masked)
        return legs

    def _near_aliases(self, segment: Segment) -> int:
        """Return the outside addresses that lie in the segment itself: whoever maps them there answers for them."""
        return self.classes.mask_of_spans(segment.addresses.spans) & self.classes.aliases

    def _to_near_alias(
        self, segment: Segment, gateway: tuple[str, str] | Doubt | None, at: int, masked: tuple[SourceNat, ...]
    ) -> Iterator[Leg]:
        mapped = self._mapping(at)
        if (mapped.device, mapped.interface) not in self._touching.get(segment.id, ()):
            return
        if segment.isolation is Isolation.PORT:
            if isinstance(gateway, Doubt):
                yield from self._with_inside(Leg(1 << at, doubts=(gateway,)))
                return
            if gateway is None or gateway[0] != mapped.device:
                return
        yield from self._walked(_Walk(mapped.device, mapped.interface, 1 << at), masked)

    def _with_inside(self, leg: Leg) -> Iterator[Leg]:
        """Yield a way that ends in doubt or in nothing, and the same for the hosts behind the outside addresses."""
        yield leg
        for at in positions(leg.destinations & self.classes.aliases if leg.alias < 0 else 0):
            inside = self.classes.mask_of_spans((self.classes.items[at].inside,)) & self.classes.hosts
            yield replace(leg, destinations=inside, alias=at, mapped_after=len(leg.met))

    def from_interface(self, device: str, interface: str, masked: tuple[SourceNat, ...] = ()) -> list[Leg]:
        """Return the ways of what comes in from outside by one interface."""
        everyone = self.classes.hosts | self.classes.aliases
        return list(self._walked(_Walk(device, interface, everyone), masked))

    def nowhere_known(self, line: str) -> list[Leg]:
        """Return the ways from a line whose end nobody knows: anywhere, perhaps."""
        return [Leg(self.classes.hosts, doubts=(Doubt(Unsure.TERMINATION_UNKNOWN, line),))]

    def _gateway(self, segment: Segment) -> tuple[str, str] | Doubt | None:
        touching = self._touching.get(segment.id, [])
        if segment.gateway is not None:
            named = [end for end in touching if end[0] == segment.gateway]
            return named[0] if named else Doubt(Unsure.GATEWAY_UNKNOWN, segment.id)
        if len({device for device, _ in touching}) > 1:
            return Doubt(Unsure.GATEWAY_UNKNOWN, segment.id)
        if touching:
            return touching[0]
        unlisted = next((device.id for device in self.network.devices if not device.routes_known), None)
        return Doubt(Unsure.ROUTES_UNKNOWN, unlisted) if unlisted is not None else None

    def way(self, legs: Iterable[Leg], destination: int) -> list[Leg]:
        """Return the legs, of those that one sender has, that lead to the class at a position."""
        return [leg for leg in legs if leg.destinations >> destination & 1]

    # ---- on the way ----

    def _walked(self, start: _Walk, masked: tuple[SourceNat, ...]) -> Iterator[Leg]:
        waiting = [start]
        while waiting:
            walk = waiting.pop()
            device = self._devices.get(walk.device)
            if device is None:
                yield Leg(walk.destinations, doubts=(Doubt(Unsure.FILTERS_UNKNOWN, walk.device),))
                continue
            if walk.device in walk.visited:
                self.loops[walk.device] = self.loops.get(walk.device, 0) | walk.destinations
                yield from self._dead(walk, walk.destinations)
                continue
            waiting += self._mapped(walk)
            rest = walk.destinations & ~self._aliases_at.get((walk.device, walk.entering), 0)
            if not device.filters_known:
                walk = replace(walk, doubts=(*walk.doubts, Doubt(Unsure.FILTERS_UNKNOWN, device.id)))
            unsent = rest
            for out in self._outs_of(device):
                if going := out.destinations & rest:
                    unsent &= ~going
                    if out.exits:
                        yield from self._fanned(walk, out, going, masked)
                        continue
                    onward = self._onward(walk, out, going, masked)
                    if isinstance(onward, Leg):
                        yield from self._with_inside(onward)
                    else:
                        waiting.append(onward)
            yield from self._dead(walk, unsent)
            if (lost := rest & self._placeless) and not walk.hops:
                yield Leg(lost, doubts=(Doubt(Unsure.PLACE_UNKNOWN, ""),))

    def _fanned(self, walk: _Walk, out: _Out, going: int, masked: tuple[SourceNat, ...]) -> Iterator[Leg]:
        """Yield one way for all exits but the interface of entry; each exit by itself where routes disagree."""
        back = next((bits for interface, bits in out.exits if interface == walk.entering), 0) & going
        fan = Fanned(walk, out.exits, masked)
        if walk.is_alternative:
            yield from self._each_exit(fan, going)
            return
        if back:
            yield from self._each_exit(fan, back)
        if going := going & ~back:
            interface = next(interface for interface, bits in out.exits if bits & going)
            own = AtInterface(interface, Direction.OUT), AtInterface(interface, Direction.IN)
            met, mapped_after = self._met(walk, interface)
            before = met[len(walk.met) :]
            common = [one for one in before if self.network.rulesets[one.crossing.ruleset].at not in own]
            hops = (*walk.hops, Hop(walk.device, walk.entering, interface))
            yield Leg(going, (*walk.met, *common), hops, walk.doubts, walk.alias, mapped_after, fan=fan)

    def _each_exit(self, fan: Fanned, going: int) -> Iterator[Leg]:
        for interface, bits in fan.exits:
            if bits & going:
                onward = self._onward(fan.walk, _Out(bits, interface), bits & going, fan.masked)
                assert isinstance(onward, Leg)  # noqa: S101  (nothing follows the last device)
                yield onward

    def each(self, leg: Leg) -> Iterator[Leg]:
        """Yield a way as plain ones, a fan exit by exit."""
        if leg.fan is None:
            yield leg
        else:
            yield from self._each_exit(leg.fan, leg.destinations)

    def _dead(self, walk: _Walk, destinations: int) -> Iterator[Leg]:
        """Yield the end of an alternative that does not get through: without it the others would look agreed."""
        if walk.is_alternative and destinations:
            yield from self._with_inside(Leg(destinations, alias=walk.alias, is_alternative=True, is_dead=True))

    def _met(self, walk: _Walk, leaving: str) -> tuple[tuple[Met, ...], int]:
        """Return the rule sets met so far and on one device, and how many of them see the outside address."""
        crossings = self.filtering.crossings(walk.device, walk.entering, leaving)
        outer = [one for one in crossings if walk.sees_outer and self._is_outer_side(one)]
        rest = [one for one in crossings if one not in outer]
        met = walk.met + tuple(Met(crossing, walk.sender) for crossing in (*outer, *rest))
        return met, len(walk.met) + len(outer) if walk.sees_outer else walk.mapped_after

    def _onward(self, walk: _Walk, out: _Out, going: int, masked: tuple[SourceNat, ...]) -> Leg | _Walk:
        """Return the end of the way, or where it goes on."""
        met, mapped_after = self._met(walk, out.interface)
        hops = (*walk.hops, Hop(walk.device, walk.entering, out.interface))
        is_alternative = walk.is_alternative or out.is_alternative
        if out.is_dead:
            return Leg(going, alias=walk.alias, is_alternative=True, is_dead=True)
        if out.next_device is None:
            doubts = walk.doubts if out.doubt is None else (*walk.doubts, out.doubt)
            return Leg(going, met, hops, doubts, walk.alias, mapped_after, is_alternative)
        sender = self._sender_beyond(walk.device, out.interface, walk.sender, masked)
        return _Walk(
            device=out.next_device,
            entering=out.next_interface,
            destinations=going,
            met=met,
            hops=hops,
            doubts=walk.doubts,
            sender=sender,
            visited=walk.visited | {walk.device},
            alias=walk.alias,
            mapped_after=mapped_after,
            is_alternative=is_alternative,
        )

    def _sender_beyond(self, device: str, interface: str, sender: int, masked: tuple[SourceNat, ...]) -> int:
        """Return as whom the sender is seen after leaving: the first source NAT there hides it."""
        if sender >= 0:
            shown = self.classes.items[sender].address
            masked = tuple(nat for nat in self.network.source_nats if shown in nat.inside)
        for nat in masked:
            if (nat.device, nat.interface) == (device, interface):
                return self.classes.mask_class(nat.outside)
        return sender

    def _mapped(self, walk: _Walk) -> Iterator[_Walk]:
        """Yield the ways on from a static NAT on the interface of entry, each towards its inside host.

        A packet is mapped once: a chain of static NATs is not followed.
        """
        here = walk.destinations & self._aliases_at.get((walk.device, walk.entering), 0)
        for at in positions(here if walk.alias < 0 else 0):
            inside = self.classes.mask_of_spans((self.classes.items[at].inside,)) & self.classes.hosts
            if inside:
                sees_outer = not self._mapping(at).filters_see_inside
                yield replace(
                    walk,
                    destinations=inside,
                    alias=at,
                    mapped_after=len(walk.met),
                    sees_outer=sees_outer,
                    visited=frozenset(),  # with another destination a device may be passed again
                )

    def _is_outer_side(self, crossing: Crossing) -> bool:
        at = self.network.rulesets[crossing.ruleset].at
        return isinstance(at, AtInterface) and at.interface == crossing.entering

    def _mapping(self, at: int) -> StaticNat:
        number = self.classes.items[at].mapping
        assert number is not None  # noqa: S101  (only called for ALIAS classes)
        return self.network.static_nats[number]

    # ---- a device's table ----

    def _outs_of(self, device: Device) -> list[_Out]:
        known = self._outs.get(device.id)
        if known is None:
            known = self._outs[device.id] = self._table(device)
        return known

    def _table(self, device: Device) -> list[_Out]:
        """Return where the device sends each destination, merged where no rule set on the way could differ.

        `interface` of a merged entry is one of several: `exact_exit` tells the right one.
        """
        left = self.classes.hosts | self.classes.aliases
        nobody_knows = None if device.routes_known else _Out(0, "", doubt=Doubt(Unsure.ROUTES_UNKNOWN, device.id))
        merged: dict[object, _Out] = {}
        fans: dict[object, list[tuple[str, int]]] = {}
        for destinations, found in [*self._entries(device), (left, (None,))]:
            going = destinations & left
            if not going:
                continue
            left ^= going
            ways = [out or nobody_knows for out in found]
            if len(ways) == 1 and (ways[0] is None or ways[0].is_dead):
                continue
            for out in ways:
                way = replace(out or _Out(0, "", is_dead=True), is_alternative=len(ways) > 1)
                likeness = self.filtering.exit_likeness(device.id, way.interface)
                if likeness == way.interface and self._is_fan_exit(device, way, going):
                    zones = self.filtering.zone_likeness(device.id, way.interface)
                    fans.setdefault(zones, []).append((way.interface, going))
                    continue
                key = (likeness, *self._onward_key(device, way))
                known = merged.get(key)
                merged[key] = replace(way, destinations=going | (known.destinations if known else 0))
        return [*merged.values(), *(_fan_out(exits) for exits in fans.values())]

    def _is_fan_exit(self, device: Device, way: _Out, going: int) -> bool:
        """Return whether a way only hands over to hosts beside it, past nothing but filters of its interface."""
        plain = _Out(0, way.interface)
        return way == plain and not going & self.classes.aliases and self.filtering.fans_out(device.id, way.interface)

    def exact_exit(self, device_id: str, destination: int) -> str:
        """Return the interface by which a device sends to the class at a position, "" when by none."""
        if device_id not in self._listed:
            self._listed[device_id] = list(self._entries(self._devices[device_id]))
        for bits, ways in self._listed[device_id]:
            if bits >> destination & 1:
                return ways[0].interface if ways[0] is not None else ""
        return ""

    def _onward_key(self, device: Device, out: _Out) -> tuple[object, ...]:
        """Return what else keeps two ways out apart: where they lead, and a source NAT on the interface."""
        hides = any(nat.device == device.id and nat.interface == out.interface for nat in self.network.source_nats)
        return (
            out.next_device,
            out.next_interface,
            out.doubt,
            out.is_alternative,
            out.is_dead,
            hides and out.interface,
        )

    def _entries(self, device: Device) -> Iterator[tuple[int, tuple[_Out | None, ...]]]:
        """Yield destinations with where they go, most specific first; None for what leaves the model or gets lost.

        Several ways where several routes of one length differ: nobody knows which of them is in force.
        """
        own = [
            (span, at) for at, interface in enumerate(device.interfaces) for span in self._connected(interface).spans
        ]
        routes: dict[Span, list[Route]] = {}
        for route in device.routes:
            routes.setdefault(route.prefix, []).append(route)
        listed = [(span[1] - span[0], 0, span, at) for span, at in own]
        listed += [(span[1] - span[0], 1, span, 0) for span in routes]
        for _, kind, span, at in sorted(listed):
            bits = self.classes.mask_of_spans((span,))
            if kind == 0:
                yield from self._delivered(device, device.interfaces[at], bits)
            else:
                ways = [self._route_out(device, route) for route in dict.fromkeys(routes[span])]
                if len(ways) == 1 and ways[0] is not None and ways[0].is_on_link:
                    yield from self._on_link(device, ways[0].interface, bits)
                else:
                    yield from self._several(device, bits, ways)

    def _several(
        self, device: Device, bits: int, ways: list[_Out | None]
    ) -> Iterator[tuple[int, tuple[_Out | None, ...]]]:
        """Yield destinations of several equal routes; who is not on the segment of one without a next hop is in doubt."""
        links = [way.interface for way in ways if way is not None and way.is_on_link]
        near = 0
        for link in links:
            interface = device.interface(link)
            near |= self.classes.of_segment.get((interface.segment if interface else None) or "\0", 0)
        yield bits & near, tuple(ways)
        doubted = [
            replace(way, is_on_link=False, doubt=Doubt(Unsure.NEXT_HOP_UNKNOWN, way.interface))
            if way is not None and way.is_on_link
            else way
            for way in ways
        ]
        yield bits, tuple(doubted)

    def _connected(self, interface: Interface) -> Ranges:
        if interface.network is not None:
            return Ranges((interface.network,))
        segment = self._segments.get(interface.segment or "")
        return segment.addresses if segment is not None else Ranges()

    def _delivered(
        self, device: Device, interface: Interface, bits: int
    ) -> Iterator[tuple[int, tuple[_Out | None, ...]]]:
        """Yield what a device hands over itself: hosts of the segment, and aliases that a neighbouring device maps."""
        segment = interface.segment
        yield bits & self.classes.of_segment.get(segment or "\0", 0), (_Out(0, interface.id),)
        if segment is not None:
            for at in positions(bits & self.classes.aliases):
                mapped = self._mapping(at)
                if mapped.device != device.id and (mapped.device, mapped.interface) in self._touching.get(segment, ()):
                    yield 1 << at, (_Out(0, interface.id, mapped.device, mapped.interface),)
            stray = _Out(0, interface.id, doubt=Doubt(Unsure.NEXT_HOP_UNKNOWN, segment))
            outside = bits & ~self.classes.mask_of_spans(self._segments[segment].addresses.spans)
            yield outside, (stray,)
            yield bits, (_Out(0, interface.id, is_dead=True),)  # on this segment, and nobody there answers to it
        yield bits, (None,)

    def _on_link(self, device: Device, interface_id: str, bits: int) -> Iterator[tuple[int, tuple[_Out | None, ...]]]:
        interface = device.interface(interface_id)
        assert interface is not None  # noqa: S101  (`_route_out` found it)
        yield from self._delivered(device, interface, bits)

    def _route_out(self, device: Device, route: Route) -> _Out | None:
        """Return where a route leads; None when out of the model."""
        if route.via is None and route.interface is None:
            return _Out(0, "", doubt=Doubt(Unsure.ROUTES_UNKNOWN, device.id))
        if route.interface is not None:
            leaving = device.interface(route.interface)
        else:
            leaving = next((one for one in device.interfaces if (route.via or 0) in self._connected(one)), None)
        if leaving is None:
            place = self._places.at(route.via) if route.via is not None else ""
            return _Out(0, "", doubt=Doubt(Unsure.NEXT_HOP_UNKNOWN, address_text(route.via or 0))) if place else None
        if leaving.segment is None:
            return None
        if route.via is None:
            return _Out(0, leaving.id, is_on_link=True)
        owner = next(
            (end for end in self._touching.get(leaving.segment, ()) if self._addresses_of[end] == route.via), None
        )
        if owner is None:
            return _Out(0, leaving.id, doubt=Doubt(Unsure.NEXT_HOP_UNKNOWN, address_text(route.via)))
        return _Out(0, leaving.id, *owner)


def _fan_out(exits: list[tuple[str, int]]) -> _Out:
    """Return one way out for several exits; an interface found more than once is one exit."""
    by_interface: dict[str, int] = {}
    for interface, bits in exits:
        by_interface[interface] = by_interface.get(interface, 0) | bits
    everyone = 0
    for bits in by_interface.values():
        everyone |= bits
    if len(by_interface) == 1:
        return _Out(everyone, exits[0][0])
    return _Out(everyone, exits[0][0], exits=tuple(by_interface.items()))
