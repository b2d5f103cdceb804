"""What stands where in a network: hosts in segments, devices at segments, filters at interfaces, lines at devices.

Looked up once per drawing, so that a hospital with 500 segments is drawn in a moment.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from sekisho.domain.network.addresses import prefixes_of
from sekisho.domain.network.impact import TERMINALS
from sekisho.domain.network.model import (
    Action,
    AtInterface,
    AtZones,
    Device,
    ExternalLine,
    Interface,
    Network,
    Node,
    Segment,
)
from sekisho.domain.tri import Tri


@dataclass(frozen=True, slots=True)
class Contact:
    """One interface of a device in a segment. `rules` are those of its filters; `filtered` says whether any stands."""

    device: Device
    interface: Interface
    filtered: Tri
    rules: int


@dataclass(frozen=True, slots=True)
class Occupants:
    """The hosts of one segment. Counts are computers, not nodes."""

    nodes: tuple[Node, ...] = ()
    terminals: int = 0
    others: int = 0

    @property
    def hosts(self) -> int:
        """Return how many computers stand there."""
        return self.terminals + self.others


@dataclass(frozen=True, slots=True)
class Topology:
    """A network, looked up by segment and device."""

    network: Network
    contacts: dict[str, tuple[Contact, ...]] = field(default_factory=dict)
    """By segment id."""
    of_device: dict[str, tuple[Contact, ...]] = field(default_factory=dict)
    """By device id: its interfaces into segments."""
    occupants: dict[str, Occupants] = field(default_factory=dict)
    lines_at: dict[str, tuple[ExternalLine, ...]] = field(default_factory=dict)
    """By device id."""
    lines_in: dict[str, tuple[ExternalLine, ...]] = field(default_factory=dict)
    """By segment id: lines whose device stands in it, and lines that end inside it."""
    segment_names: dict[str, str] = field(default_factory=dict)
    holds_copies: frozenset[str] = frozenset()
    """Ids of the nodes on which backup copies lie."""

    def gateway(self, segment: Segment) -> Contact | None:
        """Return the interface that hosts of `segment` send to; None when nobody knows which."""
        contacts = self.contacts.get(segment.id, ())
        if segment.gateway is not None:
            return next((one for one in contacts if one.device.id == segment.gateway), None)
        routers = [
            one
            for one in contacts
            if len(self.of_device.get(one.device.id, ())) > 1 or self.lines_at.get(one.device.id)
        ]
        return routers[0] if len(routers) == 1 else None

    def is_critical(self, node: Node) -> bool:
        """Return whether care stops without `node`, or it keeps backups."""
        return node.critical >= 3 or node.role == "backup" or node.id in self.holds_copies


def look_up(network: Network) -> Topology:
    """Return what stands where in `network`."""
    devices = {device.id: device for device in network.devices}
    lines_at: dict[str, list[ExternalLine]] = {}
    for line in network.lines:
        if line.device in devices:
            lines_at.setdefault(line.device or "", []).append(line)
    contacts: dict[str, list[Contact]] = {}
    of_device: dict[str, list[Contact]] = {}
    filters = _Filters(network)
    for device in network.devices:
        for interface in device.interfaces:
            if interface.segment is not None:
                contact = filters.contact(device, interface)
                contacts.setdefault(interface.segment, []).append(contact)
                of_device.setdefault(device.id, []).append(contact)
    return Topology(
        network,
        {segment: tuple(its) for segment, its in contacts.items()},
        {device: tuple(its) for device, its in of_device.items()},
        _occupants(network),
        {device: tuple(its) for device, its in lines_at.items()},
        _lines_in(network, contacts, lines_at),
        {segment.id: segment.name or segment.id for segment in network.segments},
        frozenset(copy.on for copy in network.backups if copy.on is not None),
    )


def _lines_in(
    network: Network, contacts: dict[str, list[Contact]], lines_at: dict[str, list[ExternalLine]]
) -> dict[str, tuple[ExternalLine, ...]]:
    found = {
        segment: [line for contact in its for line in lines_at.get(contact.device.id, ())]
        for segment, its in contacts.items()
    }
    for line in network.lines:
        if line.device is None and line.segment is not None:
            found.setdefault(line.segment, []).append(line)
    return {segment: tuple(dict.fromkeys(lines)) for segment, lines in found.items() if lines}


class _Filters:
    """Which filters stand at an interface."""

    def __init__(self, network: Network) -> None:
        self._zone = {segment.id: segment.zone for segment in network.segments}
        self._sets: dict[str, list[tuple[object, int, bool]]] = {}
        for ruleset in network.rulesets:
            is_known = ruleset.default is not Action.UNKNOWN
            self._sets.setdefault(ruleset.device, []).append((ruleset.at, len(ruleset.rules), is_known))

    def contact(self, device: Device, interface: Interface) -> Contact:
        zone = interface.zone or self._zone.get(interface.segment or "", "")
        mine = [
            (rules, known) for at, rules, known in self._sets.get(device.id, ()) if _stands_at(at, interface.id, zone)
        ]
        if not device.filters_known or not all(known for _, known in mine):
            filtered = Tri.UNKNOWN
        else:
            filtered = Tri.of(bool(mine))
        return Contact(device, interface, filtered, sum(rules for rules, _ in mine))


def _stands_at(at: object, interface: str, zone: str) -> bool:
    if isinstance(at, AtInterface):
        return at.interface == interface
    if isinstance(at, AtZones):
        return zone in (at.source, at.target)
    return True


def _occupants(network: Network) -> dict[str, Occupants]:
    spans = sorted((first, last, segment.id) for segment in network.segments for first, last in segment.addresses.spans)
    starts = [first for first, _, _ in spans]
    nodes: dict[str, list[Node]] = {}
    counts: dict[str, list[int]] = {}
    for node in network.nodes:
        for segment, addresses in _addresses_in(node, spans, starts).items():
            nodes.setdefault(segment, []).append(node)
            terminals_others = counts.setdefault(segment, [0, 0])
            terminals_others[node.role not in TERMINALS] += min(node.count, addresses)
    return {segment: Occupants(tuple(its), counts[segment][0], counts[segment][1]) for segment, its in nodes.items()}


def _addresses_in(node: Node, spans: list[tuple[int, int, str]], starts: list[int]) -> dict[str, int]:
    """Return how many addresses of `node` lie in each segment."""
    found: dict[str, int] = {}
    for first, last in node.addresses.spans:
        at = max(0, bisect_right(starts, first) - 1)
        while at < len(spans) and spans[at][0] <= last:
            common = min(last, spans[at][1]) - max(first, spans[at][0]) + 1
            if common > 0:
                found[spans[at][2]] = found.get(spans[at][2], 0) + common
            at += 1
    return found


def prefix_texts(segment: Segment) -> Iterator[str]:
    """Yield the prefixes of a segment."""
    for span in segment.addresses.spans:
        yield from prefixes_of(span)
