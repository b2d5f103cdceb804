"""What the names in a FortiOS policy stand for: addresses, services, virtual IPs, groups of them, schedules.

Source: FortiOS CLI reference, `config firewall address`, `addrgrp`, `service custom`, `service group`, `vip`, `vipgrp`.
"""

from dataclasses import dataclass, replace
from functools import cached_property

from sekisho.adapters.configurations.fortios.tables import PREDEFINED_GROUPS, PREDEFINED_SERVICES
from sekisho.adapters.configurations.fortios.tree import Node
from sekisho.adapters.configurations.found import MOST_DEPTH, Found, FoundServices, wildcard_addresses
from sekisho.adapters.configurations.notes import Notes
from sekisho.domain.network.addresses import ANY_V4, ANY_V6, NotAnAddress, address_number, prefix_span
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.network.ranges import EMPTY, Ranges, Span
from sekisho.domain.network.services import (
    ANY_PORT,
    ANY_SERVICE,
    ICMP,
    ICMP6,
    PORTS,
    parse_services,
    ports_of,
)
from sekisho.domain.text import Text

_NOT_EVALUABLE = frozenset(
    {"fqdn", "wildcard-fqdn", "geography", "dynamic", "mac", "route-tag", "device", "url", "template"}
)
_ECHO = {ICMP: ("", "8"), ICMP6: ("", "128")}
_PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132, "icmp": ICMP}

_BAD_ADDRESS = Text(
    "アドレス「{name}」の値を読めませんでした。この名前を使う規則は「不明」として扱います。",
    "The value of address “{name}” could not be read. Rules that use it count as unknown.",
)
_BAD_SERVICE = Text(
    "サービス「{name}」の値を読めませんでした。この名前を使う規則は「不明」として扱います。",
    "The value of service “{name}” could not be read. Rules that use it count as unknown.",
)
_CIRCLE = Text(
    "グループ「{name}」が自分自身を含んでいます。繰り返しはそこで打ち切り、使う規則は「不明」として扱います。",
    "Group “{name}” contains itself. The circle is cut there; rules that use it count as unknown.",
)
_BAD_VIP = Text(
    "バーチャルIP「{name}」の値を読めませんでした。この名前を使う規則は「不明」として扱います。",
    "The value of virtual IP “{name}” could not be read. Rules that use it count as unknown.",
)


@dataclass(frozen=True, slots=True)
class VirtualIp:
    """One `firewall vip`: `outside` of `interface` ("any": of every one) stands for the addresses from `inside` on.

    `service` is what is forwarded as seen from outside, `mapped` the same as seen from inside. `sources` limits who may
    use it. With `is_exact` False the mapping is not fixed (a name, a load balancer).
    """

    name: str
    line: int
    interface: str
    outside: Ranges
    inside: Ranges
    service: Ranges = ANY_SERVICE
    mapped: Ranges = ANY_SERVICE
    inside_port: int | None = None
    sources: Ranges | None = None
    is_exact: bool = True


def subnet_span(values: list[str]) -> Span:
    """Return the span of `10.0.0.0 255.255.255.0` or `10.0.0.0/24`.

    Raises:
        NotAnAddress: see there.
    """
    return prefix_span("/".join(values[:2]) if len(values) > 1 else "".join(values))


