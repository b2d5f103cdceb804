"""A device's routes as a table: for sets of destinations, out of which interface and to whom it sends them.

The longest prefix first, a connected network before a route of the same length. Destinations between which nothing on
the way could differ stand in one entry of the table.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sekisho.domain.network.addresses import address_text
from sekisho.domain.network.classes import Classes, Places, positions
from sekisho.domain.network.filtering import Filtering
from sekisho.domain.network.legs import Doubt, Unsure
from sekisho.domain.network.model import Device, Interface, Network, Route, StaticNat
from sekisho.domain.network.ranges import Ranges, Span


@dataclass(frozen=True, slots=True)
class Out:
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


class Routing:
    """The tables of all devices of one network, each made when first asked for."""

    def __init__(self, network: Network, classes: Classes, filtering: Filtering) -> None:
        self._network, self._classes, self._filtering = network, classes, filtering
        self.devices = {device.id: device for device in network.devices}
        self.segments = {segment.id: segment for segment in network.segments}
        self.touching: dict[str, list[tuple[str, str]]] = {}
        """Device and interface of whatever is plugged into a segment, by its id."""
        self._addresses_of: dict[tuple[str, str], int | None] = {}
        for device in network.devices:
            for interface in device.interfaces:
                self._addresses_of[device.id, interface.id] = interface.address
                if interface.segment is not None:
                    self.touching.setdefault(interface.segment, []).append((device.id, interface.id))
        self._places = Places(network.segments)
        self._outs: dict[str, list[Out]] = {}
        self._listed: dict[str, list[tuple[int, tuple[Out | None, ...]]]] = {}

    def share_tables(self, other: "Routing") -> None:
        """Take over the tables of the same devices, computed under rule sets that look at the same interfaces."""
        self._outs, self._listed = other._outs, other._listed

    def mapping(self, at: int) -> StaticNat:
        """Return the static NAT of the outside address (ALIAS class) at a position."""
        number = self._classes.items[at].mapping
        assert number is not None  # noqa: S101  (only called for ALIAS classes)
        return self._network.static_nats[number]

    def outs_of(self, device: Device) -> list[Out]:
        """Return the table of a device."""
        known = self._outs.get(device.id)
        if known is None:
            known = self._outs[device.id] = self._table(device)
        return known

    def _table(self, device: Device) -> list[Out]:
        """Return where the device sends each destination, merged where no rule set on the way could differ.

        `interface` of a merged entry is one of several: `exact_exit` tells the right one.
        """
        left = self._classes.hosts | self._classes.aliases
        nobody_knows = None if device.routes_known else Out(0, "", doubt=Doubt(Unsure.ROUTES_UNKNOWN, device.id))
        merged: dict[object, Out] = {}
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
                way = replace(out or Out(0, "", is_dead=True), is_alternative=len(ways) > 1)
                likeness = self._filtering.exit_likeness(device.id, way.interface)
                if likeness == way.interface and self._is_fan_exit(device, way, going):
                    zones = self._filtering.zone_likeness(device.id, way.interface)
                    fans.setdefault(zones, []).append((way.interface, going))
                    continue
                key = (likeness, *self._onward_key(device, way))
                known = merged.get(key)
                merged[key] = replace(way, destinations=going | (known.destinations if known else 0))
        return [*merged.values(), *(_fan_out(exits) for exits in fans.values())]

    def _is_fan_exit(self, device: Device, way: Out, going: int) -> bool:
        """Return whether a way only hands over to hosts beside it, past nothing but filters of its interface."""
        plain = Out(0, way.interface)
        return way == plain and not going & self._classes.aliases and self._filtering.fans_out(device.id, way.interface)

    def exact_exit(self, device_id: str, destination: int) -> str:
        """Return the interface by which a device sends to the class at a position, "" when by none."""
        if device_id not in self._listed:
            self._listed[device_id] = list(self._entries(self.devices[device_id]))
        for bits, ways in self._listed[device_id]:
            if bits >> destination & 1:
                return ways[0].interface if ways[0] is not None else ""
        return ""

    def _onward_key(self, device: Device, out: Out) -> tuple[object, ...]:
        """Return what else keeps two ways out apart: where they lead, and a source NAT on the interface."""
        hides = any(nat.device == device.id and nat.interface == out.interface for nat in self._network.source_nats)
        return (
            out.next_device,
            out.next_interface,
            out.doubt,
            out.is_alternative,
            out.is_dead,
            hides and out.interface,
        )

    def _entries(self, device: Device) -> Iterator[tuple[int, tuple[Out | None, ...]]]:
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
            bits = self._classes.mask_of_spans((span,))
            if kind == 0:
                yield from self._delivered(device, device.interfaces[at], bits)
            else:
                ways = [self._route_out(device, route) for route in dict.fromkeys(routes[span])]
                if len(ways) == 1 and ways[0] is not None and ways[0].is_on_link:
                    yield from self._on_link(device, ways[0].interface, bits)
                else:
                    yield from self._several(device, bits, ways)

    def _several(
        self, device: Device, bits: int, ways: list[Out | None]
    ) -> Iterator[tuple[int, tuple[Out | None, ...]]]:
        """Yield destinations of several equal routes; who is not on the segment of one without a next hop is in doubt."""
        links = [way.interface for way in ways if way is not None and way.is_on_link]
        near = 0
        for link in links:
            interface = device.interface(link)
            near |= self._classes.of_segment.get((interface.segment if interface else None) or "\0", 0)
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
        segment = self.segments.get(interface.segment or "")
        return segment.addresses if segment is not None else Ranges()

    def _delivered(
        self, device: Device, interface: Interface, bits: int
    ) -> Iterator[tuple[int, tuple[Out | None, ...]]]:
        """Yield what a device hands over itself: hosts of the segment, and aliases that a neighbouring device maps."""
        segment = interface.segment
        yield bits & self._classes.of_segment.get(segment or "\0", 0), (Out(0, interface.id),)
        if segment is not None:
            for at in positions(bits & self._classes.aliases):
                mapped = self.mapping(at)
                if mapped.device != device.id and (mapped.device, mapped.interface) in self.touching.get(segment, ()):
                    yield 1 << at, (Out(0, interface.id, mapped.device, mapped.interface),)
            stray = Out(0, interface.id, doubt=Doubt(Unsure.NEXT_HOP_UNKNOWN, segment))
            outside = bits & ~self._classes.mask_of_spans(self.segments[segment].addresses.spans)
            yield outside, (stray,)
            yield bits, (Out(0, interface.id, is_dead=True),)  # on this segment, and nobody there answers to it
        yield bits, (None,)

    def _on_link(self, device: Device, interface_id: str, bits: int) -> Iterator[tuple[int, tuple[Out | None, ...]]]:
        interface = device.interface(interface_id)
        assert interface is not None  # noqa: S101  (`_route_out` found it)
        yield from self._delivered(device, interface, bits)

    def _route_out(self, device: Device, route: Route) -> Out | None:
        """Return where a route leads; None when out of the model."""
        if route.via is None and route.interface is None:
            return Out(0, "", doubt=Doubt(Unsure.ROUTES_UNKNOWN, device.id))
        if route.interface is not None:
            leaving = device.interface(route.interface)
        else:
            leaving = next((one for one in device.interfaces if (route.via or 0) in self._connected(one)), None)
        if leaving is None:
            place = self._places.at(route.via) if route.via is not None else ""
            return Out(0, "", doubt=Doubt(Unsure.NEXT_HOP_UNKNOWN, address_text(route.via or 0))) if place else None
        if leaving.segment is None:
            return None
        if route.via is None:
            return Out(0, leaving.id, is_on_link=True)
        owner = next(
            (end for end in self.touching.get(leaving.segment, ()) if self._addresses_of[end] == route.via), None
        )
        if owner is None:
            return Out(0, leaving.id, doubt=Doubt(Unsure.NEXT_HOP_UNKNOWN, address_text(route.via)))
        return Out(0, leaving.id, *owner)


def _fan_out(exits: list[tuple[str, int]]) -> Out:
    """Return one way out for several exits; an interface found more than once is one exit."""
    by_interface: dict[str, int] = {}
    for interface, bits in exits:
        by_interface[interface] = by_interface.get(interface, 0) | bits
    everyone = 0
    for bits in by_interface.values():
        everyone |= bits
    if len(by_interface) == 1:
        return Out(everyone, exits[0][0])
    return Out(everyone, exits[0][0], exits=tuple(by_interface.items()))
