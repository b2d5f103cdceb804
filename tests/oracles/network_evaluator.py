"""A slow, plain evaluator of a network: one packet at a time, one device after another, first match wins.

Written from the description of network.yaml and the words of `sekisho.domain.network.model` alone. An engine that
answers for all packets at once is compared with it. The rules it follows, where those words leave a choice:

* A host sends to what lies in its own segment itself, unless its ports are isolated: then never. All else goes to the
  segment's gateway; to the only device there when none is named; nobody knows where with several and none named.
* A device takes the longest prefix; its own networks win ties; of several routes of one length nobody knows which.
* A next hop is found by its address on a segment of the device. One that no device owns there leads nobody knows
  where; one that lies in no segment leads out of the model, and nothing comes back from there.
* An address in no segment, a node without addresses: nobody knows.
* A static translation takes place on entering by its interface. With `filters_see_inside` False only the rule set
  "in" at that interface (and for replies the one "out") sees the outer address and port.
* A source translation takes place on leaving, after the device's own filters; for replies before them.
* Replies take the reversed way. A sender chooses its source port (1 to 65535) as it likes, one for the whole way.
* Rules that name source ports never match protocols without ports.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from sekisho.domain.network.addresses import V6_BASE
from sekisho.domain.network.model import (
    Action,
    AtInterface,
    AtZones,
    Device,
    Direction,
    Everywhere,
    ExternalLine,
    Interface,
    Isolation,
    Network,
    Node,
    Route,
    Rule,
    RuleSet,
    Segment,
    State,
    StaticNat,
)
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ANY_PORT, WITH_PORTS, port_of, protocol_of, service_number
from sekisho.domain.tri import Tri, all_of

LAST_PORT = 65_535


@dataclass(frozen=True)
class Packet:
    """The first packet of a connection, or a reply to it: then source and target are those of the reply."""

    source: int
    target: int
    service: int
    """Protocol and destination port."""
    source_port: int
    is_reply: bool = False

    def answered(self) -> "Packet":
        """Return the reply: addresses and ports change sides."""
        protocol = protocol_of(self.service)
        has_ports = protocol in WITH_PORTS
        back = service_number(protocol, self.source_port if has_ports else 0)
        return Packet(self.target, self.source, back, port_of(self.service), is_reply=True)


@dataclass(frozen=True)
class Hop:
    """One device on the way: by which interfaces the first packet comes and goes, and how it looks there."""

    device: Device
    entering: Interface
    leaving: Interface
    packet: Packet
    outer: Packet
    """As the rule set "in" at the entering interface sees it."""


class Evaluator:
    """Answers for one network."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.segments = {segment.id: segment for segment in network.segments}
        self.devices = {device.id: device for device in network.devices}
        self.goal = (0, 0)
        """Address and service that the packets under way are for, as the target itself knows them."""

    # ---- the question ----

    def reach(self, source: str, target: str, service: int) -> Tri:
        """Return whether `source`, a node or a line, opens a connection to `service` of the node `target`."""
        node = next(node for node in self.network.nodes if node.id == target)
        if service not in node.listens:
            return Tri.NO
        line = next((line for line in self.network.lines if line.id == source), None)
        if line is not None:
            return self._from_line(line, node, service)
        sender = next(node for node in self.network.nodes if node.id == source)
        return self._any(sender.addresses, node, service, self._from_host)

    def _any(self, sources: Ranges, target: Node, service: int, send: Callable[[Packet], Tri]) -> Tri:
        """Return yes when some address of the one reaches some address of the other with some source port."""
        if not sources or not target.addresses:
            return Tri.UNKNOWN
        found = Tri.NO
        for end in self._representatives(target.addresses):
            for called, called_service in self._names_of(end, service):
                self.goal = (end, service)
                for start in self._representatives(sources):
                    if (start < V6_BASE) != (called < V6_BASE):
                        continue  # the two families do not talk to each other
                    for port in self._source_ports(service):
                        found |= send(Packet(start, called, called_service, port))
                        if found is Tri.YES:
                            return found
        return found

    def _names_of(self, address: int, service: int) -> Iterator[tuple[int, int]]:
        """Yield the addresses and services by which a host's service can be called: its own and translated ones."""
        yield address, service
        for nat in self.network.static_nats:
            position = address - nat.inside
            called = _outer_service(nat, service)
            if 0 <= position < nat.outside.size and called is not None:
                yield next(islice(nat.outside, position, None)), called

    # ---- starting ----

    def _from_line(self, line: ExternalLine, target: Node, service: int) -> Tri:
        sources = line.source - self._inside
        if not sources:
            sources = line.source
        if line.segment is not None:
            segment = self.segments[line.segment]
            sources = (line.source & segment.addresses) or sources
            return self._any(sources, target, service, lambda packet: self._on_segment(segment, packet))
        device = self.devices.get(line.device or "")
        interface = device.interface(line.interface or "") if device else None
        if device is None or interface is None:
            return Tri.UNKNOWN
        return self._any(
            sources, target, service, lambda packet: self._at_device(device, interface, packet, frozenset())
        )

    def _from_host(self, packet: Packet) -> Tri:
        segment = self._segment_at(packet.source)
        return Tri.UNKNOWN if segment is None else self._on_segment(segment, packet)

    def _on_segment(self, segment: Segment, packet: Packet) -> Tri:
        """Send from a host of `segment`."""
        gateways = self._gateways(segment)
        if packet.target in segment.addresses:
            translating = list(self._translating(segment, packet, None))
            if segment.isolation is Isolation.PORT:
                if gateways is None and translating:
                    return Tri.UNKNOWN
                translating = [(d, i) for d, i in translating if gateways and d.id == gateways[0].id]
                return self._agreed(self._at_device(d, i, packet, frozenset()) for d, i in translating)
            if not translating:
                return self._arrived(packet)
            return self._agreed(self._at_device(d, i, packet, frozenset()) for d, i in translating)
        if self._segment_at(packet.target) is None and not self._is_outer_name(packet.target):
            return Tri.UNKNOWN
        if gateways is None:
            return Tri.UNKNOWN
        if not gateways:
            return Tri.UNKNOWN if any(not device.routes_known for device in self.network.devices) else Tri.NO
        device = gateways[0]
        entering = next((one for one in device.interfaces if one.segment == segment.id), None)
        return Tri.UNKNOWN if entering is None else self._at_device(device, entering, packet, frozenset())

    def _gateways(self, segment: Segment) -> list[Device] | None:
        """Return the device that hosts of a segment send to, none when there is none, None when nobody knows."""
        if segment.gateway is not None:
            return [self.devices[segment.gateway]]
        touching = [d for d in self.network.devices if any(one.segment == segment.id for one in d.interfaces)]
        return None if len(touching) > 1 else touching

    # ---- forwarding ----

    def _at_device(self, device: Device, entering: Interface, outer: Packet, seen: frozenset[object]) -> Tri:
        """Follow a packet that comes into `device` by `entering`."""
        if (device.id, entering.id, outer) in seen:
            return Tri.NO
        seen |= {(device.id, entering.id, outer)}
        packet, sees_inside = outer, True
        for nat in self.network.static_nats:
            if (nat.device, nat.interface) == (device.id, entering.id) and _is_translated(nat, outer):
                packet, sees_inside = _translated(nat, outer), nat.filters_see_inside
                break
        if self._segment_at(packet.target) is None and not self._is_outer_name(packet.target):
            return Tri.UNKNOWN
        seen_at_entry = packet if sees_inside else outer

        def go_on(leaving: Interface | None, onward: Iterable[Tri]) -> Tri:
            if leaving is None:
                return self._enters(device, entering, packet, seen_at_entry) & self._agreed(onward)
            passes = self._passes(Hop(device, entering, leaving, packet, seen_at_entry))
            return passes if passes is Tri.NO else passes & self._agreed(onward)

        return self._agreed(self._by(way, device, packet, seen, go_on) for way in self._ways(device, packet.target))

    def _ways(self, device: Device, target: int) -> list[Interface | Route | None]:
        """Return the own network or the routes that take `target`: more than one when nobody knows which; [None]: no."""
        own: list[tuple[int, Interface]] = []
        for interface in device.interfaces:
            connected = self._connected(interface)
            own += [(last - first, interface) for first, last in connected.spans if first <= target <= last]
        routes = [
            (route.prefix[1] - route.prefix[0], route)
            for route in device.routes
            if route.prefix[0] <= target <= route.prefix[1]
        ]
        shortest = min((size for size, _ in (*own, *routes)), default=None)
        if shortest is None:
            return [None]
        nearest = [interface for size, interface in own if size == shortest]
        if nearest:
            return [nearest[0]]
        return list(dict.fromkeys(route for size, route in routes if size == shortest))

    def _connected(self, interface: Interface) -> Ranges:
        if interface.network is not None:
            return Ranges((interface.network,))
        return self.segments[interface.segment].addresses if interface.segment else Ranges()

    def _by(
        self,
        way: Interface | Route | None,
        device: Device,
        packet: Packet,
        seen: frozenset[object],
        go_on: Callable[[Interface | None, Iterable[Tri]], Tri],
    ) -> Tri:
        """Send by an own network or a route. `go_on` judges the device's filters, then what lies beyond."""
        out_of_the_model = Tri.NO if device.routes_known else go_on(None, [Tri.UNKNOWN])
        if way is None:
            return out_of_the_model
        if isinstance(way, Interface):
            if way.segment is None:
                return out_of_the_model
            return go_on(way, self._delivered(device, way, packet, seen))
        if way.via is None and way.interface is None:
            return go_on(None, [Tri.UNKNOWN])
        leaving = device.interface(way.interface) if way.interface else self._interface_to(device, way.via)
        if leaving is None:
            return go_on(None, [Tri.UNKNOWN]) if self._segment_at(way.via) is not None else out_of_the_model
        if leaving.segment is None:
            return out_of_the_model
        if way.via is None:
            return go_on(leaving, self._delivered(device, leaving, packet, seen))
        owners = self._owners(leaving.segment, way.via)
        if not owners:
            return go_on(leaving, [Tri.UNKNOWN])
        onward = self._sent(device, leaving, packet)
        return go_on(leaving, (self._at_device(d, i, onward, seen) for d, i in owners))

    def _interface_to(self, device: Device, address: int | None) -> Interface | None:
        return next((one for one in device.interfaces if address in self._connected(one)), None)

    def _owners(self, segment: str, address: int) -> list[tuple[Device, Interface]]:
        return [
            (device, interface)
            for device in self.network.devices
            for interface in device.interfaces
            if interface.segment == segment and interface.address == address
        ]

    def _delivered(self, device: Device, leaving: Interface, packet: Packet, seen: frozenset[object]) -> list[Tri]:
        """Return what becomes of a packet put on the segment of `leaving` for a host there."""
        segment = self.segments[leaving.segment or ""]
        onward = self._sent(device, leaving, packet)
        translating = list(self._translating(segment, onward, device))
        if translating:
            return [self._at_device(d, i, onward, seen) for d, i in translating]
        return [self._arrived(packet) if packet.target in segment.addresses else Tri.UNKNOWN]

    def _arrived(self, packet: Packet) -> Tri:
        """Return whether who is there is the target: an outer name that nobody translates is no host."""
        return Tri.of((packet.target, packet.service) == self.goal)

    def _translating(
        self, segment: Segment, packet: Packet, besides: Device | None
    ) -> Iterator[tuple[Device, Interface]]:
        """Yield the devices that answer for the target on `segment` because they translate it."""
        for device in self.network.devices:
            for interface in device.interfaces:
                if interface.segment == segment.id and device is not besides:
                    nats = (n for n in self.network.static_nats if (n.device, n.interface) == (device.id, interface.id))
                    if any(_is_translated(nat, packet) for nat in nats):
                        yield device, interface

    def _sent(self, device: Device, leaving: Interface, packet: Packet) -> Packet:
        """Return the packet as it looks beyond `leaving`."""
        for nat in self.network.source_nats:
            if (nat.device, nat.interface) == (device.id, leaving.id) and packet.source in nat.inside:
                return replace(packet, source=nat.outside)
        return packet

    # ---- filters ----

    def _passes(self, hop: Hop) -> Tri:
        """Return whether the first packet and, where nothing remembers it, its reply pass a device."""
        verdicts = [] if hop.device.filters_known else [Tri.UNKNOWN]
        for rules in self.network.rulesets:
            if rules.device != hop.device.id:
                continue
            if self._is_met(rules, hop.device, hop.entering, hop.leaving):
                first = self._at_place(rules, hop, hop.packet, hop.outer)
                verdicts.append(_decided(rules.rules, rules.default, first, rules, hop.entering.id, hop.leaving.id))
            if not rules.stateful and self._is_met(rules, hop.device, hop.leaving, hop.entering):
                verdicts.append(self._reply_passes(rules, hop))
        return all_of(verdicts)

    def _enters(self, device: Device, entering: Interface, packet: Packet, outer: Packet) -> Tri:
        """Return whether a packet gets past what judges it whichever way it leaves: a no there stays a no."""
        verdicts = []
        for rules in self.network.rulesets:
            at_entry = rules.at == AtInterface(entering.id, Direction.IN)
            if rules.device != device.id or not (at_entry or isinstance(rules.at, Everywhere)):
                continue
            if all(rule.leaving is None for rule in rules.rules):
                first = outer if at_entry else packet
                verdicts.append(_decided(rules.rules, rules.default, first, rules, entering.id, ""))
        return all_of(verdicts)

    def _reply_passes(self, rules: RuleSet, hop: Hop) -> Tri:
        at = rules.at
        is_outer = at == AtInterface(hop.entering.id, Direction.OUT) and hop.outer != hop.packet
        first = hop.outer if is_outer else hop.packet
        reply = first.answered()
        judged = _decided(rules.rules, rules.default, reply, rules, hop.leaving.id, hop.entering.id)
        tracked = _decided(rules.tracked, Action.DENY, first, rules, hop.entering.id, hop.leaving.id)
        return judged | tracked

    def _at_place(self, rules: RuleSet, hop: Hop, packet: Packet, outer: Packet) -> Packet:
        return outer if rules.at == AtInterface(hop.entering.id, Direction.IN) else packet

    def _is_met(self, rules: RuleSet, device: Device, entering: Interface, leaving: Interface) -> bool:
        if isinstance(rules.at, AtInterface):
            side = entering if rules.at.direction is Direction.IN else leaving
            return side.id == rules.at.interface
        if isinstance(rules.at, AtZones):
            return (self._zone(entering), self._zone(leaving)) == (rules.at.source, rules.at.target)
        return True

    def _zone(self, interface: Interface) -> str:
        return interface.zone or (self.segments[interface.segment].zone if interface.segment else "")

    # ---- what stands for what ----

    @cached_property
    def _inside(self) -> Ranges:
        return Ranges.of(span for segment in self.network.segments for span in segment.addresses.spans)

    def _segment_at(self, address: int | None) -> Segment | None:
        return next((one for one in self.network.segments if address is not None and address in one.addresses), None)

    def _is_outer_name(self, address: int) -> bool:
        return any(address in nat.outside for nat in self.network.static_nats)

    def _agreed(self, answers: Iterable[Tri]) -> Tri:
        """Return the answer when nobody knows which of several holds; no when there is none."""
        found = set(answers)
        if len(found) > 1:
            return Tri.UNKNOWN
        return found.pop() if found else Tri.NO

    def _representatives(self, addresses: Ranges) -> list[int]:
        """Return one address of each part that nothing in the network tells apart."""
        found = []
        for first, last in addresses.spans:
            start = first
            while start <= last:
                found.append(start)
                following = bisect_right(self._cuts, start)
                start = self._cuts[following] if following < len(self._cuts) else last + 1
        return found

    @cached_property
    def _cuts(self) -> list[int]:
        """The addresses at which something begins or has just ended."""
        spans = [span for segment in self.network.segments for span in segment.addresses.spans]
        for rules in self.network.rulesets:
            for rule in (*rules.rules, *rules.tracked):
                spans += [*rule.src.spans, *rule.dst.spans]
        for device in self.network.devices:
            spans += [route.prefix for route in device.routes]
            for interface in device.interfaces:
                spans += [interface.network] if interface.network else []
                spans += [(interface.address, interface.address)] if interface.address is not None else []
        for nat in self.network.static_nats:
            spans += [*nat.outside.spans, *((nat.inside + at, nat.inside + at) for at in range(nat.outside.size))]
        spans += [span for nat in self.network.source_nats for span in nat.inside.spans]
        return sorted({cut for first, last in spans for cut in (first, last + 1)})

    def _source_ports(self, service: int) -> list[int]:
        return self._ports if protocol_of(service) in WITH_PORTS else [0]

    @cached_property
    def _ports(self) -> list[int]:
        """One source port of each part that no rule tells apart."""
        cuts = {1}
        for rules in self.network.rulesets:
            for rule in (*rules.rules, *rules.tracked):
                for first, last in rule.source_ports.spans:
                    cuts |= {first, last + 1}
                for first, last in rule.service.spans:
                    cuts |= {port_of(first), port_of(last) + 1}
        return sorted(port for port in cuts if 1 <= port <= LAST_PORT)


