"""Address translation, routes and address pools of a Cisco IOS configuration.

Filters on the way in see the outer address (`filters_see_inside` False). An outer address that is given by the
provider stands as 0.0.0.0, for it is not written anywhere. Left out, and told: `ip nat outside`, `ip nat enable`,
translation by a route map that looks at more than a list, address pools for load sharing.

Source: Cisco IOS IP Addressing Services Command Reference ("ip nat inside source", "ip nat pool", "ip local pool"),
"NAT Order of Operation"; Cisco IOS IP Routing Command Reference ("ip route").
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sekisho.adapters.configurations.cisco_ios.interfaces import Port, interface_name
from sekisho.adapters.configurations.cisco_ios.lists import MOST_COMPARED, Lists
from sekisho.adapters.configurations.cisco_like.objects import NotRead, masked_span, prefix, v4_number
from sekisho.adapters.configurations.cisco_like.services import port_number
from sekisho.adapters.configurations.cisco_like.text import (
    NAT_NOT_READ,
    NOT_AN_ADDRESS,
    ROUTES_APART,
    Account,
    Block,
    Line,
)
from sekisho.domain.network.addresses import ANY_V4, V6_BASE
from sekisho.domain.network.configuration import Bearing, VpnPool
from sekisho.domain.network.model import Action, Route, SourceNat, StaticNat
from sekisho.domain.network.ranges import EMPTY, Ranges, Span
from sekisho.domain.network.services import ANY_SERVICE, TCP, UDP, ports_of
from sekisho.domain.text import Text

NOT_FIXED = 0
"""Stands for an outer address that the provider gives: 0.0.0.0."""
BACKUP_ROUTE = Text(
    "同じ宛先に優先度の低い経路があります。ふだんの経路だけで計算します。",
    "There is another route of lower preference to the same destination. Only the usual one is used.",
)
_PROTOCOLS = {"tcp": TCP, "udp": UDP}


@dataclass(slots=True)
class _Written:
    """A route as written, with its administrative distance."""

    route: Route
    distance: int
    line: Line


@dataclass(slots=True)
class RouteMap:
    """What a route map selects, as far as it is only lists. `is_plain` False: it looks at more."""

    lists: list[str] = field(default_factory=list)
    is_plain: bool = True


class Translation:
    """Collects NAT, routes and pools and turns them into values once the interfaces are known."""

    def __init__(self, account: Account, lists: Lists, ports: dict[str, Port]) -> None:
        self._account, self._lists, self._ports = account, lists, ports
        self._nats: list[Line] = []
        self._pools: dict[str, Span] = {}
        self._maps: dict[str, RouteMap] = {}
        self._routes: list[_Written] = []
        self._by_dhcp: list[tuple[Span, Line]] = []
        self._local: dict[str, tuple[list[Span], Line]] = {}
        self._used: set[str] = set()
        self._selections: dict[tuple[str, str], Ranges] = {}

    # ---- collecting ----

    def nat(self, line: Line) -> None:
        """Take a line that begins with "ip nat"."""
        match line.words[2:]:
            case ["pool", name, first, last, *_] if v4_number(first) is not None and v4_number(last) is not None:
                low, high = v4_number(first) or 0, v4_number(last) or 0
                self._pools[name] = (min(low, high), max(low, high))
            case ["inside", "source", *_] | ["source", *_]:
                self._nats.append(line)
            case [
                "translation"
                | "log"
                | "service"
                | "settings"
                | "create"
                | "portmap"
                | "switchover"
                | "piggyback-support",
                *_,
            ]:
                pass
            case _:
                self._account.unread(line, NAT_NOT_READ, Bearing.NAT)

    def route_map(self, block: Block) -> None:
        """Take a block "route-map NAME permit 10"."""
        if len(block.head.words) < 2:
            return
        known = self._maps.setdefault(block.head.words[1], RouteMap())
        known.is_plain &= "deny" not in block.head.words
        for line in block.body:
            if line.starts("match", "ip", "address") and "prefix-list" not in line.words:
                known.lists += line.words[3:]
            elif not line.starts("match", "interface") and not line.starts("description"):
                known.is_plain = False

    def route(self, line: Line) -> None:
        """Take a line "ip route 10.0.0.0 255.0.0.0 ...", or its IPv6 form."""
        is_v6, rest = line.words[0] == "ipv6", line.words[2:]
        if rest[:1] in (["vrf"], ["topology"]) or "vrf" in rest[3:]:
            self._account.unread(line, ROUTES_APART, Bearing.ROUTE)
            return
        if rest[:1] in (["profile"], ["static"]):
            return
        try:
            span, rest = self._destination(rest, is_v6=is_v6)
            if rest[0] == "dhcp":
                self._by_dhcp.append((span, line))
                return
            route, rest = _next_hop(span, rest)
        except (NotRead, IndexError):
            self._account.unread(line, NOT_AN_ADDRESS, Bearing.ROUTE)
            return
        distance = int(rest[0]) if rest and rest[0].isdecimal() and len(rest[0]) < 4 else 1
        self._routes.append(_Written(route, distance, line))

    @staticmethod
    def _destination(rest: list[str], *, is_v6: bool) -> tuple[Span, list[str]]:
        if is_v6 or "/" in rest[0]:
            return prefix(rest[0]), rest[1:]
        address, mask = v4_number(rest[0]), v4_number(rest[1])
        if address is None or mask is None:
            raise NotRead(rest[0])
        return masked_span(address, mask), rest[2:]

    def local_pool(self, line: Line) -> None:
        """Take a line "ip local pool NAME 10.0.0.1 10.0.0.9"."""
        words = line.words
        first = v4_number(words[4]) if len(words) > 4 else None
        last = v4_number(words[5]) if len(words) > 5 else first
        if first is None or last is None or last < first:
            if "group" not in words:
                self._account.unread(line, NOT_AN_ADDRESS, Bearing.OTHER)
            return
        self._local.setdefault(words[3], ([], line))[0].append((first, last))

    def remote_users(self, block: Block) -> None:
        """Take note of pools that a block about remote access names ("pool NAME", "svc address-pool NAME")."""
        for line in block.body:
            for word in ("pool", "address-pool"):
                if word in line.words[:-1]:
                    self._used.add(line.words[line.words.index(word) + 1].strip('"'))

    # ---- values ----

    def routes(self) -> tuple[Route, ...]:
        """Return the routes that hold: of those to the same destination, the ones of the best distance."""
        best: dict[Span, int] = {}
        kept = [one for one in self._routes if not self._is_down(one.route)]
        for one in kept:
            best[one.route.prefix] = min(best.get(one.route.prefix, 256), one.distance)
        found = []
        for one in kept:
            if one.distance == best[one.route.prefix]:
                found.append(one.route)
            else:
                self._account.tell(one.line, "backup-route", BACKUP_ROUTE)
        port = next((one for one in self._ports.values() if one.uses_dhcp and not one.is_down), None)
        for span, _ in self._by_dhcp:
            found.append(Route(span, interface=port.name if port is not None else None))
        return tuple(found)

    def _is_down(self, route: Route) -> bool:
        port = self._ports.get(route.interface or "")
        return port is not None and port.is_down

    def nats(self) -> tuple[tuple[StaticNat, ...], tuple[SourceNat, ...]]:
        """Return static and source NAT."""
        static: list[StaticNat] = []
        source: list[SourceNat] = []
        outer = [port for port in self._ports.values() if port.nat == "outside" and not port.is_down][:MOST_COMPARED]
        for line in self._nats:
            rest = _joined(line.words[line.words.index("source") + 1 :])
            try:
                if rest[:1] == ["static"]:
                    static += self._static(rest[1:], outer, line)
                else:
                    source += self._source(rest, outer, line)
            except (NotRead, IndexError):
                self._account.unread(line, NAT_NOT_READ, Bearing.NAT)
        return tuple(static), tuple(source)

    def _static(self, rest: list[str], outer: list[Port], line: Line) -> Iterator[StaticNat]:
        if "vrf" in rest or "route-map" in rest or "redundancy" in rest:
            raise NotRead("vrf")
        service, inside_port = ANY_SERVICE, None
        size = 1
        if rest[0] in _PROTOCOLS:
            protocol = _PROTOCOLS[rest[0]]
            inside_port = port_number(rest[2], protocol)
            at = 5 if rest[3] == "interface" else 4
            outside_port = port_number(rest[at], protocol)
            if inside_port is None or outside_port is None:
                raise NotRead(rest[2])
            service = ports_of(protocol, Ranges.single(outside_port))
            rest = [rest[1], *rest[3:at]]
        elif rest[0] == "network":
            mask = v4_number(rest[3])
            span = prefix(rest[1] + rest[3]) if rest[3].startswith("/") else masked_span(_v4(rest[1]), mask or 0)
            size, rest = span[1] - span[0] + 1, rest[1:]
        elif rest[0] in ("esp", "ah", "gre"):
            raise NotRead(rest[0])
        inside = _v4(rest[0])
        if rest[1] == "interface":
            port = self._port(rest[2])
            address, places = port.address, [] if port.is_down else [port]
        else:
            address, places = _v4(rest[1]), outer
        outside = NOT_FIXED if address is None else address
        for place in places:
            for name in place.ids():
                yield StaticNat(
                    "", name, Ranges(((outside, outside + size - 1),)), inside, service, inside_port,
                    filters_see_inside=False, origin=line.origin,
                )  # fmt: skip

    def _source(self, rest: list[str], outer: list[Port], line: Line) -> Iterator[SourceNat]:
        if "vrf" in rest:
            raise NotRead("vrf")
        key = (rest[0], rest[1])
        if key not in self._selections:
            self._selections[key] = self._selected(*key)
        inside = self._selections[key]
        match rest[2:]:
            case ["interface", name, *_]:
                port = self._port(name)
                outside, places = port.address, [] if port.is_down else [port]
            case ["pool", name, *_] if name in self._pools:
                places, outside = outer, self._pools[name][0]
            case _:
                raise NotRead(rest[1])
        for place in places:
            for one in place.ids():
                yield SourceNat("", one, inside, NOT_FIXED if outside is None else outside, line.origin)

    def _port(self, name: str) -> Port:
        port = self._ports.get(name)
        if port is None:
            raise NotRead(name)
        return port

    def _selected(self, how: str, name: str) -> Ranges:
        """Return the inside addresses that a list, or a route map of lists alone, selects."""
        names = [name]
        if how == "route-map":
            route_map = self._maps.get(name)
            if route_map is None or not route_map.is_plain or not route_map.lists:
                raise NotRead(name)
            names = route_map.lists
        elif how != "list":
            raise NotRead(how)
        inside: list[Span] = []
        for one in names:
            access_list = self._lists.v4.get(one)
            if access_list is None:
                raise NotRead(one)
            excepted, count = EMPTY, 0
            for rule in access_list.rules():
                if rule.action is Action.DENY and rule.dst == ANY_V4 and rule.service == ANY_SERVICE:
                    count += 1
                    excepted = excepted | rule.src if count <= MOST_COMPARED else excepted
                elif rule.action is Action.PERMIT:
                    inside += (rule.src - excepted).spans
        return Ranges.of(inside)

    def vpn_pools(self, crypto_maps: dict[str, str]) -> tuple[VpnPool, ...]:
        """Return the address pools of remote users; `crypto_maps` names the interface of each crypto map."""
        by_interface = {port.pool: port.name for port in self._ports.values() if port.pool and not port.is_down}
        templates = [port.name for port in self._ports.values() if port.name.lower().startswith("virtual-template")]
        anywhere = next(iter([*templates, *crypto_maps.values()]), "")
        return tuple(
            VpnPool(by_interface.get(name, anywhere), Ranges.of(spans), name, line.number)
            for name, (spans, line) in self._local.items()
            if name in by_interface or name in self._used
        )


def _next_hop(span: Span, rest: list[str]) -> tuple[Route, list[str]]:
    """Return the route to the next hop or interface that comes first in `rest`, and what follows it."""
    via = _via(rest[0])
    if via is not None:
        return Route(span, via=via), rest[1:]
    name, used = interface_name(rest), 2 if len(rest) > 1 and interface_name(rest) != rest[0] else 1
    if not name[:1].isalpha() or (name[-1:].isalpha() and name.lower() not in ("null", "lo")):
        raise NotRead(name)
    rest = rest[used:]
    via = _via(rest[0]) if rest else None
    return Route(span, via=via, interface=name), rest[1:] if via is not None else rest


def _joined(words: list[str]) -> list[str]:
    """Return the words of a NAT line with the name after "interface" as one word ("Dialer 1" is "Dialer1")."""
    if "interface" not in words[:-2]:
        return words
    at = words.index("interface") + 1
    name = interface_name(words[at : at + 2])
    return words if name == words[at] else [*words[:at], name, *words[at + 2 :]]


def _via(word: str) -> int | None:
    number = v4_number(word)
    if number is None and ":" in word:
        found = prefix(word)[0]
        return found if found >= V6_BASE else None
    return number


def _v4(word: str) -> int:
    number = v4_number(word)
    if number is None:
        raise NotRead(word)
    return number
