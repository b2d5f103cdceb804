"""Interfaces, zones, routes, NAT and remote-access pools of a PAN-OS configuration.

Security rules of PAN-OS see the addresses before translation; `translated` makes them see the inside ones, so the
static NATs here say that the device's filters see the inside address.

Source: PAN-OS administrator's guide, "NAT policy overview", "Static routes"; networking XML of `show config running`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sekisho.adapters.configurations.notes import Notes
from sekisho.adapters.configurations.panos.objects import Objects
from sekisho.adapters.configurations.panos.tables import NAT_READ
from sekisho.adapters.configurations.panos.tree import Element
from sekisho.adapters.configurations.statements import UNKNOWN_OUTSIDE
from sekisho.domain.network.addresses import NotAnAddress, address_number, address_span, prefix_span
from sekisho.domain.network.configuration import Bearing, VpnPool
from sekisho.domain.network.model import Interface, Origin, Route, SourceNat, StaticNat
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.services import ANY_SERVICE, port_of
from sekisho.domain.text import Text

_BAD_INTERFACE = Text(
    "インタフェース「{name}」のアドレスを読めませんでした（名前や変数で書かれている場合は、実際のアドレスにしてください）。",
    "The address of interface “{name}” could not be read. Where it is a name or a variable, please write the address itself.",
)
_BAD_ROUTE = Text(
    "経路「{name}」の値を読めませんでした。この経路は計算に入りません。",
    "Route “{name}” could not be read. It takes no part in the computation.",
)
_DYNAMIC = Text(
    "ほかの装置と教え合う経路（{name}）は計算に入りません。経路の一覧を出力して、静的な経路として加えてください。",
    "Routes learned by {name} are not computed. Please export the routing table and add its routes as static ones.",
)
_BAD_NAT = Text(
    "アドレス変換「{name}」を読めませんでした。この変換は計算に入りません。",
    "NAT rule “{name}” could not be read. It takes no part in the computation.",
)
_BAD_POOL = Text(
    "VPNで配るアドレスの値を読めませんでした。", "The addresses that this VPN hands out could not be read."
)
_CLEAR_TEXT = Text(
    "インタフェース管理プロファイル「{name}」で、暗号化しない管理画面（{how}）が開いています。httpsとsshだけにしてください。",
    "Interface management profile “{name}” offers administration without encryption ({how}). Please leave only https and ssh.",
)
_LAYER2 = Text(
    "アドレスを持たずに間に入る形（virtual wire、layer2）のインタフェースがあります。どの通信が通るか、図の側で確かめてください。",
    "There are interfaces without addresses (virtual wire, layer 2). Please check on the drawing which traffic passes through them.",
)
_KINDS = ("ethernet", "aggregate-ethernet")
_UNITS = ("vlan", "loopback", "tunnel")


@dataclass(slots=True)
class Fabric:
    """What was read of a device's network."""

    interfaces: dict[str, Interface] = field(default_factory=dict)
    routes: list[Route] = field(default_factory=list)


def read_network(network: Element, notes: Notes) -> Fabric:
    """Return the interfaces and static routes of `network`."""
    fabric = Fabric()
    for entry, layer in _interface_entries(network):
        fabric.interfaces[entry.name] = _interface(entry, layer, fabric, notes)
    for router in (*network.entries("virtual-router"), *network.entries("logical-router")):
        for table in (router, *router.entries("vrf")):
            fabric.routes += _static_routes(table, notes)
            _tell_dynamic(table, notes)
    for profile in network.entries("profiles/interface-management-profile"):
        clear = [how for how in ("http", "telnet") if profile.value(how) == "yes"]
        if clear:
            message = _CLEAR_TEXT.filled(name=profile.name, how=", ".join(clear))
            notes.notice(profile.line, "panos.clear-text-administration", message)
    return fabric


def _interface_entries(network: Element) -> Iterator[tuple[Element, Element]]:
    """Yield every interface that is up, with the element that holds its addresses."""
    for kind in _KINDS:
        for entry in network.entries(f"interface/{kind}"):
            layers = [layer for tag in ("layer3", "virtual-wire", "layer2", "tap") if (layer := entry.child(tag))]
            layer = layers[0] if layers else entry
            if entry.value("link-state") == "down" or entry.child("aggregate-group") or entry.child("ha"):
                continue
            yield entry, layer
            for unit in layer.entries("units"):
                yield unit, unit
    for kind in _UNITS:
        found = network.child(f"interface/{kind}")
        if found is not None:
            if found.child("ip"):
                yield Element("entry", kind, found.line, "", found.children), found
            for unit in found.entries("units"):
                yield unit, unit


