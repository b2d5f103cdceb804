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


def blueprint(hosts: Sequence[Host], line: Line, seconds: int) -> dict[str, Any]:
    """Return what the inside builds: namespaces with their addresses, routes and filters, tunnels, listeners, services."""
    is_shared = line.needs_relay and any(host.line is None for host in hosts)
    router = _Space("router", _FORWARDING)
    router.add("link set scanner up", *_addressed("scanner", ROUTER_ADDRESSES, 30, 126))
    edge = _Space("edge", _FORWARDING) if is_shared else None
    tunnels = []
    if edge:
        tunnels.append(_tunnel("edge", line))
        router.add(_TUNNEL_UP.format("line"))
        edge.add(_TUNNEL_UP.format("line"), *_ways_home(is_tunnel=True))
    homes = [_Space(f"h{at}", _host_settings(host)) for at, host in enumerate(hosts)]
    for home, host in zip(homes, hosts, strict=True):
        before = edge if edge and host.line is None else router
        is_tunnel = host.line is not None and host.line.needs_relay
        if is_tunnel:
            tunnels.append(_tunnel(home.name, host.line))
            router.add(_TUNNEL_UP.format(_end(home.name)))
        else:
            end = _end(home.name)
            before.add(f"link add {end} type veth peer name line netns {home.name}", f"link set {end} up", *_gates(end))
        home.add("link set lo up", _TUNNEL_UP.format("line"), *_addressed("line", host.addresses, 32, 128))
        home.add(*_ways_home(is_tunnel))
        for address in host.addresses:
            before.add(f"route add {address} dev {_end(home.name)}")
            if before is edge:
                router.add(f"route add {address} dev line")
    spaces = [router.document(router_rules(hosts, line)), *([edge.document("")] if edge else [])]
    spaces += [home.document(host_rules(host)) for home, host in zip(homes, hosts, strict=True)]
    return {
        "spaces": spaces,
        "scanner": _scanner(),
        "tunnels": tunnels,
        "listeners": [one for home, host in zip(homes, hosts, strict=True) for one in listeners_of(home.name, host)],
        "services": [
            _service(home.name, host, one) for home, host in zip(homes, hosts, strict=True) for one in host.services
        ],
        "name_server": NAME_SERVER,
        "seconds": seconds,
    }


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


def _end(home: str) -> str:
    return f"to-{home}"


def _tunnel(far: str, line: Line | None) -> dict[str, Any]:
    assert line is not None
    near = "line" if far == "edge" else _end(far)
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
