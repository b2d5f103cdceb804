"""Interfaces of Fujitsu Si-R (`lan N`, `remote N`, `template N`): addresses, routes and translation.

Source: Si-R 30B command reference (`remote ip route`) and published configurations of Si-R G (`ip address`, `ip nat mode`,
`ip nat static`, PPPoE). A route's last number is its distance.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sekisho.adapters.configurations.si_r.filters import FilterList
from sekisho.adapters.configurations.statements import (
    CUT_SHORT,
    NOT_AN_ADDRESS,
    PORT_NAMES,
    UNKNOWN_NAT,
    UNKNOWN_OUTSIDE,
    UNKNOWN_ROUTE,
    WRONG_FAMILY,
    NotRead,
    connected,
    port,
    prefix,
)
from sekisho.domain.network.addresses import ANY_V4, ANY_V6, V6_BASE, NotAnAddress, address_number
from sekisho.domain.network.model import Interface, Origin, Route, SourceNat, StaticNat
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE, PROTOCOL_NUMBERS, ports_of


@dataclass(frozen=True, slots=True)
class Forwarding:
    """`ip nat static`: an outer address and ports that lead inside."""

    number: int
    inside: int
    inside_port: int | None
    outside: int | None
    service: Ranges
    origin: Origin


@dataclass(slots=True)
class Face:
    """One `lan`, `remote` or `template` while its lines are read."""

    name: str
    description: str = ""
    address: int | None = None
    network: Span | None = None
    is_used: bool = True
    has_v6: bool = False
    networks_v6: list[Span] = field(default_factory=list)
    filters: dict[int, FilterList] = field(default_factory=lambda: {4: FilterList(), 6: FilterList()})
    last_filter: int = 0
    nat: Origin | None = None
    nat_address: int | None = None
    is_multi: bool = False
    forwardings: dict[int, Forwarding] = field(default_factory=dict)
    routes: dict[tuple[int, int], tuple[int, Route]] = field(default_factory=dict)


def is_number(text: str) -> bool:
    """Return whether `text` is one of the small numbers that definitions have."""
    return text.isascii() and text.isdecimal() and len(text) <= 4


def read_address(face: Face, version: int, words: list[str]) -> None:
    """Read `ip address A/M [broadcast]`, `ip address local A`, `ip6 address N prefix/len ...`.

    Raises:
        NotRead: see there.
    """
    match words:
        case ["remote", *_] | ["unnumbered", *_]:
            return
        case ["local", text, *_]:
            face.address = _number(text, version)
        case [text, *_] if "/" in text or "." in text or ":" in text:
            _take_network(face, version, text)
        case [number, text, *_] if is_number(number):
            if text not in ("auto", "dhcp"):
                _take_network(face, version, text)
        case [word, *_]:
            raise NotRead(NOT_AN_ADDRESS, word)
        case _:
            raise NotRead(CUT_SHORT)


def _number(text: str, version: int) -> int:
    try:
        number = address_number(text.partition("/")[0])
    except NotAnAddress:
        raise NotRead(NOT_AN_ADDRESS, text) from None
    if (number >= V6_BASE) != (version == 6):
        raise NotRead(WRONG_FAMILY, text)
    return number


def _take_network(face: Face, version: int, text: str) -> None:
    number = _number(text, version)
    try:
        _, network = connected(text)
    except NotAnAddress:
        raise NotRead(NOT_AN_ADDRESS, text) from None
    if version == 6:
        face.networks_v6.append(network)
    else:
        face.address, face.network = number, network


def read_route(face: Face, version: int, words: list[str]) -> None:
    """Read `N destination gateway metric distance` of a LAN, `N destination metric distance` of the others.

    Raises:
        NotRead: see there.
    """
    if len(words) < 2 or not is_number(words[0]):
        raise NotRead(UNKNOWN_ROUTE if words else CUT_SHORT, words[0] if words else "")
    number, target, *way = words
    try:
        span = ((ANY_V6 if version == 6 else ANY_V4) if target == "default" else prefix(target)).spans[0]
        via = address_number(way[0]) if way and not is_number(way[0]) and way[0] not in ("dhcp", "auto") else None
    except NotAnAddress as missed:
        raise NotRead(NOT_AN_ADDRESS, str(missed)) from None
    if (span[0] >= V6_BASE) != (version == 6):
        raise NotRead(WRONG_FAMILY, target)
    last = [word for word in way if is_number(word)][-1:]
    route = Route(span, via=via) if via is not None else Route(span, interface=face.name)
    face.routes[version, int(number)] = (int(last[0]) if last else 0, route)


def read_nat(face: Face, origin: Origin, words: list[str]) -> None:
    """Read what stands behind `ip nat`.

    Raises:
        NotRead: see there.
    """
    match words:
        case ["mode", "off", *_]:
            face.nat = None
        case ["mode", ("multi" | "nat" | "basic"), *rest]:
            face.nat = origin
            if rest and rest[0] != "any":
                face.nat_address = _number(rest[0], 4)
        case ["static", "default", ("pass" | "reject")]:
            return
        case ["static", number, *rest] if is_number(number):
            face.forwardings[int(number)] = _forwarding(int(number), origin, rest)
        case [("wellknown" | "rule" | "timeout" | "session" | "alg"), *_]:
            return
        case [*_, word]:
            raise NotRead(UNKNOWN_NAT, word)
        case _:
            raise NotRead(CUT_SHORT)


def _forwarding(number: int, origin: Origin, words: list[str]) -> Forwarding:
    """Read `private-address private-port global-address global-port protocol`."""
    if len(words) < 5:
        raise NotRead(CUT_SHORT)
    if len(words) > 5:
        raise NotRead(UNKNOWN_NAT, words[5])
    inside = _number(words[0], 4)
    before, after = _nat_ports(words[1]), _nat_ports(words[3])
    outside = None if words[2] == "any" else _number(words[2], 4)
    protocol = PROTOCOL_NUMBERS.get(words[4], int(words[4]) if is_number(words[4]) else -1)
    if words[4] == "any":
        service = ANY_SERVICE
    elif 0 <= protocol < 256:
        service = ports_of(protocol, after if after is not None else ANY_PORT)
    else:
        raise NotRead(UNKNOWN_NAT, words[4])
    new_port = before.first if before is not None and before != after else None
    return Forwarding(number, inside, new_port, outside, service, origin)


def _nat_ports(text: str) -> Ranges | None:
    if text == "any":
        return None
    first, dash, last = text.partition("-")
    low, high = port(first, PORT_NAMES), port(last if dash else first, PORT_NAMES)
    if low is None or high is None or high < low:
        raise NotRead(UNKNOWN_NAT, text)
    return Ranges(((low, high),))


def interface_of(face: Face) -> Interface:
    """Return the interface as a value of the model; one without an IPv4 network stands in its first IPv6 one."""
    network = face.network
    if network is None and face.networks_v6:
        network = face.networks_v6[0]
    return Interface(id=face.name, address=face.address, network=network, name=face.description)


def routes_of(faces: list[Face]) -> Iterator[Route]:
    """Yield the routes of all interfaces by distance, then their IPv6 networks."""
    found = [one for face in faces for one in face.routes.values()]
    yield from (route for _, route in sorted(found, key=lambda one: one[0]))
    for face in faces:
        for span in face.networks_v6[0 if face.network is not None else 1 :]:
            yield Route(span, interface=face.name)


def static_nats(face: Face) -> Iterator[StaticNat]:
    """Yield the outer addresses and ports that lead inside, by number."""
    if face.nat is None:
        return
    for one in sorted(face.forwardings.values(), key=lambda one: one.number):
        outside = one.outside if one.outside is not None else _outer(face)
        yield StaticNat(
            "", face.name, Ranges.single(outside), one.inside, one.service, one.inside_port, True, one.origin
        )


def source_nats(face: Face) -> Iterator[SourceNat]:
    """Yield what leaves under the outer address."""
    if face.nat is not None:
        yield SourceNat("", face.name, ANY_V4, _outer(face), face.nat)


def _outer(face: Face) -> int:
    if face.nat_address is not None:
        return face.nat_address
    return face.address if face.address is not None else UNKNOWN_OUTSIDE
