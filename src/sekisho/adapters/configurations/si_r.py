"""Reader of Fujitsu (Fsas) Si-R configurations: one command a line, `lan N ...`, `remote N ...`, `acl N ...`.

Source: Si-R 30B command reference (`remote ip filter`, `answer ip filter`, `remote ip route`) and published
configurations of Si-R G (addresses, VLANs, NAT, IPsec, `acl`). What the filters' words mean, and what is uncertain in
them, stands in `si_r_filters`. Further uncertain: without `ip filter default` the rest is taken to pass, and people are
told; a filter on a WAN is taken to see inside addresses (a published configuration only works that way); a kind of
`default` other than pass and reject makes the rest unknown. `ip nat static default reject` is not taken into account.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sekisho.adapters.configurations.si_r_filters import (
    ACTIONS,
    SEQ_OF_V6,
    Acl,
    Filter,
    FilterList,
    narrowed,
    read_acl,
    read_filter,
    rules,
)
from sekisho.adapters.configurations.statements import (
    CUT_SHORT,
    LEARNED_ROUTES,
    NO_SUCH_LIST,
    NOT_AN_ADDRESS,
    PORT_NAMES,
    UNKNOWN_FILTER,
    UNKNOWN_NAT,
    UNKNOWN_OUTSIDE,
    UNKNOWN_ROUTE,
    WRONG_FAMILY,
    Account,
    NotRead,
    connected,
    guarded,
    port,
    prefix,
)
from sekisho.domain.network.addresses import ANY_V4, ANY_V6, V6_BASE, NotAnAddress, address_number
from sekisho.domain.network.configuration import Bearing, DeviceConfiguration
from sekisho.domain.network.model import (
    Action,
    AtInterface,
    Direction,
    Interface,
    Origin,
    Route,
    Rule,
    RuleSet,
    SourceNat,
    StaticNat,
)
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE, PROTOCOL_NUMBERS, ports_of
from sekisho.domain.text import Text

DEFAULT_PASS = Text(
    "このインタフェースには「ip filter default」の指定がなく、どの条件にも合わない通信は通るものとして扱いました。"
    "通すつもりがなければ「ip filter default reject」を加えてください。",
    'No "ip filter default" is set here, so what no filter matches is taken to pass. Add "ip filter default reject"'
    " unless that is meant.",
)
LEARNS_BY_RIP = Text(
    "RIPで経路を受け取る設定です。受け取った経路はこの設定に書かれていないため、計算に入っていません。",
    "Routes are learned by RIP. They are not written in this configuration and are not part of the computation.",
)
TELNET_OPEN = Text(
    "telnetで設定できるようになっています。通信が暗号化されないため、SSHに替えてください。",
    "Telnet access is on. It is not encrypted: use SSH instead.",
)

_SIGNS = [
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"^ ?(?:lan|remote) (?:\d+ )?ip filter (?:\d+ (?:pass|reject|restrict)|default) ",
        r"^ ?lan \d+ (?:ip address \S+/\S+ [0-3]|vlan \d+|ip route \d+ \S+ \S+ \d)",
        r"^ ?remote \d+ (?:name|ap \d+|ip|mtu|ppp) ",
        r"^ ?ether \d+ [\d-]+ (?:vlan|use|mode|duplex|snmp) ",
        r"^ ?acl \d+ (?:ip|tcp|udp|icmp|ip6) ",
        r"^ ?(?:consoleinfo|telnetinfo) autologout ",
        r"^ ?(?:proxydns (?:domain|address) \d+|resource system vlan|terminal (?:charset|pager)) ?",
        r"^ ?(?:lan|remote) \d+ ip nat mode ",
        r"^ ?template \d+ ",
    )
]
_MODEL = re.compile(r"Si-R ?(?:brin ?)?(G?\d{2,4}[A-Z]?)")
_PROMPT = re.compile(r"(?:Si-R[ \w-]{0,16}|[\w.-]{1,32})(?:\(config[\w-]{0,16}\))?[#>]\s")
_SILENT = frozenset(
    ["aaa", "actionset", "addact", "alias", "bridge", "bridgegroup", "consoleinfo", "dhcp", "dns", "ether", "event", "exit", "ftpd", "ftpinfo", "heartbeat", "history", "host", "hostnet", "http", "httpinfo", "httpsinfo", "ieee8021ad", "ike", "ipsec", "isdn", "l2tp", "l3vpn", "lldp", "loopback", "lognextid", "mail", "mflag", "mib", "modem", "multicast", "nas", "ntp", "password", "pki", "ppp", "proxydns", "qos", "radius", "rebootlog", "resource", "save", "serverinfo", "sflow", "sntp", "snmp", "ssh", "sshinfo", "switch", "syslog", "sysname", "sysdown", "telnet", "telnetinfo", "tftp", "terminal", "time", "timezone", "update", "upnp", "usb", "user", "vlan", "voip", "vrrp", "wan", "watchdog", "web", "webauth", "wol", "wlan", "xauth", "ups", "auto", "certificate", "configure", "commit", "end", "clear", "license", "interface-group"]
)
_SILENT_FACE = frozenset(
    ["ap", "autodial", "backup", "bandwidth", "bind", "bridge", "bridgegroup", "called", "calling", "dhcp", "ether", "ingress", "keepalive", "linkdown", "maxconnect", "mp", "mtu", "multipath", "name", "peer", "ppp", "priority", "qos", "remark", "shaping", "snmp", "stp", "trap", "tunnel", "use", "vlan", "vrrp", "watch", "wan", "autoconnect", "mac", "ike", "ipsec", "l2tp", "multiroute", "secondary", "l2-isolation", "ip6"]
)
_SILENT_IP = frozenset(
    ["arp", "dhcp", "dns", "icmp", "igmp", "identification", "localdomain", "mtu", "msschange", "multicast", "pim", "policing", "priority", "proxyarp", "redirect", "rip", "router", "send", "source", "tcp", "tos", "vrrp", "iphc", "helper", "keepalive", "fragment", "df", "broadcast"]
)
_FACES = ("lan", "remote", "template", "answer")


def likeness(text: str) -> float:
    """Return from 0 to 1 how much `text` looks like a Si-R configuration."""
    head = text[:200_000]
    return min(0.95, 0.35 * sum(1 for sign in _SIGNS if sign.search(head)))


def read(text: str) -> DeviceConfiguration:
    """Return what a configuration without secrets says."""
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), 1):
        reader.line(number, line)
    return reader.result()


@dataclass(frozen=True, slots=True)
class _Forwarding:
    """`ip nat static`: an outer address and ports that lead inside."""

    number: int
    inside: int
    inside_port: int | None
    outside: int | None
    service: Ranges
    origin: Origin


@dataclass(slots=True)
class _Face:
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
    forwardings: dict[int, _Forwarding] = field(default_factory=dict)
    routes: dict[tuple[int, int], tuple[int, Route]] = field(default_factory=dict)


@dataclass(slots=True)
class _Reader:
    """Everything read so far."""

    account: Account = field(default_factory=Account)
    hostname: str = ""
    model: str = ""
    faces: dict[str, _Face] = field(default_factory=dict)
    acls: dict[str, Acl] = field(default_factory=dict)

    def line(self, number: int, line: str) -> None:
        """Take in one line."""
        if not self.model and (found := _MODEL.search(line[:120])):
            self.model = f"Si-R {found.group(1)}"
        prompt = _PROMPT.match(line)
        text = (line[prompt.end() :] if prompt else line).strip()
        words = text.split()
        if not words or words[0][0] in "#!" or words[0] in ("show", "***"):
            return
        try:
            bearing = self._command(Origin(number, text), words)
        except NotRead as missed:
            self._missed(Origin(number, text), words, missed)
        else:
            if bearing is None:
                self.account.understood += 1
            else:
                self.account.miss(number, text, bearing)

    def _command(self, origin: Origin, words: list[str]) -> Bearing | None:
        """Return None for a line that was understood, else what it could change."""
        match words:
            case ["sysname", name, *_]:
                self.hostname = name.strip('"')
            case ["acl", number, *rest] if number.isdecimal():
                read_acl(self.acls.setdefault(number, Acl()), rest)
            case [("ospf" | "bgp" | "routemanage" | "rip"), *_]:
                raise NotRead(LEARNED_ROUTES)
            case [word, *_] if word in _FACES:
                face, rest = self._face(words)
                return self._inside(face, origin, rest)
            case ["serverinfo", "telnet", "ip", "on", *_]:
                self.account.notice(origin.line, "telnet-open", TELNET_OPEN)
            case [word, *_] if word in _SILENT and "filter" not in words[1:5]:
                pass
            case ["serverinfo", *_]:
                pass
            case _:
                return _bearing(words)
        return None

    def _face(self, words: list[str]) -> tuple[_Face, list[str]]:
        """Return the interface a line speaks of, number 0 where none is written, and the words behind it."""
        numbered = len(words) > 1 and words[1].isascii() and words[1].isdecimal()
        rest = words[2:] if numbered else words[1:]
        name = words[0] if words[0] == "answer" else f"{words[0]}{int(words[1][:6]) if numbered else 0}"
        if len(rest) > 2 and rest[0] == "ap" and rest[1].isdecimal() and rest[2] == "ip":
            rest = rest[2:]
        return self.faces.setdefault(name, _Face(name)), rest

    def _inside(self, face: _Face, origin: Origin, words: list[str]) -> Bearing | None:
        match words:
            case []:
                raise NotRead(CUT_SHORT)
            case ["ip", *rest]:
                return self._ip(face, origin, 4, rest)
            case ["ip6", *rest]:
                face.has_v6 = rest[:2] != ["use", "off"]
                return self._ip(face, origin, 6, rest)
            case ["name", *rest]:
                face.description = " ".join(rest).strip('"')
            case ["use", "off"]:
                face.is_used = False
            case [_, *rest] if "filter" in rest[:2]:
                face.filters[4].unread.append(Origin(origin.line, guarded(origin.text)))
                return Bearing.FILTER
            case [word, *_] if word in _SILENT_FACE:
                pass
            case _:
                return _bearing(words)
        return None

    def _ip(self, face: _Face, origin: Origin, version: int, words: list[str]) -> Bearing | None:
        match words:
            case []:
                raise NotRead(CUT_SHORT)
            case ["filter", *rest]:
                self._filter(face, origin, version, rest)
            case ["route", *rest]:
                _route(face, version, rest)
            case ["address", *rest]:
                _address(face, version, rest)
            case ["nat", *rest] if version == 4:
                _nat(face, origin, rest)
            case ["spi", *_] | ["vpn", *_] | ["ids", *_]:
                self._unread(face, origin, version)
                raise NotRead(UNKNOWN_FILTER, words[0])
            case ["rip", "use", _, received, *_]:
                if received not in ("off", "0"):
                    self.account.notice(origin.line, "routes-learned", LEARNS_BY_RIP)
            case [("ospf" | "bgp"), *_]:
                raise NotRead(LEARNED_ROUTES)
            case [word, *_] if word in _SILENT_IP or (version == 6 and word not in ("policy", "nat")):
                pass
            case _:
                return _bearing(["ip", *words])
        return None

    def _filter(self, face: _Face, origin: Origin, version: int, words: list[str]) -> None:
        face.last_filter = origin.line
        filters = face.filters[version]
        match words:
            case ["default", word]:
                filters.default = ACTIONS.get(word, Action.UNKNOWN)
                if word not in ACTIONS:
                    raise NotRead(UNKNOWN_FILTER, word)
            case [number, action, *rest] if _is_number(number):
                try:
                    filters.filters[int(number)] = read_filter(int(number), action, rest, version, origin)
                except NotRead:
                    seen = Origin(origin.line, guarded(origin.text))
                    match = narrowed(rest, version)
                    filters.filters[int(number)] = Filter(int(number), Action.UNKNOWN, seen, version, match)
                    raise
            case _:
                self._unread(face, origin, version)
                raise NotRead(UNKNOWN_FILTER if words else CUT_SHORT, words[0] if words else "")

    def _unread(self, face: _Face, origin: Origin, version: int) -> None:
        face.filters[version].unread.append(Origin(origin.line, guarded(origin.text)))

    def _missed(self, origin: Origin, words: list[str], missed: NotRead) -> None:
        self.account.miss(origin.line, origin.text, _bearing(words), missed.why, missed.part)

    def result(self) -> DeviceConfiguration:
        """Return everything that was read."""
        faces = [face for face in self.faces.values() if face.is_used and face.name != "answer"]
        self._check_acls(faces)
        rulesets = tuple(one for face in faces for one in self._rulesets(face))
        return DeviceConfiguration(
            vendor="si-r",
            model=self.model,
            hostname=self.hostname,
            interfaces=tuple(_interface(face) for face in faces),
            routes=tuple(_routes(faces)),
            rulesets=rulesets,
            static_nats=tuple(nat for face in faces for nat in _static(face)),
            source_nats=tuple(nat for face in faces for nat in _source(face)),
            unparsed=tuple(sorted(self.account.unparsed, key=lambda one: one.line)),
            notices=tuple(sorted(self.account.notices, key=lambda one: one.line)),
            understood=self.account.understood,
        )

    def _check_acls(self, faces: list[_Face]) -> None:
        for face in faces:
            for filters in face.filters.values():
                for one in filters.filters.values():
                    if one.acl and one.acl not in self.acls:
                        line, text = one.origin.line, one.origin.text
                        self.account.take_back(line, text, Bearing.FILTER, NO_SUCH_LIST, f"acl {one.acl}")

    def _rulesets(self, face: _Face) -> Iterator[RuleSet]:
        """Yield the rule sets of both sides of an interface that has any filter."""
        v4, v6 = face.filters[4], face.filters[6]
        if not v4 and not v6:
            return
        if (v4.filters or v4.unread) and v4.default is None:
            self.account.notice(face.last_filter, "default-pass", DEFAULT_PASS)
        default = v4.otherwise if v4 else v6.otherwise
        for direction in Direction:
            found = [*rules(v4, self.acls, direction, 4), *rules(v6, self.acls, direction, 6)]
            yield RuleSet(
                device="",
                at=AtInterface(face.name, direction),
                default=default,
                rules=(*found, *_other_family(face, default)),
                stateful=False,
                source="parsed",
            )


def _other_family(face: _Face, default: Action) -> Iterator[Rule]:
    """Yield a last rule for the family whose rest is treated otherwise than `default` says."""
    v4, v6 = face.filters[4], face.filters[6]
    if v4 and (face.has_v6 or v6) and v6.otherwise is not default:
        yield Rule(seq=2 * SEQ_OF_V6, action=v6.otherwise, src=ANY_V6, dst=ANY_V6, name="ip6 filter default")
    if not v4 and v4.otherwise is not default:
        yield Rule(seq=2 * SEQ_OF_V6, action=v4.otherwise, src=ANY_V4, dst=ANY_V4, name="ip filter default")


def _interface(face: _Face) -> Interface:
    network = face.network
    if network is None and face.networks_v6:
        network = face.networks_v6[0]
    return Interface(id=face.name, address=face.address, network=network, name=face.description)


def _routes(faces: list[_Face]) -> Iterator[Route]:
    """Yield the routes of all interfaces by distance, then their IPv6 networks."""
    found = [one for face in faces for one in face.routes.values()]
    yield from (route for _, route in sorted(found, key=lambda one: one[0]))
    for face in faces:
        for span in face.networks_v6[0 if face.network is not None else 1 :]:
            yield Route(span, interface=face.name)


def _static(face: _Face) -> Iterator[StaticNat]:
    if face.nat is None:
        return
    for one in sorted(face.forwardings.values(), key=lambda one: one.number):
        outside = one.outside if one.outside is not None else _outer(face)
        yield StaticNat(
            "", face.name, Ranges.single(outside), one.inside, one.service, one.inside_port, True, one.origin
        )


def _source(face: _Face) -> Iterator[SourceNat]:
    if face.nat is not None:
        yield SourceNat("", face.name, ANY_V4, _outer(face), face.nat)


def _outer(face: _Face) -> int:
    if face.nat_address is not None:
        return face.nat_address
    return face.address if face.address is not None else UNKNOWN_OUTSIDE


def _bearing(words: list[str]) -> Bearing:
    said = set(words[:6])
    if said & {"filter", "acl", "spi", "ids", "access-list"}:
        return Bearing.FILTER
    if "nat" in said:
        return Bearing.NAT
    if said & {"route", "ospf", "bgp", "routemanage", "rip", "policy"}:
        return Bearing.ROUTE
    return Bearing.INTERFACE if "address" in said else Bearing.OTHER


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 4


def _address(face: _Face, version: int, words: list[str]) -> None:
    """Read `ip address A/M [broadcast]`, `ip address local A`, `ip6 address N prefix/len ...`."""
    match words:
        case ["remote", *_] | ["unnumbered", *_]:
            return
        case ["local", text, *_]:
            face.address = _number(text, version)
        case [text, *_] if "/" in text or "." in text or ":" in text:
            _take_network(face, version, text)
        case [number, text, *_] if _is_number(number):
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


def _take_network(face: _Face, version: int, text: str) -> None:
    number = _number(text, version)
    try:
        _, network = connected(text)
    except NotAnAddress:
        raise NotRead(NOT_AN_ADDRESS, text) from None
    if version == 6:
        face.networks_v6.append(network)
    else:
        face.address, face.network = number, network


def _route(face: _Face, version: int, words: list[str]) -> None:
    """Read `N destination gateway metric distance` of a LAN, `N destination metric distance` of the others."""
    if len(words) < 2 or not _is_number(words[0]):
        raise NotRead(UNKNOWN_ROUTE if words else CUT_SHORT, words[0] if words else "")
    number, target, *way = words
    try:
        span = ((ANY_V6 if version == 6 else ANY_V4) if target == "default" else prefix(target)).spans[0]
        via = address_number(way[0]) if way and not _is_number(way[0]) and way[0] not in ("dhcp", "auto") else None
    except NotAnAddress as missed:
        raise NotRead(NOT_AN_ADDRESS, str(missed)) from None
    if (span[0] >= V6_BASE) != (version == 6):
        raise NotRead(WRONG_FAMILY, target)
    last = [word for word in way if _is_number(word)][-1:]
    route = Route(span, via=via) if via is not None else Route(span, interface=face.name)
    face.routes[version, int(number)] = (int(last[0]) if last else 0, route)


def _nat(face: _Face, origin: Origin, words: list[str]) -> None:
    match words:
        case ["mode", "off", *_]:
            face.nat = None
        case ["mode", ("multi" | "nat" | "basic"), *rest]:
            face.nat = origin
            if rest and rest[0] != "any":
                face.nat_address = _number(rest[0], 4)
        case ["static", "default", ("pass" | "reject")]:
            return
        case ["static", number, *rest] if _is_number(number):
            face.forwardings[int(number)] = _forwarding(int(number), origin, rest)
        case [("wellknown" | "rule" | "timeout" | "session" | "alg"), *_]:
            return
        case [*_, word]:
            raise NotRead(UNKNOWN_NAT, word)
        case _:
            raise NotRead(CUT_SHORT)


def _forwarding(number: int, origin: Origin, words: list[str]) -> _Forwarding:
    """Read `private-address private-port global-address global-port protocol`."""
    if len(words) < 5:
        raise NotRead(CUT_SHORT)
    if len(words) > 5:
        raise NotRead(UNKNOWN_NAT, words[5])
    inside = _number(words[0], 4)
    before, after = _nat_ports(words[1]), _nat_ports(words[3])
    outside = None if words[2] == "any" else _number(words[2], 4)
    protocol = PROTOCOL_NUMBERS.get(words[4], int(words[4]) if _is_number(words[4]) else -1)
    if words[4] == "any":
        service = ANY_SERVICE
    elif 0 <= protocol < 256:
        service = ports_of(protocol, after if after is not None else ANY_PORT)
    else:
        raise NotRead(UNKNOWN_NAT, words[4])
    new_port = before.first if before is not None and before != after else None
    return _Forwarding(number, inside, new_port, outside, service, origin)


def _nat_ports(text: str) -> Ranges | None:
    if text == "any":
        return None
    first, dash, last = text.partition("-")
    low, high = port(first, PORT_NAMES), port(last if dash else first, PORT_NAMES)
    if low is None or high is None or high < low:
        raise NotRead(UNKNOWN_NAT, text)
    return Ranges(((low, high),))
