"""A slow, plain evaluator of network.yaml, written from the description of the file and from nothing else.

It walks one packet at a time, first match wins, and shows that the sample hospital's network means what its story says.
A real engine may be compared with it. It knows single addresses, ranges and prefixes of IPv4; group nodes are stood for
by their first and last address.
"""

import ipaddress
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sekisho.domain.tri import Tri, all_of, any_of

ADMIN_SERVICES = ("tcp/22", "tcp/445", "tcp/3389", "tcp/5985")
EPHEMERAL = 50_000


@dataclass(frozen=True)
class Packet:
    """The first packet of a connection, or the first reply to it."""

    source: int
    target: int
    protocol: str
    port: int
    is_reply: bool = False

    def answered(self) -> "Packet":
        return Packet(self.target, self.source, self.protocol, EPHEMERAL, is_reply=True)


@dataclass(frozen=True)
class Hop:
    """One device on the way, with the interfaces by which the packet comes and goes."""

    device: str
    entry: str
    leave: str


@dataclass
class Network:
    """One network.yaml as loaded."""

    plan: Mapping[str, Any]
    dropped_rules: set[tuple[str, str, int]] = field(default_factory=set)
    """Rules to leave out, for what-if: (device, interface, seq)."""

    @cached_property
    def nodes(self) -> dict[str, Mapping[str, Any]]:
        return {node["id"]: node for node in self.plan["nodes"]}

    @cached_property
    def lines(self) -> dict[str, Mapping[str, Any]]:
        return {line["id"]: line for line in self.plan["lines"]}

    @cached_property
    def segments(self) -> dict[str, Mapping[str, Any]]:
        return {segment["id"]: segment for segment in self.plan["segments"]}

    @cached_property
    def devices(self) -> dict[str, Mapping[str, Any]]:
        return {device["id"]: device for device in self.plan["devices"]}

    def reach(self, source: str, target: str, service: str) -> Tri:
        """Return whether `source` (a node or a line) reaches `service` of the node `target`."""
        if service not in self.nodes[target]["listens"]:
            return Tri.NO
        protocol, port = service.split("/")
        answers = []
        for start in self._source_addresses(source):
            for end in edges(self.nodes[target]["addresses"]):
                answers.append(self._passes(source, Packet(start, end, protocol, int(port))))
        return any_of(answers)

    def _source_addresses(self, source: str) -> list[int]:
        if source in self.lines:
            network = ipaddress.ip_network(self.lines[source]["source"])
            return [int(network.network_address) + (1 if network.num_addresses > 1 else 0)]
        return edges(self.nodes[source]["addresses"])

    def _passes(self, source: str, packet: Packet) -> Tri:
        way = self._way(source, packet)
        if way is None:
            return Tri.NO
        there = [self._filtered(hop, packet, reply=False) for hop in way]
        back = [self._filtered(hop, packet.answered(), reply=True) for hop in way]
        return all_of([*there, *back])

    def _way(self, source: str, packet: Packet) -> list[Hop] | None:
        """Return the devices between source and target; None when there is no way."""
        if source in self.lines:
            end = self.lines[source]["terminates"]
            device, entry = end["device"], end["interface"]
        else:
            segment = self._segment_of(packet.source)
            if segment == self._segment_of(packet.target) and self.segments[segment]["isolation"] == "none":
                return []
            device = self._gateway(segment)
            entry = next(i["id"] for i in self.devices[device]["interfaces"] if i.get("segment") == segment)
        return self._walked(device, entry, packet.target)

    def _walked(self, device: str, entry: str, target: int) -> list[Hop] | None:
        way: list[Hop] = []
        for _ in range(12):
            leave, following = self._forward(device, target)
            if leave is None:
                return None
            way.append(Hop(device, entry, leave))
            if following is None:
                return way
            device, entry = following
        return None

    def _forward(self, device: str, target: int) -> tuple[str | None, tuple[str, str] | None]:
        """Return the interface by which `device` sends to `target`, and the next device unless it is delivered."""
        for interface in self.devices[device]["interfaces"]:
            if "segment" in interface and target in _range(self.segments[interface["segment"]]["cidr"]):
                return interface["id"], None
        routes = [r for r in self.devices[device].get("routes", ()) if target in _range(r["prefix"])]
        if not routes:
            return None, None
        via = int(ipaddress.ip_address(max(routes, key=lambda r: int(r["prefix"].split("/")[1]))["via"]))
        for interface in self.devices[device]["interfaces"]:
            if "segment" in interface and via in _range(self.segments[interface["segment"]]["cidr"]):
                return interface["id"], self._owner(via)
        return None, None

    def _owner(self, address: int) -> tuple[str, str]:
        for device in self.devices.values():
            for interface in device["interfaces"]:
                if "address" in interface and int(ipaddress.ip_address(interface["address"])) == address:
                    return device["id"], interface["id"]
        raise LookupError(str(ipaddress.ip_address(address)))

    def _segment_of(self, address: int) -> str:
        return next(name for name, segment in self.segments.items() if address in _range(segment["cidr"]))

    def _gateway(self, segment: str) -> str:
        touching = [
            device["id"]
            for device in self.devices.values()
            if any(interface.get("segment") == segment for interface in device["interfaces"])
        ]
        return self.segments[segment].get("gateway") or touching[0]

    def _filtered(self, hop: Hop, packet: Packet, *, reply: bool) -> Tri:
        sides = ((hop.leave, "in"), (hop.entry, "out")) if reply else ((hop.entry, "in"), (hop.leave, "out"))
        verdicts = [Tri.UNKNOWN] if self.devices[hop.device].get("filters") == "unknown" else []
        for interface, direction in sides:
            for rules in self._rulesets(hop.device, interface, direction):
                if not (reply and rules.get("stateful", True)):
                    verdicts.append(self._decided(rules, interface, packet))
        return all_of(verdicts)

    def _rulesets(self, device: str, interface: str, direction: str) -> Iterator[Mapping[str, Any]]:
        at = {"interface": interface, "direction": direction}
        return (rules for rules in self.plan["rulesets"] if rules["device"] == device and rules["at"] == at)

    def _decided(self, rules: Mapping[str, Any], interface: str, packet: Packet) -> Tri:
        for rule in rules["rules"]:
            if (rules["device"], interface, rule["seq"]) in self.dropped_rules:
                continue
            if _matches(rule, packet):
                return Tri.of(rule["action"] == "permit")
        return {"permit": Tri.YES, "deny": Tri.NO, "unknown": Tri.UNKNOWN}[rules["default"]]

    # ---- what an intruder takes ----

    def taken(self, line: str, *, needs_credentials: bool) -> dict[str, tuple[str, str]]:
        """Return the nodes an intruder on `line` surely takes, each with (from where, by which service).

        A node falls when an administration service of it is reached; with `needs_credentials` only when the intruder
        also holds one of its credentials: those the party of the line holds, and those of every node taken before.
        """
        held = set(self.lines[line]["auth"].get("credentials", ()))
        taken: dict[str, tuple[str, str]] = {}
        waiting = deque([line])
        while waiting:
            source = waiting.popleft()
            for name, node in self.nodes.items():
                if name in taken or (needs_credentials and not held & set(node.get("credentials", ()))):
                    continue
                for service in ADMIN_SERVICES:
                    if self.reach(source, name, service) is Tri.YES:
                        taken[name] = (source, service)
                        held |= set(node.get("credentials", ()))
                        waiting.append(name)
                        break
        return taken

    def count(self, names: Mapping[str, Any] | list[str]) -> int:
        """Return how many computers the named nodes are."""
        return sum(self.nodes[name]["count"] for name in names)


def edges(addresses: list[str]) -> list[int]:
    """Return the first and the last address of a node."""
    spans = [_range(address) for address in addresses]
    return sorted({spans[0].start, spans[-1].stop - 1})


def _range(text: str) -> range:
    if "-" in text:
        first, last = (int(ipaddress.ip_address(part)) for part in text.split("-"))
        return range(first, last + 1)
    network = ipaddress.ip_network(text, strict=False)
    return range(int(network.network_address), int(network.broadcast_address) + 1)


def _matches(rule: Mapping[str, Any], packet: Packet) -> bool:
    if (rule.get("state", "any") == "established") > packet.is_reply:
        return False
    return (
        _among(packet.source, rule["src"])
        and _among(packet.target, rule["dst"])
        and any(_serves(service, packet) for service in rule["service"])
    )


def _among(address: int, places: list[str]) -> bool:
    return any(place == "any" or address in _range(place) for place in places)


def _serves(service: str, packet: Packet) -> bool:
    if service == "any":
        return True
    protocol, _, ports = service.partition("/")
    first, _, last = ports.partition("-")
    return protocol == packet.protocol and int(first) <= packet.port <= int(last or first)
