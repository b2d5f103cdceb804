"""Interfaces, static routes, NAT and remote-access pools of a FortiOS configuration.

Source: FortiOS CLI reference, `config system interface`, `config router static`, `config firewall ippool`,
`config vpn ssl settings`, `config vpn ipsec phase1-interface`, `config system sdwan`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sekisho.adapters.configurations.fortios.objects import Objects, VirtualIp, subnet_span
from sekisho.adapters.configurations.fortios.tree import Node, shown
from sekisho.adapters.configurations.found import Found
from sekisho.adapters.configurations.notes import Notes
from sekisho.adapters.configurations.statements import UNKNOWN_OUTSIDE
from sekisho.domain.network.addresses import V6_BASE, NotAnAddress, address_number, prefix_span
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.network.model import Origin, Route, SourceNat, StaticNat
from sekisho.domain.network.ranges import EMPTY, Ranges, Span
from sekisho.domain.text import Text

_BAD_ROUTE = Text(
    "経路の値を読めませんでした。この経路は計算に入りません。",
    "The values of this route could not be read. It takes no part in the computation.",
)
_ROUTE_KEYS = frozenset(
    {"dst", "dstaddr", "src", "gateway", "device", "distance", "priority", "blackhole", "status", "comment", "weight",
     "dynamic-gateway", "sdwan", "sdwan-zone", "virtual-wan-link", "link-monitor-exempt", "vrf", "bfd", "tag", "devindex",
     "preferred-source"}
)  # fmt: skip
_DEFAULT_DISTANCE = 10


def entries(part: Node, name: str) -> list[Node]:
    """Return the `edit`s of the section `name`, none when it is missing."""
    section = part.section(name)
    return section.entries if section else []


def address_of(entry: Node) -> tuple[int | None, Span | None]:
    """Return an interface's address and connected prefix: IPv4, else IPv6, else None for both.

    Raises:
        NotAnAddress: there is one that cannot be read.
    """
    values = entry.values("ip")
    if values and entry.get("mode") in ("", "static") and values[0] not in ("0.0.0.0", "0.0.0.0/0"):  # noqa: S104
        return address_number(values[0].partition("/")[0]), subnet_span(values)
    six = entry.section("ipv6")
    text = six.get("ip6-address") if six else ""
    if text and text != "::/0":
        return address_number(text.partition("/")[0]), prefix_span(text)
    return None, None


def secondary_routes(entry: Node) -> Iterator[Route]:
    """Yield the prefixes that further addresses of an interface connect to it."""
    section = entry.section("secondaryip")
    for one in section.entries if section and entry.get("secondary-IP") != "disable" else []:
        try:
            yield Route(subnet_span(one.values("ip")), interface=entry.name)
        except NotAnAddress:
            continue


def sdwan_zones(part: Node) -> dict[str, frozenset[str]]:
    """Return the member interfaces of each SD-WAN zone, under the names that policies use."""
    members: dict[str, set[str]] = {}
    for name in ("system sdwan", "system virtual-wan-link"):
        section = part.section(name)
        if section is None:
            continue
        for zone in entries(section, "zone"):
            members.setdefault(zone.name, set())
        for member in entries(section, "members"):
            zone_name = member.get("zone") or "virtual-wan-link"
            members.setdefault(zone_name, set()).add(member.get("interface"))
            members.setdefault("sd-wan" if name == "system sdwan" else zone_name, set()).add(member.get("interface"))
    return {name: frozenset(found - {""}) for name, found in members.items()}


def vpn_groups(part: Node) -> frozenset[str] | None:
    """Return every group and user that may log in to SSL-VPN: those of its rules and of the policies behind it.

    None when the file does not hold the settings of SSL-VPN.
    """
    settings = part.section("vpn ssl settings")
    if settings is None:
        return None
    asking = entries(settings, "authentication-rule")
    asking += [
        policy
        for policy in entries(part, "firewall policy")
        if policy.get("status") != "disable" and any(name.startswith("ssl.") for name in policy.values("srcintf"))
    ]
    return frozenset(name for entry in asking for key in ("groups", "users") for name in entry.values(key))


@dataclass(frozen=True, slots=True)
class HandedOut:
    """Addresses that a remote-access VPN hands out: to whom they enter by, and where that is said."""

    interface: str
    entry: Node
    key: str
    found: Found


def handed_out(part: Node, vdom: str, objects: Objects) -> Iterator[HandedOut]:
    """Yield the address pools of SSL-VPN, dial-up IPsec, L2TP and PPTP."""
    settings = part.section("vpn ssl settings")
    if settings and settings.values("tunnel-ip-pools") and settings.get("status") != "disable":
        found = _pool_addresses(settings.values("tunnel-ip-pools"), objects)
        yield HandedOut(f"ssl.{vdom}", settings, "tunnel-ip-pools", found)
        for portal in entries(part, "vpn ssl web portal"):
            if portal.values("ip-pools") and portal.get("tunnel-mode") != "disable":
                yield HandedOut(f"ssl.{vdom}", portal, "ip-pools", _pool_addresses(portal.values("ip-pools"), objects))
    for entry in entries(part, "vpn ipsec phase1-interface"):
        if entry.get("type") == "dynamic" and entry.get("ipv4-start-ip") and entry.is_on("mode-cfg"):
            found = _between(entry.get("ipv4-start-ip"), entry.get("ipv4-end-ip"))
            yield HandedOut(entry.name, entry, "ipv4-start-ip", found)
    for name, interface in (("vpn l2tp", f"l2t.{vdom}"), ("vpn pptp", f"pptp.{vdom}")):
        section = part.section(name)
        if section and section.is_on("status") and section.get("sip"):
            yield HandedOut(interface, section, "sip", _between(section.get("sip"), section.get("eip")))


def _pool_addresses(names: list[str], objects: Objects) -> Found:
    found = objects.addresses(names, 4)
    if found.unknown == ("SSLVPN_TUNNEL_ADDR1",):
        return _between("10.212.134.200", "10.212.134.210")
    return found


def _between(first: str, last: str) -> Found:
    try:
        return Found(Ranges.of([(address_number(first), address_number(last or first))]))
    except ValueError:
        return Found(EMPTY, False)


def static_routes(part: Node, objects: Objects, notes: Notes) -> list[Route]:
    """Return the static routes that are in force: of several to one prefix those of least distance and priority."""
    found: list[tuple[Span, int, int, Route]] = []
    for name, family in (("router static", 4), ("router static6", 6)):
        section = part.section(name)
        for stray in section.strays if section else []:
            notes.unparsed(stray.line, stray.text, _BAD_ROUTE, Bearing.ROUTE)
        for entry in section.entries if section else []:
            if entry.get("status") == "disable":
                continue
            try:
                found += _routes_of(entry, family, part, objects)
            except (ValueError, IndexError):
                notes.unparsed(entry.line, f"edit {entry.name}"[:40], _BAD_ROUTE, Bearing.ROUTE)
            for key, setting in entry.settings.items():
                if key not in _ROUTE_KEYS and not key.startswith("internet-service"):
                    notes.unparsed(setting.line, shown(f"set {key}"), _BAD_ROUTE, Bearing.ROUTE)
    best: dict[Span, tuple[int, int]] = {}
    for prefix, distance, priority, _ in found:
        best[prefix] = min(best.get(prefix, (distance, priority)), (distance, priority))
    return [route for prefix, distance, priority, route in found if (distance, priority) == best[prefix]]


def _routes_of(entry: Node, family: int, part: Node, objects: Objects) -> Iterator[tuple[Span, int, int, Route]]:
    distance = int(entry.get("distance") or _DEFAULT_DISTANCE)
    priority = int(entry.get("priority") or 0)
    for prefix in _prefixes(entry, family, objects):
        for via, interface in _next_hops(entry, part):
            yield prefix, distance, priority, Route(prefix, via, interface)


def _prefixes(entry: Node, family: int, objects: Objects) -> list[Span]:
    if any(key.startswith("internet-service") for key in entry.settings):
        raise NotAnAddress(entry.name)
    if entry.values("dstaddr"):
        found = objects.addresses(entry.values("dstaddr"), family)
        if not found.is_exact:
            raise NotAnAddress(entry.name)
        return list(found.ranges.spans)
    if not entry.values("dst"):
        return [(0, (1 << 32) - 1)] if family == 4 else [(V6_BASE, V6_BASE + (1 << 128) - 1)]
    return [subnet_span(entry.values("dst")) if family == 4 else prefix_span(entry.get("dst"))]


def _next_hops(entry: Node, part: Node) -> list[tuple[int | None, str | None]]:
    if entry.is_on("blackhole"):
        return [(None, None)]
    zones = entry.values("sdwan-zone")
    if entry.is_on("sdwan") or entry.is_on("virtual-wan-link"):
        zones = zones or ["virtual-wan-link", "sd-wan"]
    if zones:
        return list(dict.fromkeys(_members(part, zones)))
    gateway, device = entry.get("gateway"), entry.get("device")
    via = address_number(gateway) if gateway and gateway not in ("0.0.0.0", "::") else None  # noqa: S104
    if via is None and not device:
        raise NotAnAddress(entry.name)
    return [(via, device or None)]


def _members(part: Node, zones: list[str]) -> Iterator[tuple[int | None, str | None]]:
    for name in ("system sdwan", "system virtual-wan-link"):
        section = part.section(name)
        for member in entries(section, "members") if section else []:
            zone = member.get("zone") or "virtual-wan-link"
            if (zone in zones or "sd-wan" in zones) and member.get("status") != "disable":
                gateway = member.get("gateway")
                yield (address_number(gateway) if gateway and gateway != "0.0.0.0" else None), member.get("interface")  # noqa: S104


def used_virtual_ips(part: Node, objects: Objects) -> list[VirtualIp]:
    """Return the virtual IPs that some policy in force lets through: only those take packets past a denying policy."""
    found: dict[str, VirtualIp] = {}
    for name in ("firewall policy", "firewall policy6"):
        for entry in entries(part, name):
            if entry.get("action") == "accept" and entry.get("status") != "disable":
                for key in ("dstaddr", "dstaddr6"):
                    for text in entry.values(key):
                        found |= {vip.name: vip for vip in objects.virtual_ips_of(text) or [] if vip is not None}
    return list(found.values())


def static_nats(vip: VirtualIp, own: dict[str, int | None]) -> Iterator[StaticNat]:
    """Yield the mapping of `vip` on each of its interfaces. `own` are the addresses of the device's interfaces."""
    origin = Origin(vip.line, f"edit {vip.name}")
    names = list(own) if vip.interface == "any" else [vip.interface]
    for name in names:
        address = own.get(name)
        own_address = Ranges.single(UNKNOWN_OUTSIDE if address is None else address)
        outside = own_address if vip.outside == Ranges.single(0) else vip.outside
        yield StaticNat("", name, outside, vip.inside.first, vip.service, vip.inside_port, True, origin)


def source_nats(
    entry: Node, own: dict[str, int | None], leaving: frozenset[str] | None, inside: Ranges, pools: dict[str, Node]
) -> Iterator[SourceNat]:
    """Yield the address that what a policy lets out carries beyond each interface; 0.0.0.0 where it is not known."""
    names = entry.values("poolname") if entry.is_on("ippool") else []
    pool = pools.get(names[0]) if names else None
    for name in sorted(own if leaving is None else leaving):
        address = own.get(name)
        if pool is not None:
            try:
                address = address_number(pool.get("startip"))
            except NotAnAddress:
                continue
        if address is None or address < V6_BASE:
            outside = UNKNOWN_OUTSIDE if address is None else address
            yield SourceNat("", name, inside, outside, Origin(entry.line, f"edit {entry.name} / set nat enable"))