def _is_translated(nat: StaticNat, packet: Packet) -> bool:
    return packet.target in nat.outside and _inner_service(nat, packet.service) is not None


def _translated(nat: StaticNat, packet: Packet) -> Packet:
    position = sum(1 for address in nat.outside if address < packet.target)
    service = _inner_service(nat, packet.service)
    assert service is not None
    return replace(packet, target=nat.inside + position, service=service)


def _outer_service(nat: StaticNat, service: int) -> int | None:
    """Return what is called from outside for a service behind the translation."""
    port = port_of(service)
    if nat.inside_port is not None:
        port += port_of(nat.service.first) - nat.inside_port
    called = service_number(protocol_of(service), port)
    return called if 0 <= port <= LAST_PORT and called in nat.service else None


def _inner_service(nat: StaticNat, called: int) -> int | None:
    """Return the service behind the translation of a service called from outside."""
    if called not in nat.service:
        return None
    if nat.inside_port is None:
        return called
    port = port_of(called) - port_of(nat.service.first) + nat.inside_port
    return service_number(protocol_of(called), port) if 0 <= port <= LAST_PORT else None


def _decided(
    rules: tuple[Rule, ...], default: Action, packet: Packet, around: RuleSet, entering: str, leaving: str
) -> Tri:
    """Return what the first rule that matches does; every rule that may match may be that one."""
    possible: set[Action] = set()
    for rule in rules:
        if rule.takes_part and _matches(rule, packet, around, entering, leaving):
            possible.add(rule.action)
            if rule.is_exact:
                break
    else:
        possible.add(default)
    if possible == {Action.PERMIT}:
        return Tri.YES
    return Tri.NO if possible == {Action.DENY} else Tri.UNKNOWN


def _matches(rule: Rule, packet: Packet, around: RuleSet, entering: str, leaving: str) -> bool:
    if rule.state is State.ESTABLISHED and not packet.is_reply:
        return False
    if rule.state is State.NEW and packet.is_reply and around.stateful:
        return False
    if rule.entering is not None and entering not in rule.entering:
        return False
    if rule.leaving is not None and leaving not in rule.leaving:
        return False
    has_ports = protocol_of(packet.service) in WITH_PORTS
    if not (packet.source_port in rule.source_ports if has_ports else rule.source_ports == ANY_PORT):
        return False
    return packet.source in rule.src and packet.target in rule.dst and packet.service in rule.service


def answers(network: Network, services: Iterable[int]) -> dict[tuple[str, str, int], Tri]:
    """Return the answer for every source, every other node, and each of `services`."""
    evaluator = Evaluator(network)
    wanted = list(services)
    sources = [*(node.id for node in network.nodes), *(line.id for line in network.lines)]
    return {
        (source, node.id, service): evaluator.reach(source, node.id, service)
        for source in sources
        for node in network.nodes
        if source != node.id
        for service in wanted
    }
