"""Which way packets take: for everything that enters at one place, the destinations together with what they cross.

Routes alone decide (longest prefix, a connected network before a route of the same length), so a way is found for whole
sets of destinations at once and the sets split only where the way does. Left out: routes by source or service, several
equal routes at a time (the first counts), routing protocols.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

from sekisho.domain.network.addresses import address_text
from sekisho.domain.network.classes import Classes, positions
from sekisho.domain.network.filtering import Crossing, Filtering
from sekisho.domain.network.model import (
    AtInterface,
    Device,
    Interface,
    Isolation,
    Network,
    Segment,
    SourceNat,
    StaticNat,
)
from sekisho.domain.network.ranges import Ranges


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


@dataclass(frozen=True, slots=True)
class _Out:
    """Where a device sends some destinations: out of `interface`, to the next device's interface or to the host."""

    destinations: int
    interface: str
    next_device: str | None = None
    next_interface: str = ""
    doubt: Doubt | None = None


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
    outer_side_done: bool = False
    """The filters on the interface of entry have looked at the packet before its address was mapped."""


class Forwarding:
    """The ways through one network."""

    def __init__(self, network: Network, classes: Classes, filtering: Filtering) -> None:
        self.network, self.classes, self.filtering = network, classes, filtering
        self._devices = {device.id: device for device in network.devices}
        self._segments = {segment.id: segment for segment in network.segments}
        self._owners = {
            interface.address: (device.id, interface.id)
            for device in reversed(network.devices)
            for interface in device.interfaces
            if interface.address is not None
        }
        self._touching: dict[str, list[tuple[str, str]]] = {}
        for device in network.devices:
            for interface in device.interfaces:
                if interface.segment is not None:
                    self._touching.setdefault(interface.segment, []).append((device.id, interface.id))
        self._outs: dict[str, list[_Out]] = {}
        self._listed: dict[str, list[tuple[int, _Out | None]]] = {}
        self._aliases_at: dict[tuple[str, str], int] = {}
        for at in positions(classes.aliases):
            mapped = self._mapping(at)
            key = (mapped.device, mapped.interface)
            self._aliases_at[key] = self._aliases_at.get(key, 0) | 1 << at
        self._placeless = classes.of_segment.get("", 0)
        self.loops: dict[str, int] = {}
        """Per device at which a packet came by a second time, the destinations that circle."""

    # ---- ways in ----

    def from_segment(self, segment_id: str, masked: tuple[SourceNat, ...] = ()) -> list[Leg]:
        """Return the ways from a host of a segment, `masked` being the source NATs that apply to its address."""
        segment = self._segments.get(segment_id)
        everyone = self.classes.hosts | self.classes.aliases
        if segment is None:
            return [Leg(everyone, doubts=(Doubt(Unsure.PLACE_UNKNOWN, segment_id),))]
        neighbours = self.classes.of_segment.get(segment_id, 0)
        legs = [Leg(neighbours)] if neighbours and segment.isolation is Isolation.NONE else []
        away = everyone & ~neighbours
        gateway = self._gateway(segment)
        if isinstance(gateway, Doubt):
            legs.append(Leg(away, doubts=(gateway,)))
        elif gateway is not None:
            legs += self._walked(_Walk(*gateway, destinations=away), masked)
        return legs

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
        return touching[0] if touching else None

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
                continue
            waiting += self._mapped(walk)
            rest = walk.destinations & ~self._aliases_at.get((walk.device, walk.entering), 0)
            if not device.filters_known:
                walk = replace(walk, doubts=(*walk.doubts, Doubt(Unsure.FILTERS_UNKNOWN, device.id)))
            for out in self._outs_of(device):
                if going := out.destinations & rest:
                    met = walk.met + self._met(walk, out.interface)
                    onward = self._onward(walk, out, going, met, masked)
                    if isinstance(onward, Leg):
                        yield onward
                    else:
                        waiting.append(onward)
            if (lost := rest & self._placeless) and not walk.hops:
                yield Leg(lost, doubts=(Doubt(Unsure.PLACE_UNKNOWN, ""),))

    def _met(self, walk: _Walk, leaving: str) -> tuple[Met, ...]:
        """Return the rule sets met on one device."""
        crossings = self.filtering.crossings(walk.device, walk.entering, leaving)
        if walk.outer_side_done:
            crossings = [crossing for crossing in crossings if not self._is_outer_side(crossing)]
        return tuple(Met(crossing, walk.sender) for crossing in crossings)

    def _onward(
        self, walk: _Walk, out: _Out, going: int, met: tuple[Met, ...], masked: tuple[SourceNat, ...]
    ) -> Leg | _Walk:
        """Return the end of the way, or where it goes on."""
        hops = (*walk.hops, Hop(walk.device, walk.entering, out.interface))
        if out.next_device is None:
            doubts = walk.doubts if out.doubt is None else (*walk.doubts, out.doubt)
            return Leg(going, met, hops, doubts, walk.alias, walk.mapped_after)
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
            mapped_after=walk.mapped_after,
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
            outer = () if self._mapping(at).filters_see_inside else self._outer_side(walk)
            inside = self.classes.mask_of_spans((self.classes.items[at].inside,)) & self.classes.hosts
            if inside:
                met = walk.met + outer
                yield replace(
                    walk,
                    destinations=inside,
                    met=met,
                    alias=at,
                    mapped_after=len(met),
                    outer_side_done=not self._mapping(at).filters_see_inside,
                )

    def _outer_side(self, walk: _Walk) -> tuple[Met, ...]:
        """Return the filters on the interface of entry: where they see the outer address, no other one does."""
        crossings = self.filtering.crossings(walk.device, walk.entering, "")
        return tuple(Met(crossing, walk.sender) for crossing in crossings if self._is_outer_side(crossing))

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
        for destinations, found in [*self._entries(device), (left, nobody_knows)]:
            going = destinations & left
            if not going:
                continue
            left ^= going
            out = found or nobody_knows
            if out is not None:
                key = (self.filtering.exit_likeness(device.id, out.interface), *self._onward_key(device, out))
                known = merged.get(key)
                merged[key] = replace(out, destinations=going | (known.destinations if known else 0))
        return list(merged.values())

    def _onward_key(self, device: Device, out: _Out) -> tuple[object, ...]:
        """Return what else keeps two ways out apart: where they lead, and a source NAT on the interface."""
        hides = any(nat.device == device.id and nat.interface == out.interface for nat in self.network.source_nats)
        return (out.next_device, out.next_interface, out.doubt, out.interface if hides else "")

    def exact_exit(self, device_id: str, destination: int) -> str:
        """Return the interface by which a device sends to the class at a position, "" when by none."""
        if device_id not in self._listed:
            self._listed[device_id] = list(self._entries(self._devices[device_id]))
        for bits, out in self._listed[device_id]:
            if bits >> destination & 1:
                return out.interface if out is not None else ""
        return ""

    def _entries(self, device: Device) -> Iterator[tuple[int, _Out | None]]:
        """Yield what the device's table holds, most specific first; None for what leaves the model."""
        entries: list[tuple[int, int, int, int, _Out | None]] = []
        for at, interface in enumerate(device.interfaces):
            for span, bits in self._connected(interface):
                entries.append((span[1] - span[0], 0, at, bits, _Out(0, interface.id)))
        for at, route in enumerate(device.routes):
            bits = self.classes.mask(Ranges((route.prefix,)))
            entries.append(
                (route.prefix[1] - route.prefix[0], 1, at, bits, self._route_out(device, route.via, route.interface))
            )
        for _, _, _, bits, out in sorted(entries, key=lambda entry: entry[:3]):
            if out is not None and out.next_device is None and out.doubt is None:
                yield from self._delivered(device, out.interface, bits)
            else:
                yield bits, out

    def _connected(self, interface: Interface) -> Iterator[tuple[tuple[int, int], int]]:
        if interface.segment is not None and (segment := self._segments.get(interface.segment)):
            for span in segment.addresses.spans:
                yield span, self.classes.mask_of_spans((span,))
        elif interface.network is not None:
            yield interface.network, self.classes.mask(Ranges((interface.network,)))

    def _delivered(self, device: Device, interface_id: str, bits: int) -> Iterator[tuple[int, _Out | None]]:
        """Yield what a device hands over itself: hosts of the segment, and aliases held by a neighbouring device."""
        interface = device.interface(interface_id)
        segment = interface.segment if interface is not None else None
        yield bits & self.classes.of_segment.get(segment or "\0", 0), _Out(0, interface_id)
        for at in positions(bits & self.classes.aliases):
            mapped = self._mapping(at)
            if mapped.device != device.id:
                yield 1 << at, _Out(0, interface_id, mapped.device, mapped.interface)
        yield bits, None

    def _route_out(self, device: Device, via: int | None, interface_id: str | None) -> _Out | None:
        if via is not None:
            return self._towards(device, via)
        if interface_id is None:
            return _Out(0, "", doubt=Doubt(Unsure.ROUTES_UNKNOWN, device.id))
        interface = device.interface(interface_id)
        if interface is None or interface.segment is None:
            return None
        others = [end for end in self._touching.get(interface.segment, ()) if end[0] != device.id]
        if len(others) == 1:
            return _Out(0, interface.id, *others[0])
        return _Out(0, interface.id, doubt=Doubt(Unsure.NEXT_HOP_UNKNOWN, interface.segment))

    def _towards(self, device: Device, via: int) -> _Out | None:
        """Return the way to a next hop; None when it lies outside the model."""
        near = [one for one in device.interfaces if self._holds(one, via)]
        owner = self._owners.get(via)
        if owner is not None and owner[0] != device.id:
            leaving = near[0].id if near else ""
            return _Out(0, leaving, *owner) if near else None
        if near and near[0].segment is not None:
            return _Out(0, near[0].id, doubt=Doubt(Unsure.NEXT_HOP_UNKNOWN, address_text(via)))
        return None

    def _holds(self, interface: Interface, address: int) -> bool:
        if interface.segment is not None and (segment := self._segments.get(interface.segment)):
            return address in segment.addresses
        return interface.network is not None and interface.network[0] <= address <= interface.network[1]
