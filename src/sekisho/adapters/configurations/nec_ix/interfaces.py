"""Interfaces of NEC UNIVERGE IX: addresses, the filters applied to them, and the address translation they do.

Source: UNIVERGE IX command reference, chapters on interfaces, IPv4/IPv6 packet filters, NAT and NAPT; function manual on
the order of filters (by sequence number, then an implicit deny as soon as one filter is applied) and on dynamic filters
(per interface; what no entry matches goes on to the next filter). Uncertain: whether a filter on the way in sees the
address before or after translation (taken as before, and said so), and what an applied list without entries does
(taken as unknown).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sekisho.adapters.configurations.nec_ix.words import INTERFACE, INTERFACE_IP
from sekisho.adapters.configurations.statements import (
    CUT_SHORT,
    NOT_AN_ADDRESS,
    PORT_NAMES,
    UNKNOWN_FILTER,
    UNKNOWN_NAT,
    UNKNOWN_ROUTE,
    WRONG_FAMILY,
    Account,
    NotRead,
    connected,
    guarded,
    port,
    prefix,
    said_by,
)
from sekisho.domain.network.addresses import V6_BASE, NotAnAddress
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.network.model import Direction, Interface, Origin
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.services import ANY_SERVICE, ICMP, PROTOCOL_NUMBERS, TCP, ports_of

_SERVICES = {
    "ftp": (TCP, 21),
    "ssh": (TCP, 22),
    "telnet": (TCP, 23),
    "smtp": (TCP, 25),
    "http": (TCP, 80),
    "pop3": (TCP, 110),
    "https": (TCP, 443),
    "ping": (ICMP, None),
}
"""Services that `ip napt service` knows by name alone."""


@dataclass(frozen=True, slots=True)
class Applied:
    """A list applied to an interface. `direction` None: a line that could not be read, it may stand on both sides."""

    version: int
    direction: Direction | None
    order: int
    name: str
    origin: Origin

    @property
    def key(self) -> tuple[object, ...]:
        """Return what `no ip filter ...` calls it by."""
        if not self.name:
            return (self.version, self.origin.line)
        return (self.version, self.name, str(self.order), self.direction.value if self.direction else "")


@dataclass(frozen=True, slots=True)
class Forwarding:
    """A static translation: `service` at the outer address (of the interface when `outside` is None) goes to `inside`."""

    inside: Ranges
    outside: Ranges | None
    service: Ranges
    inside_port: int | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class PoolNat:
    """`ip nat dynamic list LIST pool POOL`."""

    name: str
    pool: str
    origin: Origin


@dataclass(slots=True)
class Face:
    """One interface while its lines are read."""

    name: str
    description: str = ""
    address: int | None = None
    network: Span | None = None
    is_up: bool = True
    has_v4: bool = False
    has_v6: bool = False
    binding: str = ""
    secondary: list[tuple[int, Span]] = field(default_factory=list)
    filters: dict[tuple[object, ...], Applied] = field(default_factory=dict)
    nat_enabled: bool = False
    napt_enabled: bool = False
    napt_address: int | None = None
    napt_inside: list[tuple[str, Origin]] = field(default_factory=list)
    forwardings: list[Forwarding] = field(default_factory=list)
    pools: list[PoolNat] = field(default_factory=list)

    @property
    def interface(self) -> Interface:
        """Return the interface as a value of the model; one without an IPv4 network stands in its first other one."""
        address, network = self.address, self.network
        if network is None and self.secondary:
            address, network = self.secondary[0]
        return Interface(id=self.name, address=address, network=network, name=self.description)

    def apply(self, one: Applied) -> None:
        """Apply a list; the same said twice is one."""
        self.filters[one.key] = one

    def applied(self, direction: Direction) -> Iterator[Applied]:
        """Yield what is applied in `direction`: IPv4 before IPv6, each by sequence number."""
        here = [one for one in self.filters.values() if one.direction in (direction, None)]
        yield from sorted(here, key=lambda one: (one.version, one.order))


class FaceReader:
    """Reads the lines inside `interface ...`."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def read(self, face: Face, line: int, text: str, words: list[str]) -> None:
        """Take one line into `face`; what cannot be read is noted in the account."""
        try:
            bearing = self._command(face, line, text, words)
        except NotRead as missed:
            bearing = _bearing(words)
            self._account.miss(line, text, bearing, missed.why, missed.part)
        else:
            if bearing is None:
                self._account.understood += 1
            else:
                self._account.miss(line, text, bearing)
        if bearing is Bearing.FILTER:
            face.apply(_unread(line, text, words))

    def _command(self, face: Face, line: int, text: str, words: list[str]) -> Bearing | None:
        """Return None for a line that was understood, else what it could change."""
        match words:
            case ["description", *_]:
                face.description = guarded("description " + " ".join(words[1:])).removeprefix("description").strip()
            case ["shutdown"] | ["no", "shutdown"]:
                face.is_up = words[0] == "no"
            case ["ppp", "binding", profile]:
                face.binding = profile
            case ["no", ("ip" | "ipv6"), "filter", *_]:
                _remove_filter(face, words[1:])
            case [("ip" | "ipv6"), *rest]:
                return self._ip(face, said_by(line, text), 6 if words[0] == "ipv6" else 4, rest)
            case [word, *_] if word in INTERFACE and "filter" not in words:
                pass
            case _:
                return _bearing(words)
        return None

    def _ip(self, face: Face, origin: Origin, version: int, words: list[str]) -> Bearing | None:
        match words:
            case []:
                raise NotRead(CUT_SHORT)
            case ["filter", *rest]:
                face.apply(_filter(origin, version, rest))
            case ["address", *rest]:
                _address(face, version, rest)
            case ["unnumbered", *_]:
                face.has_v4 = True
            case ["enable"] if version == 6:
                face.has_v6 = True
            case ["nat", *rest]:
                _nat(face, origin, rest)
            case ["napt", *rest]:
                _napt(face, origin, rest)
            case ["policy", *_] | ["vrf", *_]:
                raise NotRead(UNKNOWN_ROUTE, " ".join(words[:2]))
            case [word, *_] if word in INTERFACE_IP:
                face.has_v6 = face.has_v6 or version == 6
            case _:
                return _bearing(["ip", *words])
        return None