class Objects:
    """The named objects of one VDOM."""

    def __init__(self, part: Node, notes: Notes, interfaces: dict[str, Span]) -> None:
        self._part = part
        self._notes = notes
        self._interfaces = interfaces
        self._addresses: dict[tuple[str, int], Found | None] = {}
        self._services: dict[str, FoundServices | None] = {}
        self._open: set[tuple[str, int]] = set()

    def _entries(self, *sections: str) -> dict[str, Node]:
        found = [self._part.section(section) for section in sections]
        return {entry.name: entry for section in found if section for entry in section.entries}

    @cached_property
    def _v4(self) -> dict[str, Node]:
        return self._entries("firewall address", "firewall addrgrp")

    @cached_property
    def _v6(self) -> dict[str, Node]:
        return self._entries("firewall address6", "firewall addrgrp6")

    @cached_property
    def _service_entries(self) -> dict[str, Node]:
        return self._entries("firewall service custom", "firewall service group")

    @cached_property
    def virtual_ips(self) -> dict[str, VirtualIp | None]:
        """Return every virtual IP by name; None for one that could not be read."""
        entries = self._entries("firewall vip", "firewall vip6")
        return {name: self._virtual_ip(entry) for name, entry in entries.items()}

    @cached_property
    def _vip_groups(self) -> dict[str, Node]:
        return self._entries("firewall vipgrp", "firewall vipgrp6")

    def virtual_ips_of(self, name: str) -> list[VirtualIp | None] | None:
        """Return the virtual IPs that `name` stands for, None when it is neither one nor a group of them."""
        if name in self.virtual_ips:
            return [self.virtual_ips[name]]
        group = self._vip_groups.get(name)
        return [self.virtual_ips.get(member) for member in group.values("member")] if group else None

    def addresses(self, names: list[str], family: int) -> Found:
        """Return what `names` stand for together, in IPv4 (`family` 4) or IPv6 (6)."""
        return self._members(names, family, -1)

    def _address(self, name: str, family: int, depth: int) -> Found | None:
        key = (name, family)
        if key in self._addresses:
            return self._addresses[key]
        entry = (self._v4 if family == 4 else self._v6).get(name)
        anything = ANY_V4 if family == 4 else ANY_V6
        if entry is None:
            predefined = {"all": Found(anything), "any": Found(anything), "none": Found(EMPTY)}
            found = predefined.get(name)
        elif depth > MOST_DEPTH or key in self._open:
            return self._circle(entry, anything)
        elif "member" in entry.settings or "exclude-member" in entry.settings:
            self._open.add(key)
            found = self._group(entry, family, depth)
            self._open.discard(key)
        else:
            found = self._single(entry, family, anything)
        self._addresses[key] = found
        return found

    def _circle(self, entry: Node, anything: Ranges) -> Found:
        line = entry.line_of("member")
        self._notes.unparsed(line, f"set member ({entry.name})", _CIRCLE.filled(name=entry.name), Bearing.FILTER)
        return Found(anything, False, (entry.name,))

    def _group(self, entry: Node, family: int, depth: int) -> Found:
        total = self._members(entry.values("member"), family, depth)
        if entry.is_on("exclude") and entry.values("exclude-member"):
            left_out = self._members(entry.values("exclude-member"), family, depth)
            if not left_out.is_exact:
                return Found(total.ranges, False, (*total.unknown, *left_out.unknown))
            total = replace(total, ranges=total.ranges - left_out.ranges)
        return total

    def _members(self, names: list[str], family: int, depth: int) -> Found:
        return Found.together(self._address(name, family, depth + 1) or Found.undefined(name) for name in names)

    def _single(self, entry: Node, family: int, anything: Ranges) -> Found:
        try:
            return self._single_v4(entry) if family == 4 else self._single_v6(entry)
        except (NotAnAddress, ValueError, IndexError):
            text = f"edit {entry.name}"
            self._notes.unparsed(entry.line, text, _BAD_ADDRESS.filled(name=entry.name), Bearing.FILTER)
            return Found(anything, False, (entry.name,))

    def _single_v4(self, entry: Node) -> Found:
        kind = entry.get("type") or "ipmask"
        if kind in _NOT_EVALUABLE:
            return Found(ANY_V4, False)
        if kind == "iprange":
            return Found(_between(entry))
        if kind == "wildcard":
            address, mask = entry.values("wildcard")
            return wildcard_addresses(address, mask)
        if kind == "interface-subnet" and "subnet" not in entry.settings:
            network = self._interfaces.get(entry.get("interface"))
            return Found(Ranges.of([network])) if network else Found(ANY_V4, False)
        if kind not in ("ipmask", "interface-subnet"):
            raise NotAnAddress(kind)
        if "subnet" not in entry.settings:
            return Found(ANY_V4)
        span = subnet_span(entry.values("subnet"))
        return Found(EMPTY if span == (0, 0) else Ranges.of([span]))

    def _single_v6(self, entry: Node) -> Found:
        kind = entry.get("type") or "ipprefix"
        if kind in _NOT_EVALUABLE:
            return Found(ANY_V6, False)
        if kind == "iprange":
            return Found(_between(entry))
        if kind != "ipprefix":
            raise NotAnAddress(kind)
        return Found(Ranges.of([prefix_span(entry.get("ip6"))]) if "ip6" in entry.settings else ANY_V6)

    def services(self, names: list[str]) -> FoundServices:
        """Return what service names stand for together."""
        return FoundServices.together(self._service(name, 0) or FoundServices.undefined(name) for name in names)

    def _service(self, name: str, depth: int) -> FoundServices | None:
        if name in self._services:
            return self._services[name]
        entry, key = self._service_entries.get(name), (name, 0)
        if entry is None:
            found = self._predefined_service(name)
        elif depth > MOST_DEPTH or key in self._open:
            return self._service_circle(entry)
        elif "member" in entry.settings:
            self._open.add(key)
            found = self._service_group(entry, depth)
            self._open.discard(key)
        else:
            found = self._custom_service(entry)
        self._services[name] = found
        return found

    def _service_circle(self, entry: Node) -> FoundServices:
        line = entry.line_of("member")
        self._notes.unparsed(line, f"set member ({entry.name})", _CIRCLE.filled(name=entry.name), Bearing.FILTER)
        return FoundServices(((ANY_SERVICE, ANY_PORT),), False, (entry.name,))

    def _service_group(self, entry: Node, depth: int) -> FoundServices:
        return FoundServices.together(
            self._service(name, depth + 1) or FoundServices.undefined(name) for name in entry.values("member")
        )

    def _predefined_service(self, name: str) -> FoundServices | None:
        if name in PREDEFINED_GROUPS:
            texts = [text for member in PREDEFINED_GROUPS[name] for text in PREDEFINED_SERVICES[member]]
        elif name in PREDEFINED_SERVICES:
            texts = list(PREDEFINED_SERVICES[name])
        else:
            return None
        return FoundServices.of(parse_services(texts))

    def _custom_service(self, entry: Node) -> FoundServices:
        try:
            pieces, is_exact = _service_pieces(entry)
        except ValueError:
            text = f"edit {entry.name}"
            self._notes.unparsed(entry.line, text, _BAD_SERVICE.filled(name=entry.name), Bearing.FILTER)
            return FoundServices(((ANY_SERVICE, ANY_PORT),), False, (entry.name,))
        nothing = ("", "0.0.0.0", "disable")  # noqa: S104
        narrowed = any(entry.get(key) not in nothing for key in ("iprange", "fqdn", "app-service-type"))
        return FoundServices(tuple(pieces), is_exact and not narrowed)

    def _virtual_ip(self, entry: Node) -> VirtualIp | None:
        try:
            return self._virtual_ip_or_fault(entry)
        except (ValueError, IndexError):
            text = f"edit {entry.name}"
            self._notes.unparsed(entry.line, text, _BAD_VIP.filled(name=entry.name), Bearing.NAT)
            return None

    def _virtual_ip_or_fault(self, entry: Node) -> VirtualIp:
        kind = entry.get("type") or "static-nat"
        outside = _ip_range(entry.get("extip"))
        vip = VirtualIp(entry.name, entry.line, entry.get("extintf") or "any", outside, EMPTY)
        if entry.values("src-filter"):
            vip = replace(vip, sources=Ranges.of(_ip_range(text).spans[0] for text in entry.values("src-filter")))
        if kind == "server-load-balance":
            return self._load_balancer(entry, vip)
        if kind != "static-nat" and kind != "load-balance":
            return replace(vip, inside=ANY_V4, is_exact=False)
        vip = replace(
            vip, inside=Ranges.of(span for text in entry.values("mappedip") for span in _ip_range(text).spans)
        )
        if not vip.inside:
            raise NotAnAddress(entry.name)
        if entry.is_on("portforward"):
            return _forwarded(entry, vip)
        if entry.values("service"):
            found = self.services(entry.values("service"))
            service = Ranges.of(span for piece, _ in found.pieces for span in piece.spans)
            return replace(vip, service=service, mapped=service, is_exact=found.is_exact and kind == "static-nat")
        return replace(vip, is_exact=kind == "static-nat")

    def _load_balancer(self, entry: Node, vip: VirtualIp) -> VirtualIp:
        section = entry.section("realservers")
        servers = [one for one in section.entries if one.get("status") != "disable"] if section else []
        inside = Ranges.of(span for one in servers if one.get("ip") for span in _ip_range(one.get("ip")).spans)
        ports = [int(one.get("port") or entry.get("extport") or 0) for one in servers]
        mapped = Ranges.of((6 * PORTS + port, 6 * PORTS + port) for port in ports if 0 < port < PORTS)
        return replace(vip, inside=inside or ANY_V4, mapped=mapped or ANY_SERVICE, is_exact=False)


