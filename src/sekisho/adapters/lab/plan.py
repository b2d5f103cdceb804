"""Plans the lab of a network: namespaces, links, addresses, routes and rules, as input of `ip` and `nft`.

One namespace holds a bridge per segment; each device, host and line has a namespace of its own with a link to the
bridges it is on. Kernels forward as devices do (longest prefix, own networks first) except for what the model leaves
out on purpose: replies take the reversed way. For that, every connection is marked with the neighbour its first packet
came from, and replies follow the mark instead of the routes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sekisho.adapters.lab.filters import NEIGHBOUR_MASK, device_rules
from sekisho.domain.network.addresses import ANY_V4, V6_BASE, address_text, prefixes_of
from sekisho.domain.network.model import Device, ExternalLine, Interface, Isolation, Network, Node, Route, Segment
from sekisho.domain.network.ranges import Ranges, Span

SWITCH = "switch"
_FIRST_TABLE = 1000
_MAX_NAMES = 64
"""Most translated addresses that a device answers for on one segment."""


@dataclass
class Namespace:
    """What is fed to `ip -batch` and `nft -f` inside one namespace."""

    name: str
    commands: list[str] = field(default_factory=list)
    rules: str = ""


@dataclass(frozen=True)
class _Port:
    """One end of a link: where it is, its interface there and its hardware address."""

    namespace: str
    interface: str
    mac: str
    kind: str
    owner: str


@dataclass
class Lab:
    """All namespaces, the switch first, and where each source and target of the network stands."""

    namespaces: list[Namespace]
    homes: dict[str, str]
    """Namespace by id of a node or line; a line that ends nobody knows where has none."""


def plan_lab(network: Network) -> Lab:
    """Return the lab of `network`, which should be a stand-in.

    Raises:
        NotInTheLab: nftables cannot do the same.
    """
    return _Planner(network).lab()


class _Planner:
    def __init__(self, network: Network) -> None:
        self.network = network
        self.segments = {segment.id: segment for segment in network.segments}
        self.devices = {device.id: device for device in network.devices}
        self.spaces = {SWITCH: Namespace(SWITCH)}
        self.bridges: dict[str, list[_Port]] = {}
        self.homes: dict[str, str] = {}
        self.names: dict[str, dict[str, str]] = {}

    def lab(self) -> Lab:
        for at, device in enumerate(self.network.devices):
            self._attach_device(f"d{at}", device)
        for at, node in enumerate(self.network.nodes):
            self._attach_host(f"n{at}", node.id, node.addresses)
        for at, line in enumerate(self.network.lines):
            self._attach_line(f"l{at}", line)
        for at, device in enumerate(self.network.devices):
            self._configure_device(self.spaces[f"d{at}"], device)
        for node in self.network.nodes:
            self._configure_host(node)
        for line in self.network.lines:
            self._configure_line(line)
        return Lab(list(self.spaces.values()), self.homes)

    # ---- links ----

    def _space(self, name: str) -> Namespace:
        self.spaces[name] = space = Namespace(name, ["link set lo up"])
        return space

    def _link(self, bridge: str, namespace: str, interface: str, kind: str, owner: str, *, isolated: bool) -> None:
        """Put `interface` of `namespace` on `bridge`; isolated ports hear only those that are not."""
        switch = self.spaces[SWITCH].commands
        if bridge not in self.bridges:
            switch += [f"link add b{len(self.bridges)} type bridge mcast_snooping 0"]
            switch += [f"link set b{len(self.bridges)} up"]
            self.bridges[bridge] = []
        number = sum(map(len, self.bridges.values()))
        mac = f"02:00:00:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
        switch.append(f"link add p{number} type veth peer name {interface} address {mac} netns {namespace}")
        switch.append(f"link set p{number} master b{list(self.bridges).index(bridge)} up")
        if isolated:
            switch.append(f"link set p{number} type bridge_slave isolated on")
        self.bridges[bridge].append(_Port(namespace, interface, mac, kind, owner))
        self.spaces[namespace].commands.append(f"link set {interface} up")

    def _attach_device(self, namespace: str, device: Device) -> None:
        self._space(namespace)
        self.names[device.id] = {one.id: f"i{at}" for at, one in enumerate(device.interfaces)}
        ended = {line.interface for line in self.network.lines if line.device == device.id}
        for interface in device.interfaces:
            if interface.segment is not None or interface.id in ended:
                bridge = _bridge(device.id, interface)
                self._link(bridge, namespace, self.names[device.id][interface.id], "device", device.id, isolated=False)

    def _attach_host(self, namespace: str, owner: str, addresses: Ranges) -> None:
        self._space(namespace)
        self.homes[owner] = namespace
        for at, segment in enumerate(self._segments_of(addresses)):
            isolated = segment.isolation is Isolation.PORT
            self._link(f"segment {segment.id}", namespace, f"e{at}", "host", owner, isolated=isolated)

    def _attach_line(self, namespace: str, line: ExternalLine) -> None:
        device = self.devices.get(line.device or "")
        interface = device.interface(line.interface or "") if device else None
        if line.segment is not None:
            bridge, isolated = f"segment {line.segment}", self.segments[line.segment].isolation is Isolation.PORT
        elif device is not None and interface is not None:
            bridge, isolated = _bridge(device.id, interface), False
        else:
            return
        self._space(namespace)
        self.homes[line.id] = namespace
        self._link(bridge, namespace, "e0", "line", line.id, isolated=isolated)

    def _segments_of(self, addresses: Ranges) -> list[Segment]:
        return [segment for segment in self.network.segments if segment.addresses & addresses]

    # ---- devices ----

    def _configure_device(self, space: Namespace, device: Device) -> None:
        names = self.names[device.id]
        for interface in device.interfaces:
            if self._port(space.name, names[interface.id]):
                for address in self._own_addresses(device, interface):
                    space.commands.append(f"addr add {address_text(address)}/32 dev {names[interface.id]}")
        done: set[str] = set()
        for interface in device.interfaces:
            there = names[interface.id]
            for prefix in self._prefixes(self._connected(interface)):
                way = f"{prefix} dev {there}" if interface.segment else f"blackhole {prefix}"
                if prefix not in done:
                    space.commands.append(f"route add {way}")
                    done.add(prefix)
        for at, route in enumerate(device.routes):
            for prefix in self._prefixes(Ranges((route.prefix,))):
                space.commands.append(f"route add {self._way(device, route, prefix)} metric {100 + at}")
        neighbours = [
            (port, other)
            for ports in self.bridges.values()
            for port in ports
            if port.namespace == space.name
            for other in ports
            if other is not port
        ]
        space.rules = device_rules(self.network, device, names, lambda name: self._zone(device, name))
        space.rules += self._remembering(space, neighbours, hook="prerouting")

    def _own_addresses(self, device: Device, interface: Interface) -> Iterator[int]:
        """Yield the addresses that a device answers for on an interface: its own, and outer ones on its segment."""
        own = Ranges.of([(interface.address, interface.address)] if interface.address is not None else [])
        segment = self.segments.get(interface.segment or "")
        if segment is not None and (segment.isolation is Isolation.NONE or self._gateway(segment) == device):
            for nat in self.network.static_nats:
                if (nat.device, nat.interface) == (device.id, interface.id) and nat.outside.size <= _MAX_NAMES:
                    own |= nat.outside & segment.addresses
        yield from own & ANY_V4

    def _connected(self, interface: Interface) -> Ranges:
        if interface.network is not None:
            return Ranges((interface.network,))
        return self.segments[interface.segment].addresses if interface.segment else Ranges()

    def _way(self, device: Device, route: Route, prefix: str) -> str:
        """Return where `ip route` sends a prefix; what leaves the model ends in a black hole."""
        leaving = device.interface(route.interface) if route.interface else None
        if route.interface is None and route.via is not None:
            leaving = next((one for one in device.interfaces if route.via in self._connected(one)), None)
        if leaving is None or leaving.segment is None:
            return f"blackhole {prefix}"
        there = self.names[device.id][leaving.id]
        return f"{prefix} via {address_text(route.via)} dev {there} onlink" if route.via else f"{prefix} dev {there}"

    def _zone(self, device: Device, name: str) -> str:
        interface = device.interface(name)
        segment = self.segments.get(interface.segment or "") if interface else None
        return (interface.zone if interface else "") or (segment.zone if segment else "")

    # ---- hosts and lines ----

    def _configure_host(self, node: Node) -> None:
        space = self.spaces[self.homes[node.id]]
        for at, segment in enumerate(self._segments_of(node.addresses)):
            self._settle(space, f"e{at}", segment, node.addresses & segment.addresses, first_table=10 * (at + 1))
        ports = [port for ports in self.bridges.values() for port in ports if port.namespace == space.name]
        neighbours = [
            (port, other)
            for port in ports
            for other in next(ports for ports in self.bridges.values() if port in ports)
            if other.kind != "host"
        ]
        space.rules = self._remembering(space, neighbours, hook="output")

    def _settle(self, space: Namespace, there: str, segment: Segment, addresses: Ranges, first_table: int) -> None:
        """Give a host its addresses on one segment; each sends to the segment itself, all else to the gateway."""
        gateway = self._gateway(segment)
        router = next((p for p in self.bridges[f"segment {segment.id}"] if gateway and p.owner == gateway.id), None)
        if router is not None:
            hop = f"169.254.{first_table}.1"
            space.commands.append(f"neigh add {hop} lladdr {router.mac} dev {there} nud permanent")
        for at, address in enumerate(addresses):
            table, own = first_table + at, address_text(address)
            space.commands += [f"addr add {own}/32 dev {there}", f"rule add from {own} lookup {table} pref 200"]
            for prefix in self._prefixes(segment.addresses):
                space.commands.append(f"route add {prefix} dev {there} src {own} table {table}")
            # Without a gateway nobody answers; yet a reply is only sent, and then marked, when there is some route.
            way = f"via {hop} dev {there} onlink" if router is not None else f"dev {there}"
            space.commands.append(f"route add default {way} src {own} table {table}")

    def _gateway(self, segment: Segment) -> Device | None:
        if segment.gateway is not None:
            return self.devices[segment.gateway]
        touching = [d for d in self.network.devices if any(one.segment == segment.id for one in d.interfaces)]
        return touching[0] if len(touching) == 1 else None

    def _configure_line(self, line: ExternalLine) -> None:
        if line.id not in self.homes:
            return
        space = self.spaces[self.homes[line.id]]
        if line.segment is not None:
            self._settle(space, "e0", self.segments[line.segment], line.source, first_table=10)
            return
        ports = next(ports for ports in self.bridges.values() if any(port.namespace == space.name for port in ports))
        there = self.names[line.device or ""][line.interface or ""]
        router = next(port for port in ports if (port.owner, port.interface) == (line.device, there))
        space.commands += [f"addr add {address_text(address)}/32 dev e0" for address in line.source]
        space.commands.append(f"neigh add 169.254.1.1 lladdr {router.mac} dev e0 nud permanent")
        space.commands.append("route add default via 169.254.1.1 dev e0 onlink")

    # ---- both ----

    def _remembering(self, space: Namespace, neighbours: list[tuple[_Port, _Port]], *, hook: str) -> str:
        """Return rules that mark each connection with the neighbour it came from and send replies back there."""
        marks: list[str] = []
        for at, (port, other) in enumerate(neighbours, 1):
            hop, table = f"169.254.{100 + (at >> 8)}.{at & 255}", _FIRST_TABLE + at
            marks.append(f"{other.mac} : {at}")
            space.commands += [
                f"neigh add {hop} lladdr {other.mac} dev {port.interface} nud permanent",
                f"route add default via {hop} dev {port.interface} onlink table {table}",
                f"rule add fwmark {at}/{NEIGHBOUR_MASK:#x} lookup {table} pref 10",
            ]
        if not marks:
            return ""
        mark = f"ct state new ct direction original ct mark set ether saddr map {{ {', '.join(marks)} }}"
        back = f"ct direction reply meta mark set ct mark & {NEIGHBOUR_MASK:#x}"
        arriving = "type filter hook prerouting priority mangle; policy accept;"
        lines = ["table inet remembering {", "chain arriving {", arriving, mark]
        lines += [back, "}"] if hook == "prerouting" else ["}", "chain answering {", _ANSWERING, back, "}"]
        return "\n".join([*lines, "}", ""])

    def _prefixes(self, addresses: Ranges) -> Iterator[str]:
        for span in addresses.spans:
            if _is_v4(span):
                yield from prefixes_of(span)

    def _port(self, namespace: str, interface: str) -> bool:
        return any((p.namespace, p.interface) == (namespace, interface) for ps in self.bridges.values() for p in ps)


_ANSWERING = "type route hook output priority mangle; policy accept;"


def _bridge(device: str, interface: Interface) -> str:
    return f"segment {interface.segment}" if interface.segment is not None else f"outside {device} {interface.id}"


def _is_v4(span: Span) -> bool:
    return span[1] < V6_BASE