def _bearing(words: list[str]) -> Bearing:
    said = set(words[:4])
    if said & {"filter", "access-group", "access-list", "ids", "url-filter"}:
        return Bearing.FILTER
    if said & {"nat", "napt"}:
        return Bearing.NAT
    if said & {"policy", "vrf", "route", "route-map"}:
        return Bearing.ROUTE
    return Bearing.INTERFACE if "address" in said else Bearing.OTHER


def _filter(origin: Origin, version: int, words: list[str]) -> Applied:
    match words:
        case [name, order, ("in" | "out") as direction] | [
            name,
            order,
            ("in" | "out") as direction,
            "suppress-logging",
        ]:
            if not (order.isascii() and order.isdecimal() and len(order) <= 10):
                raise NotRead(UNKNOWN_FILTER, order)
            return Applied(version, Direction(direction), int(order), name, origin)
        case [_, _, _, *rest]:
            raise NotRead(UNKNOWN_FILTER, (rest or words)[-1])
    raise NotRead(CUT_SHORT)


def _unread(line: int, text: str, words: list[str]) -> Applied:
    """Return an application without a list, which becomes a rule that may do anything."""
    sides = [word for word in words if word in ("in", "out")]
    direction = Direction(sides[0]) if len(sides) == 1 else None
    return Applied(6 if words[0] == "ipv6" else 4, direction, 0, "", Origin(line, guarded(text)))


def _remove_filter(face: Face, words: list[str]) -> None:
    version = 6 if words[0] == "ipv6" else 4
    if words[2:]:
        face.filters.pop((version, *words[2:]), None)
    else:
        face.filters = {key: one for key, one in face.filters.items() if one.version != version}