def _between(entry: Node) -> Ranges:
    start, end = address_number(entry.get("start-ip")), address_number(entry.get("end-ip"))
    return Ranges.of([(start, end)])


def _ip_range(text: str) -> Ranges:
    first, _, last = text.partition("-")
    if "/" in text:
        return Ranges.of([prefix_span(text)])
    return Ranges.of([(address_number(first), address_number(last or first))])


def _forwarded(entry: Node, vip: VirtualIp) -> VirtualIp:
    protocol = _PROTOCOLS[entry.get("protocol") or "tcp"]
    if protocol == ICMP:
        return replace(vip, service=ports_of(ICMP), mapped=ports_of(ICMP))
    outside = _port_range(entry.get("extport") or "0-65535")
    inside = _port_range(entry.get("mappedport")) if entry.get("mappedport") else outside
    return replace(
        vip,
        service=ports_of(protocol, Ranges.of([outside])),
        mapped=ports_of(protocol, Ranges.of([inside])),
        inside_port=inside[0] if inside != outside else None,
    )


def _port_range(text: str) -> Span:
    first, _, last = text.partition("-")
    start, end = int(first), int(last or first)
    if not 0 <= start <= end < PORTS:
        raise ValueError(text)
    return start, end


def _service_pieces(entry: Node) -> tuple[list[tuple[Ranges, Ranges]], bool]:
    kind = entry.get("protocol") or "TCP/UDP/SCTP"
    if kind in ("ICMP", "ICMP6"):
        number = ICMP if kind == "ICMP" else ICMP6
        return [(ports_of(number), ANY_PORT)], entry.get("icmptype") in _ECHO[number]
    if kind == "IP":
        number = int(entry.get("protocol-number") or 0)
        if not 0 <= number < 256:
            raise ValueError(entry.name)
        return [(ports_of(number) if number else ANY_SERVICE, ANY_PORT)], True
    if kind == "ALL" or entry.is_on("proxy"):
        return [(ports_of(6), ANY_PORT)], False
    pieces: list[tuple[Ranges, Ranges]] = []
    for key, protocol in (("tcp-portrange", 6), ("udp-portrange", 17), ("sctp-portrange", 132)):
        for text in entry.values(key):
            ports, _, sources = text.partition(":")
            span = _port_range(ports)
            if span != (0, 0):
                pieces.append((ports_of(protocol, Ranges.of([span])), Ranges.of([_port_range(sources or "0-65535")])))
    return pieces, True