def _interface(entry: Element, layer: Element, fabric: Fabric, notes: Notes) -> Interface:
    if layer.tag in ("virtual-wire", "layer2"):
        notes.notice(entry.line, "panos.layer2", _LAYER2)
    texts = [one.name for one in (*layer.entries("ip"), *layer.entries("ipv6/address"))]
    address, network = None, None
    for text in texts:
        try:
            here = address_number(text.partition("/")[0]), prefix_span(text)
        except NotAnAddress:
            why = _BAD_INTERFACE.filled(name=entry.name)
            notes.unparsed(entry.line, f'entry "{entry.name}"', why, Bearing.INTERFACE)
            continue
        if address is None:
            address, network = here
        else:
            fabric.routes.append(Route(here[1], interface=entry.name))
    return Interface(entry.name, None, address, network, "", entry.value("comment"))


def _static_routes(router: Element, notes: Notes) -> list[Route]:
    found: list[tuple[Span, tuple[int, int], Route]] = []
    for family in ("ip", "ipv6"):
        for entry in router.entries(f"routing-table/{family}/static-route"):
            if entry.child("route-table/no-install") or entry.child("route-table/multicast"):
                continue
            try:
                prefix = prefix_span(entry.value("destination"))
                rank = (int(entry.value("admin-dist") or 10), int(entry.value("metric") or 10))
                found.append((prefix, rank, _route(entry, prefix)))
            except ValueError:
                why = _BAD_ROUTE.filled(name=entry.name)
                notes.unparsed(entry.line, f'entry "{entry.name}"', why, Bearing.ROUTE)
    best: dict[Span, tuple[int, int]] = {}
    for prefix, rank, _ in found:
        best[prefix] = min(best.get(prefix, rank), rank)
    return [route for prefix, rank, route in found if rank == best[prefix]]


def _route(entry: Element, prefix: Span) -> Route:
    hop = entry.child("nexthop")
    interface = entry.value("interface") or None
    if hop is not None and hop.child("discard"):
        return Route(prefix)
    text = entry.value("nexthop/ip-address") or entry.value("nexthop/ipv6-address")
    if text:
        return Route(prefix, address_number(text.partition("/")[0]), interface)
    if interface and (hop is None or not hop.children or hop.child("none")):
        return Route(prefix, interface=interface)
    raise NotAnAddress(entry.name)


def _tell_dynamic(router: Element, notes: Notes) -> None:
    protocols = router.child("protocol")
    for one in [*(protocols.children if protocols else []), *(router.child(name) for name in ("bgp", "ospf", "rip"))]:
        if one is not None and one.value("enable") == "yes":
            notes.unparsed(one.line, f"<{one.tag}>", _DYNAMIC.filled(name=one.tag), Bearing.ROUTE)


@dataclass(frozen=True, slots=True)
class Between:
    """What names of zones and interfaces mean where NAT rules stand. `zones` has the interfaces of each zone."""

    zones: dict[str, frozenset[str]]
    interfaces: dict[str, Interface]

    def interfaces_of(self, names: list[str]) -> list[str]:
        """Return the interfaces of zones; all of them for "any"."""
        if not names or "any" in names:
            return sorted(self.interfaces)
        return sorted({interface for name in names for interface in self.zones.get(name, frozenset({name}))})


def nats_of(
    rules: list[Element], between: Between, objects: Objects, notes: Notes
) -> tuple[list[StaticNat], list[SourceNat]]:
    """Return what NAT rules in force do, as far as it can be told."""
    static: list[StaticNat] = []
    source: list[SourceNat] = []
    for rule in rules:
        if rule.value("disabled") == "yes":
            continue
        try:
            _require_known(rule)
            static += _static_nats(rule, between, objects)
            source += _source_nats(rule, between, objects)
            static += _both_ways(rule, between, objects)
        except (ValueError, IndexError):
            why = _BAD_NAT.filled(name=rule.name)
            notes.unparsed(rule.line, f'entry "{rule.name}"', why, Bearing.NAT)
    return static, source