def _address(face: Face, version: int, words: list[str]) -> None:
    if not words:
        raise NotRead(CUT_SHORT)
    face.has_v4, face.has_v6 = face.has_v4 or version == 4, face.has_v6 or version == 6
    if words[0] in ("dhcp", "ipcp", "autoconfig", "ra", "negotiated"):
        return
    text = words[0] if "/" in words[0] or len(words) == 1 else f"{words[0]}/{words[1]}"
    try:
        address, network = connected(text)
    except NotAnAddress:
        raise NotRead(NOT_AN_ADDRESS, words[0]) from None
    if (address >= V6_BASE) != (version == 6):
        raise NotRead(WRONG_FAMILY, words[0])
    # An interface holds one network in the model; an IPv4 one is preferred, the others are routes out of it.
    if version == 6 or "secondary" in words:
        face.secondary.append((address, network))
    else:
        face.address, face.network = address, network


def _nat(face: Face, origin: Origin, words: list[str]) -> None:
    match words:
        case ["enable"]:
            face.nat_enabled = True
        case ["static", inside, outside]:
            before, after = _hosts(inside), _hosts(outside)
            if before.size != after.size:
                raise NotRead(UNKNOWN_NAT, outside)
            face.forwardings.append(Forwarding(before, after, ANY_SERVICE, None, origin))
        case ["dynamic", "list", name, "pool", pool]:
            face.pools.append(PoolNat(name, pool, origin))
        case [("translation" | "alg" | "hairpinning" | "max-entries"), *_]:
            pass
        case [word, *_]:
            raise NotRead(UNKNOWN_NAT, word)
        case _:
            raise NotRead(CUT_SHORT)


def _hosts(text: str) -> Ranges:
    try:
        addresses = prefix(text)
    except NotAnAddress:
        raise NotRead(NOT_AN_ADDRESS, text) from None
    if addresses.first >= V6_BASE:
        raise NotRead(WRONG_FAMILY, text)
    return addresses


def _napt(face: Face, origin: Origin, words: list[str]) -> None:
    match words:
        case ["enable"]:
            face.napt_enabled = True
        case ["address", text]:
            face.napt_address = _hosts(text).first
        case ["inside", "list", name]:
            face.napt_inside.append((name, origin))
        case ["static", target, protocol, *ports] if len(ports) < 2:
            _forward(face, origin, target, protocol, (ports or ["any"])[0], None)
        case ["service", name, target]:
            _forward(face, origin, target, *_known_service(name), None)
        case ["service", _, target, inside_port, protocol, outer]:
            _forward(face, origin, target, protocol, outer, None if inside_port == "none" else inside_port)
        case [("translation" | "alg" | "hairpinning" | "eim-mode" | "reserve" | "access-log"), *_]:
            pass
        case [word, *_]:
            raise NotRead(UNKNOWN_NAT, word)
        case _:
            raise NotRead(CUT_SHORT)


def _known_service(name: str) -> tuple[str, str]:
    if name not in _SERVICES:
        raise NotRead(UNKNOWN_NAT, name)
    protocol, number = _SERVICES[name]
    return str(protocol), "any" if number is None else str(number)


def _forward(face: Face, origin: Origin, target: str, protocol: str, ports: str, inside_port: str | None) -> None:
    """Note a port forwarding; one to an interface means the router itself (its own VPN) and opens no inside host."""
    number = int(protocol) if protocol.isascii() and protocol.isdecimal() and len(protocol) <= 3 else None
    number = PROTOCOL_NUMBERS.get(protocol) if number is None else number
    if number is None or number > 255:
        raise NotRead(UNKNOWN_NAT, protocol)
    service = ports_of(number) if ports == "any" else ports_of(number, _ports(ports))
    new_port = None if inside_port is None else _ports(inside_port).first
    if target[:1].isdigit():
        inside = _hosts(target)
        if inside.size != 1:
            raise NotRead(UNKNOWN_NAT, target)
        face.forwardings.append(Forwarding(inside, None, service, new_port, origin))


def _ports(text: str) -> Ranges:
    first, dash, last = text.partition("-")
    low, high = port(first, PORT_NAMES), port(last if dash else first, PORT_NAMES)
    if low is None or high is None or high < low:
        raise NotRead(UNKNOWN_NAT, text)
    return Ranges(((low, high),))
