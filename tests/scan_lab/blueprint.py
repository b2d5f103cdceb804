"""Which namespaces a lab has, and how they are wired: scanner - router - (line and edge) - hosts.

A line that only loses packets is a pair of virtual cables with rules at the router. One with delay or a speed is a pair
of TUN devices with a relay between: to an edge router that all hosts share, or to the host that has a line of its own.
"""

import shlex
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tests.scan_lab.filters import host_rules, is_six, router_rules
from tests.scan_lab.plan import NAME_SERVER, ROUTER_ADDRESSES, SCANNER_ADDRESSES, Host, Line, Service, listeners_of

_FORWARDING = {"net/ipv4/ip_forward": "1", "net/ipv6/conf/all/forwarding": "1"}
_ANSWERS_FREELY = {
    "net/ipv4/icmp_ratelimit": "0",
    "net/ipv6/icmp/ratelimit": "0",
    "net/ipv4/icmp_msgs_per_sec": "1000000",
}
_FOR_SYN_PROXIES = {"net/ipv4/tcp_syncookies": "1", "net/netfilter/nf_conntrack_tcp_loose": "0"}


def blueprint(hosts: Sequence[Host], line: Line) -> dict[str, Any]:
    """Return what the inside builds: namespaces with their addresses, routes and filters, tunnels, listeners, services."""
    wiring = _Wiring(line, is_shared=line.needs_relay and any(host.line is None for host in hosts))
    homes = [(wiring.home(f"h{at}", host), host) for at, host in enumerate(hosts)]
    return {
        "spaces": [
            wiring.router.document(router_rules(hosts, line)),
            *([wiring.edge.document("")] if wiring.edge else []),
            *(home.document(host_rules(host)) for home, host in homes),
        ],
        "scanner": _scanner(),
        "tunnels": wiring.tunnels,
        "listeners": [one for home, host in homes for one in listeners_of(home.name, host)],
        "services": [_service(home.name, host, one) for home, host in homes for one in host.services],
        "name_server": NAME_SERVER,
    }


class _Wiring:
    """The router, the edge behind a shared line where that needs a relay, and the tunnels."""

    def __init__(self, line: Line, *, is_shared: bool) -> None:
        self.router = _Space("router", _FORWARDING)
        self.router.add("link set scanner up", *_addressed("scanner", ROUTER_ADDRESSES, 30, 126))
        self.edge = _Space("edge", _FORWARDING) if is_shared else None
        self.tunnels: list[dict[str, Any]] = []
        if self.edge:
            self.tunnels.append(_tunnel("line", "edge", line))
            self.router.add(_TUNNEL_UP.format("line"))
            self.edge.add(_TUNNEL_UP.format("line"), *_ways_home(is_tunnel=True))

    def home(self, name: str, host: Host) -> "_Space":
        """Return the namespace of a host, wired to the router, to the edge, or through a line of its own."""
        home = _Space(name, _host_settings(host))
        before = self.edge if self.edge and host.line is None else self.router
        end = f"to-{name}"
        is_tunnel = host.line is not None and host.line.needs_relay
        if host.line is not None and is_tunnel:
            self.tunnels.append(_tunnel(end, name, host.line))
            before.add(_TUNNEL_UP.format(end))
        else:
            before.add(f"link add {end} type veth peer name line netns {name}", f"link set {end} up", *_gates(end))
        home.add("link set lo up", _TUNNEL_UP.format("line"), *_addressed("line", host.addresses, 32, 128))
        home.add(*_ways_home(is_tunnel))
        for address in host.addresses:
            before.add(f"route add {address} dev {end}")
            if before is self.edge:
                self.router.add(f"route add {address} dev line")
        return home


_TUNNEL_UP = "link set {} up txqueuelen 5000"


def _host_settings(host: Host) -> dict[str, str]:
    return _ANSWERS_FREELY | (_FOR_SYN_PROXIES if host.syn_proxy else {})


class _Space:
    def __init__(self, name: str, settings: Mapping[str, str]) -> None:
        self.name, self.settings, self.commands = name, settings, list[str]()

    def add(self, *commands: str) -> None:
        self.commands += commands

    def document(self, rules: str) -> list[Any]:
        return [self.name, self.commands, rules, self.settings]


def _tunnel(near: str, far: str, line: Line) -> dict[str, Any]:
    return {"router": ["router", near], "far": [far, "line"], **asdict(line)}


def _addressed(interface: str, addresses: Sequence[str], four: int, six: int) -> Iterator[str]:
    for address in addresses:
        length, more = (six, " nodad") if is_six(address) else (four, "")
        yield f"address add {address}/{length} dev {interface}{more}"


def _ways_home(is_tunnel: bool) -> list[str]:
    if is_tunnel:
        return ["route add default dev line", "route add ::/0 dev line"]
    four, six = _GATEWAYS
    return [
        f"route add {four} dev line",
        f"route add default via {four} dev line",
        f"route add ::/0 via {six} dev line",
    ]


_GATEWAYS = ("169.254.0.1", "fe80::1")
"""What the router is to its neighbours, on every interface of its own."""


def _gates(interface: str) -> list[str]:
    four, six = _GATEWAYS
    return [f"address add {four}/32 dev {interface}", f"address add {six}/64 dev {interface} nodad"]


def _scanner() -> list[str]:
    four, six = ROUTER_ADDRESSES
    return [
        "link set lo up", "link add eth0 type veth peer name scanner netns router", "link set eth0 up",
        *_addressed("eth0", SCANNER_ADDRESSES, 30, 126),
        f"route add default via {four}", f"route add ::/0 via {six}",
    ]  # fmt: skip


def _service(space: str, host: Host, service: Service) -> dict[str, Any]:
    return {
        "space": space,
        "files": {name: b64encode(content).decode() for name, content in service.files.items()},
        "folders": list(service.folders),
        "steps": [*(shlex.join(step) for step in service.prepare), "exec " + shlex.join(service.command)],
        "tcp": [(host.address, port) for port in service.tcp],
        "udp": list(service.udp),
    }