def _require_known(rule: Element) -> None:
    strange = [one.tag for one in rule.children if one.tag not in NAT_READ]
    if strange or rule.value("nat-type") not in ("", "ipv4") or rule.child("dynamic-destination-translation"):
        raise NotAnAddress(rule.name)


def _one_of(names: list[str], objects: Objects) -> Ranges:
    found = objects.addresses(names)
    if not found.is_exact or not found.ranges:
        raise NotAnAddress(names[0] if names else "")
    return found.ranges


def _static_nats(rule: Element, between: Between, objects: Objects) -> Iterator[StaticNat]:
    translation = rule.child("destination-translation")
    if translation is None:
        return
    names = translation.members("translated-address")
    outside = _one_of(rule.members("destination"), objects)
    inside = _one_of(names, objects) if names else outside
    if inside.size not in (1, outside.size) or (
        inside.size == 1 and outside.size > 1 and "any" not in rule.members("destination")
    ):
        raise NotAnAddress(rule.name)
    port = translation.value("translated-port")
    for service, _ in objects.services(rule.members("service") or ["any"], []).pieces:
        first = port_of(service.first)
        inside_port = int(port) if port and int(port) != first else None
        for name in between.interfaces_of(rule.members("from")):
            yield StaticNat("", name, outside, inside.first, service, inside_port, True, _origin(rule))


def _source_nats(rule: Element, between: Between, objects: Objects) -> Iterator[SourceNat]:
    translation = rule.child("source-translation")
    if translation is None:
        return
    inside = objects.addresses(rule.members("source")).ranges
    chosen = rule.value("to-interface")
    leaving = [chosen] if chosen and chosen != "any" else between.interfaces_of(rule.members("to"))
    for name in leaving:
        yield SourceNat("", name, inside, _outer_address(translation, name, between, objects), _origin(rule))


def _outer_address(translation: Element, name: str, between: Between, objects: Objects) -> int:
    way = translation.children[0]
    if own := way.child("interface-address"):
        if text := own.value("ip"):
            return address_span(text.partition("/")[0])[0]
        address = between.interfaces[own.value("interface") or name].address if name in between.interfaces else None
        return UNKNOWN_OUTSIDE if address is None else address
    return _one_of(way.members("translated-address"), objects).first


def _both_ways(rule: Element, between: Between, objects: Objects) -> Iterator[StaticNat]:
    way = rule.child("source-translation/static-ip")
    if way is None or way.value("bi-directional") != "yes":
        return
    inside = _one_of(rule.members("source"), objects)
    outside = _one_of(way.members("translated-address"), objects)
    if inside.size != outside.size:
        raise NotAnAddress(rule.name)
    for name in between.interfaces_of(rule.members("to")):
        yield StaticNat("", name, outside, inside.first, ANY_SERVICE, None, True, _origin(rule))


def _origin(rule: Element) -> Origin:
    return Origin(rule.line, f'nat "{rule.name}"')


def vpn_pools(vsys: Element, network: Element | None, notes: Notes) -> list[VpnPool]:
    """Return the addresses that GlobalProtect gateways hand out."""
    found: list[VpnPool] = []
    gateways = [(one, one.value("remote-user-tunnel")) for one in vsys.entries("global-protect/global-protect-gateway")]
    if network is not None:
        tunnels = network.entries("tunnel/global-protect-gateway")
        gateways += [(one, one.value("tunnel-interface")) for one in tunnels]
    for gateway, interface in gateways:
        clients = [gateway, gateway.child("client"), *gateway.entries("remote-user-tunnel-configs")]
        texts = [text for client in clients if client is not None for text in client.members("ip-pool")]
        try:
            spans = Ranges.of(address_span(text) for text in texts)
        except NotAnAddress:
            notes.unparsed(gateway.line, f'entry "{gateway.name}"', _BAD_POOL, Bearing.INTERFACE)
            continue
        pool = VpnPool(interface, spans, gateway.name, gateway.line)
        if spans and interface and (interface, spans) not in {(one.interface, one.addresses) for one in found}:
            found.append(pool)
    return found
